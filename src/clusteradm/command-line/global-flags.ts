import { boolFlag, type FlagGroup, ignoredFlag, intFlag, stringFlag } from '../../common/flags.ts'
import { KLOG_FLAGS } from '../../common/klog-flags.ts'

export const DEFAULT_TIMEOUT_SECONDS = 300

const GLOBAL_FLAGS = {
  kubeconfig: stringFlag('', 'Kubeconfig file. Without it, those of $KUBECONFIG, else ~/.kube/config.', {
    placeholder: 'FILE',
  }),
  context: stringFlag('', "Context of the kubeconfig. Without it, the file's current one.", {
    placeholder: 'NAME',
  }),
  'dry-run': boolFlag(false, 'Show what would be done, and change nothing.'),
  timeout: intFlag(DEFAULT_TIMEOUT_SECONDS, 'How long to wait for something at most, in seconds.', {
    placeholder: 'SECONDS',
  }),
  'match-server-version': ignoredFlag(boolFlag(false, 'Accepted for compatibility, without effect.')),
} as const

const { v: _, ...ignoredLogFlags } = KLOG_FLAGS

const LOG_FLAGS = {
  v: intFlag(0, 'How much to tell on stderr: from 1 on, what goes on; from 6 on, every request.', {
    shorthand: 'v',
    placeholder: 'LEVEL',
  }),
  ...ignoredLogFlags,
} as const

/** What every command takes. */
export const GLOBAL_TABLE = { ...GLOBAL_FLAGS, ...LOG_FLAGS } as const

export const GLOBAL_GROUPS: readonly FlagGroup[] = [
  { title: 'Global', flags: GLOBAL_FLAGS },
  { title: 'Logging', flags: LOG_FLAGS },
]
