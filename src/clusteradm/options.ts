import { flagUsage } from '../common/flag-help.ts'
import { isIgnored } from '../common/flags.ts'
import { command } from './command-line/command.ts'
import { GLOBAL_GROUPS } from './command-line/global-flags.ts'

/** The flags that every command takes. */
export const options = command({
  name: 'options',
  description: 'Lists the flags that all commands take.',
  flags: {},
  run: async (session) => {
    session.print('The following options can be passed to any command:\n')
    for (const { flags } of GLOBAL_GROUPS) {
      for (const [name, flag] of Object.entries(flags)) {
        if (flag.kind === 'alias' || isIgnored(flag)) continue
        session.print(`    ${flagUsage(name, flag)}:\n\t${flag.help}\n`)
      }
    }
  },
})
