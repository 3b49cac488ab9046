import { boolFlag, stringFlag } from '../../common/flags.ts'
import { bootstrapToken, serviceAccountToken } from '../bootstrap-token.ts'
import { requireHub } from '../cluster-kind.ts'
import { ignoreArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { hubCoordinates, joinCommand, joinData } from '../join-command.ts'
import { INFO_OUTPUT_FLAG, infoFormat, printInfo } from '../output/info-format.ts'

export const getToken = command({
  name: 'get token',
  description: 'Shows a token that clusters join the hub with, and the command for it.',
  flags: {
    'use-bootstrap-token': boolFlag(false, 'The bootstrap token, rather than one of a service account.'),
    'output-file': stringFlag('', 'Write the join command to this file, too.', { placeholder: 'FILE' }),
    ...INFO_OUTPUT_FLAG,
  },
  run: async (session, { words, flags }) => {
    ignoreArguments(session, words)
    const { cluster, signal } = session
    const format = infoFormat(flags.output)
    await requireHub(cluster, signal)
    const ask = flags.useBootstrapToken ? bootstrapToken : serviceAccountToken
    const { token, expires } = await ask(cluster, signal)
    const hub = hubCoordinates(token, await session.access())
    const line = joinCommand(hub, '<cluster_name>')
    if (flags.outputFile !== '') {
      const { writeOwnersFile } = await import('../install/output-file.ts')
      await writeOwnersFile(flags.outputFile, `${line}\n`)
    }
    printInfo(session, format, { ...joinData(hub), ...(expires && { expires }) }, () => [
      `token=${token}`,
      'please log on spoke and run:',
      line,
    ])
    if (expires) session.warn(`The token is valid until ${expires}.`)
  },
})
