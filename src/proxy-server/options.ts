import {
  asConfigError,
  verifyBetween,
  verifyDistinctPorts,
  verifyFile,
  verifyKeyPair,
  verifyNotNegative,
  verifyPositive,
  verifyProfiling,
} from '../common/config-checks.ts'
import type { ConfigIo } from '../common/config-io.ts'
import { deepFreeze } from '../common/deep-freeze.ts'
import { ConfigError } from '../common/errors.ts'
import type { FlagValues } from '../common/flags.ts'
import { type LogLevel, logLevelOf } from '../common/klog-flags.ts'
import { parseLabels } from '../common/labels.ts'
import { parseFlags } from '../common/parse-flags.ts'
import { opensslCiphersOf, tlsVersionOf } from '../common/tls-names.ts'
import { MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../wire/metadata.ts'
import { PROXY_SERVER_COMMAND, type PROXY_SERVER_FLAGS } from './flags.ts'

export { PROXY_SERVER_COMMAND, PROXY_SERVER_FLAGS } from './flags.ts'

export const FRONTEND_MODES = ['grpc', 'http-connect'] as const
export type FrontendMode = (typeof FRONTEND_MODES)[number]

export const PROXY_STRATEGIES = ['default', 'destHost', 'defaultRoute'] as const
export type ProxyStrategyName = (typeof PROXY_STRATEGIES)[number]

const FIRST_USER_PORT = 1024
const LAST_USER_PORT = 49151

type ProxyServerValues = FlagValues<typeof PROXY_SERVER_FLAGS>

/** Everything that a proxy server is told, complete and verified. Deep-frozen. */
export interface ProxyServerConfig extends ProxyServerValues {
  /** From `mode`: what frontends may speak. */
  readonly frontendModes: readonly FrontendMode[]
  /** From `proxyStrategies`, in the order to try. */
  readonly strategies: readonly ProxyStrategyName[]
  /** From `leaseLabel`; empty unless the lease controller is on. */
  readonly leaseLabels: Readonly<Record<string, string>>
  /** From `tlsMinVersion` and `cipherSuites`, as options of Node's TLS. */
  readonly tls: TlsPolicy
  readonly needsKubernetesClient: boolean
  readonly logLevel: LogLevel
  /** What the user should know although the server starts. */
  readonly warnings: readonly string[]
}

export interface TlsPolicy {
  readonly minVersion: ReturnType<typeof tlsVersionOf>
  /** Absent when the choice is left to Node. */
  readonly ciphers?: string
}

/** Reads the proxy server's configuration, or throws a ConfigError. Where several things are wrong, konnectivity's order decides. */
export function parseProxyServerConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): ProxyServerConfig {
  const { values, warnings } = parseFlags<typeof PROXY_SERVER_FLAGS>(PROXY_SERVER_COMMAND, argv, env, io)

  verifyFiles(values, io)
  const frontendModes = parseModes(values.mode)
  verifyFrontendAddress(values)
  verifyPorts(values)
  verifyProfiling(values)
  const authenticatesByToken = verifyAgentAuthentication(values)
  verifyKubeconfig(values, io)
  const strategies = parseStrategies(values.proxyStrategies)
  verifyChannelSizes(values)
  const tls = tlsPolicyOf(values)
  const leaseLabels = values.enableLeaseController ? labelsOf(values.leaseLabel) : {}
  verifyTimeouts(values)
  verifyOwnAdditions(values)

  return deepFreeze({
    ...values,
    serverId: values.serverId || io.newId(),
    frontendModes,
    strategies,
    leaseLabels,
    tls,
    needsKubernetesClient: authenticatesByToken || values.enableLeaseController,
    logLevel: logLevelOf(values.v),
    warnings: [...warnings, ...tlsWarnings(values.tlsMinVersion, tls)],
  })
}

function verifyFiles(values: ProxyServerValues, io: ConfigIo): void {
  const { serverCert, serverKey, serverCaCert, clusterCert, clusterKey, clusterCaCert } = values
  verifyKeyPair({ name: 'server', cert: serverCert, key: serverKey, caCert: serverCaCert }, io)
  verifyKeyPair({ name: 'cluster', cert: clusterCert, key: clusterKey, caCert: clusterCaCert }, io)
}

function parseModes(text: string): FrontendMode[] {
  const modes = text.split(',')
  const known = FRONTEND_MODES.filter((mode) => modes.includes(mode))
  if (known.length === modes.length) return known
  throw new ConfigError(
    `mode must be set to either 'grpc' or 'http-connect' not ${JSON.stringify(text)} (or both: 'grpc,http-connect')`,
  )
}

function verifyFrontendAddress(values: ProxyServerValues): void {
  if (values.udsName === '') {
    if (values.serverCaCert === '') {
      throw new ConfigError('server ca cert must be set when in TCP mode (uds-name is empty)')
    }
    return
  }
  if (values.serverPort !== 0) {
    throw new ConfigError(`server port should be set to 0 not ${values.serverPort} for UDS`)
  }
  if (values.serverKey !== '') throw new ConfigError('server key should not be set for UDS')
  if (values.serverCert !== '') throw new ConfigError('server cert should not be set for UDS')
  if (values.serverCaCert !== '') throw new ConfigError('server ca cert should not be set for UDS')
}

