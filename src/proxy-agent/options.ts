import { isIP } from 'node:net'
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
import { formatDuration } from '../common/duration.ts'
import { ConfigError } from '../common/errors.ts'
import type { FlagValues } from '../common/flags.ts'
import { type LogLevel, logLevelOf } from '../common/klog-flags.ts'
import { type ParsedFlags, parseFlags } from '../common/parse-flags.ts'
import { verifyAgentIdentifiers } from '../wire/agent-identifiers.ts'
import { MAX_WINDOW_BYTES, MIN_WINDOW_BYTES } from '../wire/metadata.ts'
import { parseDestinations } from './destination-policy.ts'
import { PROXY_AGENT_COMMAND, type PROXY_AGENT_FLAGS } from './flags.ts'

export { PROXY_AGENT_COMMAND, PROXY_AGENT_FLAGS } from './flags.ts'

/** What the agent knows how to dial. */
const KNOWN_PROTOCOLS = ['tcp', 'tcp4', 'tcp6']

const LAST_PORT = 65535

export interface ProxyServerAddress {
  /** A name or an IP, without brackets. */
  readonly host: string
  readonly port: number
}

type ProxyAgentValues = FlagValues<typeof PROXY_AGENT_FLAGS>

/** Everything that a proxy agent is told, complete and verified. Deep-frozen. */
export interface ProxyAgentConfig extends Omit<ProxyAgentValues, 'hostAliases'> {
  /** From `proxyServer`, or from `proxyServerHost` and `proxyServerPort`; never empty. */
  readonly proxyServers: readonly ProxyServerAddress[]
  /** IPs by host name, in lower case. Has no prototype: any key may be looked up. */
  readonly hostAliases: Readonly<Record<string, readonly string[]>>
  readonly logLevel: LogLevel
  /** What the user should know although the agent starts. */
  readonly warnings: readonly string[]
}

const IDENTIFIERS_CURE = '--agent-identifiers takes a URL query such as host=node1.example.com&ipv4=192.0.2.7'

/** Reads the proxy agent's configuration, or throws a ConfigError. Where several things are wrong, konnectivity's order decides. */
export function parseProxyAgentConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  io: ConfigIo,
): ProxyAgentConfig {
  const parsed = parseFlags<typeof PROXY_AGENT_FLAGS>(PROXY_AGENT_COMMAND, argv, env, io)
  const values = withSyncIntervalCap(parsed)

  verifyKeyPair({ name: 'agent', cert: values.agentCert, key: values.agentKey, caCert: values.caCert }, io)
  verifyPorts(values)
  verifyProfiling(values)
  verifySyncInterval(values)
  verifyTokenFile(values, io)
  asConfigError(() => verifyAgentIdentifiers(values.agentIdentifiers), IDENTIFIERS_CURE)
  verifyKubeconfig(values, io)
  verifyServerCountSource(values)
  verifyOwnAdditions(values)

  return deepFreeze({
    ...values,
    agentId: values.agentId || io.newId(),
    proxyServers: proxyServersOf(values),
    hostAliases: hostAliasesOf(values.hostAliases),
    logLevel: logLevelOf(values.v),
    warnings: parsed.warnings,
  })
}

/**
 * Our default cap is lower than konnectivity's 10 s. A manifest that sets a longer interval, and trusts in that default, still
 * has to work.
 */
function withSyncIntervalCap({ values, given }: ParsedFlags<typeof PROXY_AGENT_FLAGS>): ProxyAgentValues {
  if (given.has('sync-interval-cap')) return values
  return { ...values, syncIntervalCapMs: Math.max(values.syncIntervalCapMs, values.syncIntervalMs) }
}

function verifyPorts(values: ProxyAgentValues): void {
  const ports = {
    'proxy server': values.proxyServerPort,
    'health server': values.healthServerPort,
    'admin server': values.adminServerPort,
  }
  for (const [name, port] of Object.entries(ports)) {
    if (port <= 0) throw new ConfigError(`${name} port ${port} must be greater than 0`)
  }
  if (values.xfrChannelSize <= 0) {
    throw new ConfigError(`channel size ${values.xfrChannelSize} must be greater than 0`)
  }
}

