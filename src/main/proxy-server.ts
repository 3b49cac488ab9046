import { aborted } from '../common/aborted.ts'
import { ConfigError } from '../common/errors.ts'
import {
  HttpEndpoints,
  healthRoutes,
  metricsRoute,
  readinessRoute,
  refreshed,
} from '../common/http-endpoints.ts'
import type { Logger } from '../common/log.ts'
import { profilingRoutes } from '../common/profiling.ts'
import { TlsFiles, type TlsMaterial } from '../common/tls-files.ts'
import {
  type AgentAuthenticator,
  type ListenerTls,
  PROXY_SERVER_COMMAND,
  ProxyServer,
  type ProxyServerConfig,
  ProxyServerMetrics,
  type ProxyServerOptions,
  parseProxyServerConfig,
} from '../proxy-server/index.ts'
import type { Service } from '../tunnel-kube/index.ts'
import type { ProcessDefinition } from './run-process.ts'

const NOT_READY = 'no connection to any proxy agent'

export const proxyServerProcess: ProcessDefinition<ProxyServerConfig> = {
  spec: PROXY_SERVER_COMMAND,
  parse: parseProxyServerConfig,
  async run(config, { log, signal }) {
    const metrics = new ProxyServerMetrics()
    metrics.collectProcessMetrics()
    const agentFiles = new TlsFiles(
      { log },
      {
        name: 'cluster',
        certFile: config.clusterCert,
        keyFile: config.clusterKey,
        caFile: config.clusterCaCert,
      },
    )
    const frontendFiles = new TlsFiles(
      { log },
      { name: 'server', certFile: config.serverCert, keyFile: config.serverKey, caFile: config.serverCaCert },
    )
    const onSocketFile = config.udsName !== ''
    const published = (material: TlsMaterial, flagPrefix: 'cluster' | 'server'): ListenerTls => {
      const { expiresAt } = material
      if (expiresAt !== undefined)
        metrics.certificateExpiry.set({ certificate: flagPrefix }, expiresAt / 1000)
      return listenerTls(material, config, flagPrefix)
    }
    const agentTls = published(await agentFiles.start(), 'cluster')
    const frontendTls = onSocketFile ? undefined : published(await frontendFiles.start(), 'server')
    const kubernetes = await connectKubernetes(config, log, metrics)
    const { authenticator } = kubernetes
    const server = new ProxyServer(
      { log, metrics, agentTls, frontendTls, authenticator },
      serverOptions(config),
    )
    agentFiles.onChange((material) => server.replaceAgentTls(published(material, 'cluster')))
    frontendFiles.onChange((material) => server.replaceFrontendTls(published(material, 'server')))
    const endpoints = createEndpoints(config, log, metrics, server)

    for (const part of [...endpoints, ...kubernetes.before, server, ...kubernetes.after]) await part.start()
    log.info({ serverId: config.serverId }, 'ready for agents and frontends')
    await aborted(signal)
    for (const part of kubernetes.after) await part.stop()
    await server.stop()
    for (const part of [...kubernetes.before, ...endpoints, agentFiles, frontendFiles]) await part.stop()
  },
}

/** What depends on a Kubernetes API, loaded only when it is asked for. */
async function connectKubernetes(
  config: ProxyServerConfig,
  log: Logger,
  metrics: ProxyServerMetrics,
): Promise<{ authenticator: AgentAuthenticator | undefined; before: Service[]; after: Service[] }> {
  if (!config.needsKubernetesClient) return { authenticator: undefined, before: [], after: [] }
  const { createServerLease, createTokenReviewAuthenticator } = await import('../tunnel-kube/index.ts')
  const authenticator =
    config.agentNamespace === '' ? undefined : createTokenReviewAuthenticator(config, process.env, { log })
  const lease = config.enableLeaseController ? [createServerLease(config, process.env, { log, metrics })] : []
  // Agents find the server by its lease: it is published last and withdrawn first.
  return { authenticator, before: authenticator ? [authenticator] : [], after: lease }
}

function serverOptions(config: ProxyServerConfig): ProxyServerOptions {
  return {
    serverId: config.serverId,
    serverCount: config.serverCount,
    strategies: config.strategies,
    frontendModes: config.frontendModes,
    frontendAddress:
      config.udsName !== ''
        ? { path: config.udsName }
        : {
            host: config.serverBindAddress,
            port: config.serverPort,
            flag: '--server-port',
            hostFlag: '--server-bind-address',
          },
    agentAddress: {
      host: config.agentBindAddress,
      port: config.agentPort,
      flag: '--agent-port',
      hostFlag: '--agent-bind-address',
    },
    deleteExistingSocket: config.deleteExistingUdsFile,
    keepaliveMs: config.keepaliveTimeMs,
    frontendKeepaliveMs: config.frontendKeepaliveTimeMs,
    dialTimeoutMs: config.backendDialTimeoutMs,
    halfOpenTimeoutMs: config.halfOpenTimeoutMs,
    windowBytes: config.connectionWindowBytes,
    gracefulShutdownMs: config.gracefulShutdownTimeoutMs,
  }
}

function listenerTls(material: TlsMaterial, config: ProxyServerConfig, flagPrefix: string): ListenerTls {
  const { cert, key, ca } = material
  if (cert === undefined || key === undefined) {
    throw new ConfigError(
      `--${flagPrefix}-cert and --${flagPrefix}-key must be set: this listener always speaks TLS`,
    )
  }
  return { cert, key, ca, minVersion: config.tls.minVersion, ciphers: config.tls.ciphers }
}

function createEndpoints(
  config: ProxyServerConfig,
  log: Logger,
  metrics: ProxyServerMetrics,
  server: ProxyServer,
): HttpEndpoints[] {
  const source = refreshed(metrics.registry, () => publishQueues(metrics, server))
  const ready = readinessRoute(() => (server.ready ? undefined : NOT_READY))
  const profiling = { enabled: config.enableProfiling, contention: config.enableContentionProfiling }
  return [
    new HttpEndpoints(
      { log, routes: healthRoutes(ready, source) },
      {
        name: 'health',
        host: config.healthBindAddress,
        port: config.healthPort,
        flag: '--health-port',
        hostFlag: '--health-bind-address',
      },
    ),
    new HttpEndpoints(
      { log, routes: { '/metrics': metricsRoute(source), ...profilingRoutes(profiling) } },
      {
        name: 'admin',
        host: config.adminBindAddress,
        port: config.adminPort,
        flag: '--admin-port',
        hostFlag: '--admin-bind-address',
      },
    ),
  ]
}

/** How much is queued at the moment of asking. */
function publishQueues(metrics: ProxyServerMetrics, server: ProxyServer): void {
  const { toAgent, toFrontend } = server.queuedBytes
  metrics.queuedBytes.set({ to: 'agent' }, toAgent)
  metrics.queuedBytes.set({ to: 'frontend' }, toFrontend)
}