function verifyPorts(values: ProxyServerValues): void {
  const ports = [
    ['server', values.serverPort],
    ['agent', values.agentPort],
    ['admin', values.adminPort],
    ['health', values.healthPort],
  ] as const
  for (const [name, port] of ports) {
    if (port > LAST_USER_PORT) {
      throw new ConfigError(`please do not try to use ephemeral port ${port} for the ${name} port`)
    }
  }
  for (const [name, port] of ports) {
    if (port < FIRST_USER_PORT && !(name === 'server' && values.udsName !== '')) {
      throw new ConfigError(`please do not try to use reserved port ${port} for the ${name} port`)
    }
  }
}

/** Says whether agents are authenticated by token. */
function verifyAgentAuthentication(values: ProxyServerValues): boolean {
  const needed = {
    '--agent-namespace': values.agentNamespace,
    '--agent-service-account': values.agentServiceAccount,
    '--authentication-audience': values.authenticationAudience,
  }
  if (Object.values(needed).every((value) => value === '')) return false
  if (values.clusterCaCert !== '') {
    throw new ConfigError('--cluster-ca-cert can not be used when agent authentication is enabled')
  }
  for (const [flag, value] of Object.entries(needed)) {
    if (value === '') throw new ConfigError(`${flag} cannot be empty when agent authentication is enabled`)
  }
  return true
}

function verifyKubeconfig({ kubeconfig }: ProxyServerValues, io: ConfigIo): void {
  if (kubeconfig !== '') verifyFile(`checking KubeconfigPath ${JSON.stringify(kubeconfig)}`, kubeconfig, io)
}

function parseStrategies(text: string): ProxyStrategyName[] {
  if (text === '') throw new ConfigError('ProxyStrategies cannot be empty')
  const names = text.split(',').filter((name) => name !== '')
  if (names.length === 0) throw new ConfigError('invalid proxy strategies: proxy strategies cannot be empty')
  return names.map((name) => {
    const strategy = PROXY_STRATEGIES.find((known) => known === name)
    if (strategy) return strategy
    throw new ConfigError(`invalid proxy strategies: unknown proxy strategy: ${name}`)
  })
}

function verifyChannelSizes({ xfrChannelSize, frontendWriteChannelSize }: ProxyServerValues): void {
  if (xfrChannelSize <= 0) throw new ConfigError(`channel size ${xfrChannelSize} must be greater than 0`)
  if (frontendWriteChannelSize <= 0) {
    throw new ConfigError(`frontend write channel size ${frontendWriteChannelSize} must be greater than 0`)
  }
}

function tlsPolicyOf({ tlsMinVersion, cipherSuites }: ProxyServerValues): TlsPolicy {
  const minVersion = asConfigError(() => tlsVersionOf(tlsMinVersion))
  const ciphers = asConfigError(() => opensslCiphersOf(cipherSuites))
  return ciphers === undefined ? { minVersion } : { minVersion, ciphers }
}

function tlsWarnings(name: string, { minVersion }: TlsPolicy): string[] {
  if (minVersion === 'TLSv1.2' || minVersion === 'TLSv1.3') return []
  return [`--tls-min-version=${name} is below TLS 1.2 and is considered insecure (RFC 8996)`]
}

function labelsOf(text: string): Record<string, string> {
  return asConfigError(() => parseLabels(text))
}

function verifyTimeouts(values: ProxyServerValues): void {
  verifyNotNegative('graceful-shutdown-timeout', values.gracefulShutdownTimeoutMs)
  verifyNotNegative('backend-dial-timeout', values.backendDialTimeoutMs)
}

/** What konnectivity does not ask for; after all that it does, so that its messages come first. */
function verifyOwnAdditions(values: ProxyServerValues): void {
  verifyNotNegative('half-open-timeout', values.halfOpenTimeoutMs)
  verifyPositive('keepalive-time', values.keepaliveTimeMs)
  verifyPositive('frontend-keepalive-time', values.frontendKeepaliveTimeMs)
  verifyBetween('connection-window', values.connectionWindowBytes, MIN_WINDOW_BYTES, MAX_WINDOW_BYTES)
  if (values.serverCount < 1) throw new ConfigError(`server-count must be > 0, got ${values.serverCount}`)
  const listeners = [
    { flag: 'server-port', host: values.serverBindAddress, port: values.serverPort },
    { flag: 'agent-port', host: values.agentBindAddress, port: values.agentPort },
    { flag: 'admin-port', host: values.adminBindAddress, port: values.adminPort },
    { flag: 'health-port', host: values.healthBindAddress, port: values.healthPort },
  ]
  verifyDistinctPorts(listeners)
}
