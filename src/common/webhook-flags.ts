import os from 'node:os'
import path from 'node:path'
import { asConfigError, verifyBetween } from './config-checks.ts'
import { type FlagGroup, type FlagValues, intFlag, listFlag, stringFlag } from './flags.ts'
import { opensslCiphersOf, tlsVersionOf } from './tls-names.ts'

const port = { placeholder: 'PORT' }
const LAST_PORT = 65_535

/** Where controller-runtime looks for `tls.crt` and `tls.key`. */
const DEFAULT_CERTIFICATE_DIRECTORY = path.join(os.tmpdir(), 'k8s-webhook-server', 'serving-certs')

const SERVING_FLAGS = {
  port: intFlag(9443, 'Port to serve the webhooks at, over HTTPS.', port),
  certdir: stringFlag(
    DEFAULT_CERTIFICATE_DIRECTORY,
    'Directory with the serving certificate tls.crt and its key tls.key. They are read again when they change.',
    { placeholder: 'DIRECTORY' },
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

/** Throws a ConfigError that names the flag. */
export function verifyWebhookFlags(values: WebhookFlagValues): void {
  verifyBetween('--port', values.port, 1, LAST_PORT)
  verifyBetween('--health-probe-port', values.healthProbePort, 0, LAST_PORT)
  verifyBetween('--metrics-port', values.metricsPort, 0, LAST_PORT)
  asConfigError(() => tlsVersionOf(values.tlsMinVersion), '--tls-min-version')
  asConfigError(() => opensslCiphersOf(values.tlsCipherSuites), '--tls-cipher-suites')
}
