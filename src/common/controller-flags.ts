import type { ConfigIo } from './config-io.ts'
import { ConfigError } from './errors.ts'
import {
  boolFlag,
  type CommandSpec,
  durationFlag,
  type FlagGroup,
  type FlagTable,
  type FlagValues,
  floatFlag,
  intFlag,
  listFlag,
  stringFlag,
} from './flags.ts'
import { COMPONENT_LOG_GROUP, type LogLevel, logLevelOf } from './klog-flags.ts'
import { parseFlags } from './parse-flags.ts'
import { opensslCiphersOf, tlsVersionOf } from './tls-names.ts'

const ADDRESS = /^(?:\[(?<v6>[^\]]*)\]|(?<host>[^:]*)):(?<port>\d{1,5})$/

const file = { placeholder: 'FILE' }

/** The API server shares itself out, and asks to wait where it must (docs/adr/0014-waiting-at-the-server.md). */
const ACCESS_FLAGS = {
  kubeconfig: stringFlag(
    '',
    "The API of the cluster that it works for. Without it, the Pod's own access.",
    file,
  ),
  namespace: stringFlag('', 'Namespace that the process is in.', {
    placeholder: 'NAME',
    defaultText: "the Pod's",
  }),
  'kube-api-qps': floatFlag(200, 'Requests per second to that API, in the long run.'),
  'kube-api-burst': intFlag(400, 'Requests at once to that API, after a time of rest.'),
} as const

const SERVING_FLAGS = {
  listen: stringFlag('0.0.0.0:8443', 'Where to serve /healthz, /readyz and /metrics, over HTTPS.', {
    placeholder: 'HOST:PORT',
  }),
  'tls-min-version': stringFlag('', 'Oldest TLS version to serve: VersionTLS12 or VersionTLS13.', {
    placeholder: 'VERSION',
    defaultText: 'VersionTLS12',
  }),
  'tls-cipher-suites': listFlag([], "Cipher suites to serve, by Go's names. Empty for all that are secure."),
  'terminate-on-files': listFlag([], 'Files whose change ends the process, so that it is started anew.', {
    placeholder: 'FILE,...',
  }),
} as const

/** The times are those of OpenShift's controllers, made for an API server that is away for a minute. */
const ELECTION_FLAGS = {
  'disable-leader-election': boolFlag(false, 'Work without asking whether another process does.'),
  'leader-election-lease-duration': durationFlag(
    137_000,
    'How long after its last sign of life a leader is replaced.',
  ),
  'leader-election-renew-deadline': durationFlag(
    107_000,
    'How long a leader tries to renew before it gives up.',
  ),
  'leader-election-retry-period': durationFlag(
    26_000,
    'How often to renew, and to try to become the leader.',
  ),
} as const

/** What every controller and agent of Open Cluster Management takes, which is what library-go's controllers take. */
export const CONTROLLER_FLAGS = {
  ...ACCESS_FLAGS,
  ...SERVING_FLAGS,
  ...ELECTION_FLAGS,
  ...COMPONENT_LOG_GROUP.flags,
} as const

export const CONTROLLER_GROUPS: readonly FlagGroup[] = [
  { title: 'Kubernetes API', flags: ACCESS_FLAGS },
  { title: 'Health and metrics', flags: SERVING_FLAGS },
  { title: 'Leader election', flags: ELECTION_FLAGS },
  COMPONENT_LOG_GROUP,
]

export type ControllerFlagValues = FlagValues<typeof CONTROLLER_FLAGS>

/** The configuration of a process that takes CONTROLLER_FLAGS, and what else is in `Table`. */
export type ControllerConfig<Table extends FlagTable = typeof CONTROLLER_FLAGS> = FlagValues<Table> &
  ControllerFlagValues & { readonly logLevel: LogLevel; readonly warnings: readonly string[] }

/** Reads the flags of a command whose groups contain CONTROLLER_GROUPS. Throws a ConfigError that names the flag. */
export function parseControllerConfig<Table extends FlagTable>(
  spec: CommandSpec,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): ControllerConfig<Table> {
  const { values, warnings } = parseFlags<Table & typeof CONTROLLER_FLAGS>(spec, argv, env, io)
  const own = values as unknown as ControllerFlagValues
  verifyControllerFlags(own)
  return { ...values, logLevel: logLevelOf(own.v), warnings } as unknown as ControllerConfig<Table>
}

function verifyControllerFlags(values: ControllerFlagValues): void {
  parseListenAddress(values.listen, '--listen')
  asConfigError('--tls-min-version', () => tlsVersionOf(values.tlsMinVersion))
  asConfigError('--tls-cipher-suites', () => opensslCiphersOf(values.tlsCipherSuites))
  const { leaderElectionLeaseDurationMs: lease, leaderElectionRenewDeadlineMs: renew } = values
  if (renew >= lease)
    throw new ConfigError(
      '--leader-election-renew-deadline must be shorter than --leader-election-lease-duration',
    )
  if (values.leaderElectionRetryPeriodMs >= renew)
    throw new ConfigError(
      '--leader-election-retry-period must be shorter than --leader-election-renew-deadline',
    )
}

/** `host:port`, `:port` or `[::]:port`, as Go's listeners take it. Throws a ConfigError that names the flag. */
export function parseListenAddress(text: string, flag: string): { host: string; port: number } {
  const { v6, host = '', port = '' } = ADDRESS.exec(text)?.groups ?? {}
  if (port === '' || Number(port) > 65_535)
    throw new ConfigError(`${flag}=${text} is no address to listen at: write HOST:PORT, such as 0.0.0.0:8443`)
  return { host: v6 ?? host, port: Number(port) }
}

function asConfigError(flag: string, verify: () => unknown): void {
  try {
    verify()
  } catch (error) {
    throw new ConfigError(`${flag}: ${(error as Error).message}`, { cause: error })
  }
}
