import { readFile } from 'node:fs/promises'
import { aborted } from '../common/aborted.ts'
import {
  checklistRoute,
  HttpEndpoints,
  healthRoutes,
  redirectToPort,
  refreshed,
} from '../common/http-endpoints.ts'
import type { Logger } from '../common/log.ts'
import { profilingRoutes } from '../common/profiling.ts'
import { TlsFiles, type TlsMaterial } from '../common/tls-files.ts'
import {
  DestinationPolicy,
  type LeaseCounter,
  PROXY_AGENT_COMMAND,
  ProxyAgent,
  type ProxyAgentConfig,
  ProxyAgentMetrics,
  type ProxyAgentOptions,
  parseProxyAgentConfig,
} from '../proxy-agent/index.ts'
import type { Service } from '../tunnel-kube/index.ts'
import type { ProcessDefinition } from './run-process.ts'

export const proxyAgentProcess: ProcessDefinition<ProxyAgentConfig> = {
  spec: PROXY_AGENT_COMMAND,
  parse: parseProxyAgentConfig,
  async run(config, { log, signal }) {
    const metrics = new ProxyAgentMetrics()
    metrics.collectProcessMetrics()
    const files = new TlsFiles(
      { log },
      { name: 'agent', certFile: config.agentCert, keyFile: config.agentKey, caFile: config.caCert },
    )
    publishExpiry(metrics, await files.start())
    files.onChange((material) => publishExpiry(metrics, material))
    const leases = await createLeases(config, log, metrics)
    const agent = createAgent(config, { log, metrics, files, leases })
    const endpoints = createEndpoints(config, log, metrics, agent)

    for (const part of [...endpoints, leases, agent]) await part?.start()
    log.info({ agentId: config.agentId }, 'looking for proxy servers')
    await aborted(signal)
    await agent.stop()
    for (const part of [leases, ...endpoints, files]) await part?.stop()
  },
}

/** The Kubernetes client is loaded only for those who count Leases. */
async function createLeases(
  config: ProxyAgentConfig,
  log: Logger,
  metrics: ProxyAgentMetrics,
): Promise<(LeaseCounter & Service) | undefined> {
  if (!config.countServerLeases) return undefined
  const { createLeaseCounter } = await import('../tunnel-kube/index.ts')
  return createLeaseCounter(config, process.env, { log, metrics })
}

interface AgentParts {
  readonly log: Logger
  readonly metrics: ProxyAgentMetrics
  readonly files: TlsFiles
  readonly leases: LeaseCounter | undefined
}

function createAgent(config: ProxyAgentConfig, { log, metrics, files, leases }: AgentParts): ProxyAgent {
  const { serviceAccountTokenPath: tokenPath } = config
  return new ProxyAgent(
    {
      log,
      metrics,
      tls: async () => {
        await files.checkForChange() // each connection takes the newest, not only what the last poll saw
        const { ca, cert, key } = files.current
        return { ca, cert, key, alpnProtocols: config.alpnProto }
      },
      token: tokenPath === '' ? undefined : () => readFile(tokenPath, 'utf8'),
      destinations: new DestinationPolicy({
        allow: config.allowDestinations,
        deny: config.denyDestinations,
      }),
      leases,
      env: process.env,
    },
    agentOptions(config),
  )
}

function agentOptions(config: ProxyAgentConfig): ProxyAgentOptions {
  return {
    servers: config.proxyServers,
    agentId: config.agentId,
    agentIdentifiers: config.agentIdentifiers,
    serverCountSource: config.serverCountSource === 'max' ? 'max' : 'default',
    syncIntervalMs: config.syncIntervalMs,
    syncIntervalCapMs: config.syncIntervalCapMs,
    syncForever: config.syncForever,
    keepaliveMs: config.keepaliveTimeMs,
    windowBytes: config.connectionWindowBytes,
    halfOpenTimeoutMs: config.halfOpenTimeoutMs,
    allowedProtocols: config.allowedProtocols,
    hostAliases: config.hostAliases,
    drainTimeoutMs: config.drainTimeoutMs,
  }
}

function createEndpoints(
  config: ProxyAgentConfig,
  log: Logger,
  metrics: ProxyAgentMetrics,
  agent: ProxyAgent,
): HttpEndpoints[] {
  const source = refreshed(metrics.registry, () => publishQueues(metrics, agent))
  const profiling = { enabled: config.enableProfiling, contention: config.enableContentionProfiling }
  const ready = checklistRoute({
    ping: () => undefined,
    'server-connected': () => (agent.isReady() ? undefined : 'no servers connected'),
  })
  return [
    new HttpEndpoints(
      { log, routes: healthRoutes(ready, source) },
      {
        name: 'health',
        host: config.healthServerHost,
        port: config.healthServerPort,
        flag: '--health-server-port',
        hostFlag: '--health-server-host',
      },
    ),
    new HttpEndpoints(
      {
        log,
        routes: { '/metrics': redirectToPort(config.healthServerPort), ...profilingRoutes(profiling) },
      },
      {
        name: 'admin',
        host: config.adminBindAddress,
        port: config.adminServerPort,
        flag: '--admin-server-port',
        hostFlag: '--admin-bind-address',
      },
    ),
  ]
}

/** How much is queued at the moment of asking. */
function publishQueues(metrics: ProxyAgentMetrics, agent: ProxyAgent): void {
  const { toTarget, toServer } = agent.queuedBytes
  metrics.queuedBytes.set({ to: 'target' }, toTarget)
  metrics.queuedBytes.set({ to: 'server' }, toServer)
}

function publishExpiry(metrics: ProxyAgentMetrics, { expiresAt }: TlsMaterial): void {
  if (expiresAt !== undefined) metrics.certificateExpiry.set({ certificate: 'agent' }, expiresAt / 1000)
}
