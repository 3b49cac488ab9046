import { asConfigError, verifyBetween } from './config-checks.ts'
import type { ConfigIo } from './config-io.ts'
import {
  type CommandSpec,
  type FlagGroup,
  type FlagTable,
  type FlagValues,
  intFlag,
  listFlag,
  stringFlag,
} from './flags.ts'
import { type KLOG_FLAGS, type LogLevel, logLevelOf } from './klog-flags.ts'
import { parseFlags } from './parse-flags.ts'
import { opensslCiphersOf, tlsVersionOf } from './tls-names.ts'

const port = { placeholder: 'PORT' }
const LAST_PORT = 65_535

/** Where controller-runtime looks for `tls.crt` and `tls.key`. */
const DEFAULT_CERTIFICATE_DIRECTORY = '/tmp/k8s-webhook-server/serving-certs'

const SERVING_FLAGS = {
  port: intFlag(9443, 'Port to serve the webhooks at, over HTTPS.', port),
  certdir: stringFlag(
    DEFAULT_CERTIFICATE_DIRECTORY,
    'Directory with the serving certificate tls.crt and its key tls.key. They are read again when they change.',
    { placeholder: 'DIRECTORY', inPod: true },
  ),
  'tls-min-version': stringFlag('', 'Oldest TLS version to serve.', {
    placeholder: 'VERSION',
    defaultText: 'VersionTLS12',
  }),
  'tls-cipher-suites': listFlag([], "Cipher suites to serve, by Go's names. Empty for all that are secure."),
} as const

const ENDPOINT_FLAGS = {
  'health-probe-port': intFlag(8000, 'Port of /healthz and /readyz, over HTTP; 0 for none.', port),
  'metrics-port': intFlag(8080, 'Port of /metrics, over HTTP; 0 for none.', port),
} as const

const ACCESS_FLAGS = {
  kubeconfig: stringFlag('', "The API that calls the webhooks. Without it, the Pod's own access.", {
    placeholder: 'FILE',
  }),
} as const

/** What every webhook server of Open Cluster Management takes. */
export const WEBHOOK_FLAGS = { ...SERVING_FLAGS, ...ENDPOINT_FLAGS, ...ACCESS_FLAGS } as const

export const WEBHOOK_GROUPS: readonly FlagGroup[] = [
  { title: 'Webhooks', flags: SERVING_FLAGS },
  { title: 'Health and metrics', flags: ENDPOINT_FLAGS },
  { title: 'Kubernetes API', flags: ACCESS_FLAGS },
]

export type WebhookFlagValues = FlagValues<typeof WEBHOOK_FLAGS>

/** The configuration of a process that takes WEBHOOK_FLAGS, and what else is in `Table`. */
export type WebhookConfig<Table extends FlagTable = typeof WEBHOOK_FLAGS> = FlagValues<Table> &
  FlagValues<typeof KLOG_FLAGS> &
  WebhookFlagValues & { readonly logLevel: LogLevel; readonly warnings: readonly string[] }

/** Reads the flags of a command whose groups contain WEBHOOK_GROUPS and COMPONENT_LOG_GROUP. Throws a ConfigError that names the flag. */
export function parseWebhookConfig<Table extends FlagTable>(
  spec: CommandSpec,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): WebhookConfig<Table> {
  const { values, warnings } = parseFlags<Table & typeof WEBHOOK_FLAGS & typeof KLOG_FLAGS>(
    spec,
    argv,
    env,
    io,
  )
  const own = values as unknown as WebhookFlagValues & FlagValues<typeof KLOG_FLAGS>
  verifyWebhookFlags(own)
  return { ...values, logLevel: logLevelOf(own.v), warnings } as unknown as WebhookConfig<Table>
}

/** Throws a ConfigError that names the flag. */
export function verifyWebhookFlags(values: WebhookFlagValues): void {
  verifyBetween('--port', values.port, 1, LAST_PORT)
  verifyBetween('--health-probe-port', values.healthProbePort, 0, LAST_PORT)
  verifyBetween('--metrics-port', values.metricsPort, 0, LAST_PORT)
  asConfigError(() => tlsVersionOf(values.tlsMinVersion), '--tls-min-version')
  asConfigError(() => opensslCiphersOf(values.tlsCipherSuites), '--tls-cipher-suites')
}
