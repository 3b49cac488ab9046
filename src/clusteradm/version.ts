import manifest from '../../package.json' with { type: 'json' }
import { boolFlag } from '../common/flags.ts'
import { DEFAULT_BUNDLE_VERSION } from '../manifests/images.ts'
import { ignoreArguments } from './command-line/arguments.ts'
import { command } from './command-line/command.ts'
import { INFO_OUTPUT_FLAG, infoFormat, printInfo } from './output/info-format.ts'
import type { Session } from './session.ts'

/** A cluster that is away must not keep anybody from learning the client's version. */
const SERVER_TIMEOUT_MS = 2000

/** The first two lines are those of the user documents, the last two those of the original. */
export const version = command({
  name: 'version',
  description:
    'Shows the versions of the client, of the Kubernetes server, and of what is installed by default.',
  flags: {
    client: boolFlag(false, 'Do not ask the server for its version.'),
    ...INFO_OUTPUT_FLAG,
  },
  run: async (session, { words, flags }) => {
    ignoreArguments(session, words)
    const format = infoFormat(flags.output)
    const client = `v${manifest.version}`
    const server = flags.client ? undefined : await serverRelease(session)
    const info = {
      client,
      ...(server !== undefined && { serverRelease: server }),
      defaultBundle: DEFAULT_BUNDLE_VERSION,
    }
    printInfo(session, format, info, () => [
      `client\t\tversion\t:${client}`,
      ...(flags.client ? [] : [`server release\tversion\t:${server ?? '<unreachable>'}`]),
      `clusteradm\tversion\t:${client}`,
      `default bundle\tversion\t:${DEFAULT_BUNDLE_VERSION}`,
    ])
  },
})

/** Undefined where there is no cluster to ask, whatever the reason. */
async function serverRelease({ cluster, log, signal }: Session): Promise<string | undefined> {
  try {
    const { gitVersion } = await cluster.request<{ gitVersion?: string }>({
      method: 'GET',
      path: '/version',
      timeoutMs: SERVER_TIMEOUT_MS,
      signal,
    })
    return gitVersion
  } catch (err) {
    signal.throwIfAborted()
    log.info({ err }, 'cannot learn the version of the server')
    return undefined
  }
}
