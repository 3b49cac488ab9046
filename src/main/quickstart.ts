import type { CommandSpec } from '../common/flags.ts'
import { type KLOG_FLAGS, KLOG_GROUP, logLevelOf } from '../common/klog-flags.ts'
import { parseFlags } from '../common/parse-flags.ts'
import type { ProcessDefinition } from './run-process.ts'

const QUICKSTART_COMMAND: CommandSpec = {
  name: 'quickstart',
  description:
    'Starts a proxy server, agents and a target on this machine, and sends requests through the tunnel.',
  groups: [KLOG_GROUP],
}

export const quickstartProcess: ProcessDefinition = {
  spec: QUICKSTART_COMMAND,
  parse: (argv, env, io) => {
    const { values, warnings } = parseFlags<typeof KLOG_FLAGS>(QUICKSTART_COMMAND, argv, env, io)
    return { logLevel: logLevelOf(values.v), warnings }
  },
  async run() {
    throw new Error('the quickstart is not put together yet')
  },
}
