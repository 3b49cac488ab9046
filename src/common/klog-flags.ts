import { boolFlag, durationFlag, type FlagGroup, ignoredFlag, intFlag, stringFlag } from './flags.ts'

const IGNORED = 'Accepted for compatibility, without effect: logs go to stdout as JSON.'

const ignoredBool = (defaultValue: boolean) => ignoredFlag(boolFlag(defaultValue, IGNORED))
const ignoredString = (placeholder: string) => ignoredFlag(stringFlag('', IGNORED, { placeholder }))

export const KLOG_FLAGS = {
  v: intFlag(2, 'How much to log: 0 to 3 is info, 4 and 5 debug, 6 and more trace.', {
    shorthand: 'v',
    placeholder: 'LEVEL',
  }),
  vmodule: ignoredString('PATTERN=N,...'),
  logtostderr: ignoredBool(true),
  alsologtostderr: ignoredBool(false),
  stderrthreshold: ignoredString('SEVERITY'),
  alsologtostderrthreshold: ignoredString('SEVERITY'),
  'legacy-stderr-threshold-behavior': ignoredBool(true),
  'log-dir': ignoredString('DIR'),
  'log-file': ignoredString('FILE'),
  'log-file-max-size': ignoredFlag(intFlag(1800, IGNORED, { placeholder: 'MEGABYTES' })),
  'log-backtrace-at': ignoredString('FILE:LINE'),
  'add-dir-header': ignoredBool(false),
  'skip-headers': ignoredBool(false),
  'skip-log-headers': ignoredBool(false),
  'one-output': ignoredBool(false),
} as const

/** The logging flags that every Kubernetes component takes; manifests pass them, so all are accepted. */
export const KLOG_GROUP: FlagGroup = { title: 'Logging', flags: KLOG_FLAGS }

/** What components that log by k8s.io/component-base take: one flag more than klog's own. */
export const COMPONENT_LOG_GROUP = {
  title: 'Logging',
  flags: { ...KLOG_FLAGS, 'log-flush-frequency': ignoredFlag(durationFlag(5_000, IGNORED)) },
} as const

export type LogLevel = 'warn' | 'info' | 'debug' | 'trace'

/** The level that klog's verbosity asks for. */
export function logLevelOf(verbosity: number): LogLevel {
  if (verbosity >= 6) return 'trace'
  return verbosity >= 4 ? 'debug' : 'info'
}
