import path from 'node:path'
import type { ConfigIo } from '../../common/config-io.ts'
import {
  boolFlag,
  type CommandSpec,
  type FlagTable,
  type FlagValues,
  stringFlag,
} from '../../common/flags.ts'
import { KLOG_FLAGS, logLevelOf } from '../../common/klog-flags.ts'
import { parseFlags } from '../../common/parse-flags.ts'
import { defaultClusterFolder, usualKubeconfig } from '../../local-cluster/clusters/index.ts'
import type { ProcessConfig } from '../run-process.ts'

/** What every command about clusters takes. */
export const STORE_FLAGS = {
  'data-dir': stringFlag('', 'Where clusters are kept, a folder for each.', {
    placeholder: 'DIR',
    defaultText: '~/.local/share/cluster-proxy/local-clusters',
  }),
} as const

export const KUBECONFIG_FLAGS = {
  merge: boolFlag(
    false,
    "Put the cluster's context, kind-NAME, into --kubeconfig and make it the current one.",
  ),
  kubeconfig: stringFlag('', 'The file that --merge writes to.', {
    placeholder: 'FILE',
    defaultText: '$KUBECONFIG or ~/.kube/config',
  }),
} as const

type Env = Readonly<Record<string, string | undefined>>

export type CommandConfig<Table extends FlagTable> = FlagValues<Table> &
  ProcessConfig & {
    /** What was said beside flags. */
    readonly words: readonly string[]
  }

/** The configuration of a command for people: its log stays silent unless it is asked for. */
export function parseCommand<Table extends typeof STORE_FLAGS & typeof KLOG_FLAGS>(
  spec: CommandSpec,
  argv: readonly string[],
  env: Env,
  io: ConfigIo,
): CommandConfig<Table> {
  const { words, values, warnings } = parseFlags<Table>(spec, argv, env, io)
  const { v, dataDir } = values as FlagValues<typeof STORE_FLAGS & typeof KLOG_FLAGS>
  const logLevel = v > KLOG_FLAGS.v.defaultValue ? logLevelOf(v) : 'warn'
  const folder = path.resolve(dataDir || defaultClusterFolder(env))
  return { ...values, dataDir: folder, words, logLevel, warnings } as CommandConfig<Table>
}

export function kubeconfigFile(given: string, env: Env): string {
  return given ? path.resolve(given) : usualKubeconfig(env)
}