function verifySyncInterval({ syncIntervalMs, syncIntervalCapMs }: ProxyAgentValues): void {
  if (syncIntervalMs <= syncIntervalCapMs) return
  const [interval, cap] = [syncIntervalMs, syncIntervalCapMs].map(formatDuration)
  throw new ConfigError(`sync interval ${interval} must be less than sync interval cap ${cap}`)
}

function verifyTokenFile({ serviceAccountTokenPath: path }: ProxyAgentValues, io: ConfigIo): void {
  if (path !== '') verifyFile(`error checking service account token path ${path}`, path, io)
}

function verifyKubeconfig({ kubeconfig }: ProxyAgentValues, io: ConfigIo): void {
  if (kubeconfig !== '')
    verifyFile(`error checking KubeconfigPath ${JSON.stringify(kubeconfig)}`, kubeconfig, io)
}

function verifyServerCountSource({ serverCountSource }: ProxyAgentValues): void {
  if (['', 'default', 'max'].includes(serverCountSource)) return
  throw new ConfigError(`--server-count-source must be one of '', 'default', 'max', got ${serverCountSource}`)
}

/** What konnectivity does not ask for; after all that it does, so that its messages come first. */
function verifyOwnAdditions(values: ProxyAgentValues): void {
  verifyBetween('proxy-server-port', values.proxyServerPort, 1, LAST_PORT)
  verifyBetween('health-server-port', values.healthServerPort, 1, LAST_PORT)
  verifyBetween('admin-server-port', values.adminServerPort, 1, LAST_PORT)
  verifyPositive('sync-interval', values.syncIntervalMs)
  verifyPositive('probe-interval', values.probeIntervalMs)
  verifyPositive('keepalive-time', values.keepaliveTimeMs)
  verifyNotNegative('half-open-timeout', values.halfOpenTimeoutMs)
  verifyNotNegative('drain-timeout', values.drainTimeoutMs)
  verifyBetween('connection-window', values.connectionWindowBytes, MIN_WINDOW_BYTES, MAX_WINDOW_BYTES)
  verifyProtocols(values.allowedProtocols)
  asConfigError(() => parseDestinations(values.allowDestinations))
  asConfigError(() => parseDestinations(values.denyDestinations))
  verifyDistinctPorts([
    { flag: 'health-server-port', host: values.healthServerHost, port: values.healthServerPort },
    { flag: 'admin-server-port', host: values.adminBindAddress, port: values.adminServerPort },
  ])
}

function verifyProtocols(protocols: readonly string[]): void {
  if (protocols.length === 0) throw new ConfigError('allowed-protocols must not be empty')
  const unknown = protocols.find((protocol) => !KNOWN_PROTOCOLS.includes(protocol))
  if (unknown === undefined) return
  throw new ConfigError(
    `allowed-protocols must be among ${KNOWN_PROTOCOLS.join(', ')}, got ${JSON.stringify(unknown)}`,
  )
}

function proxyServersOf(values: ProxyAgentValues): ProxyServerAddress[] {
  if (values.proxyServer.length === 0) return [{ host: values.proxyServerHost, port: values.proxyServerPort }]
  return values.proxyServer.map((text) => {
    const [, bracketed, bare, portText] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
    const host = bracketed ?? bare
    const port = Number(portText)
    if (host === undefined || !(port >= 1 && port <= LAST_PORT)) {
      throw new ConfigError(`proxy-server must be host:port, got ${JSON.stringify(text)}`)
    }
    return { host, port }
  })
}

function hostAliasesOf(entries: readonly string[]): Record<string, string[]> {
  const aliases: Record<string, string[]> = Object.create(null)
  for (const entry of entries) {
    const [, name = '', ip = ''] = /^([^=]+)=(.+)$/.exec(entry) ?? []
    if (isIP(ip) === 0) throw new ConfigError(`host-aliases must be name=ip, got ${JSON.stringify(entry)}`)
    const key = name.toLowerCase()
    aliases[key] = [...(aliases[key] ?? []), ip]
  }
  return aliases
}
