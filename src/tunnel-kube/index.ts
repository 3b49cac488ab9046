import type { Logger } from '../common/log.ts'
import { findAccess, readInClusterAccess, systemClock } from '../kube/index.ts'
import type { LeaseCounter, ProxyAgentConfig } from '../proxy-agent/index.ts'
import type { AgentAuthenticator, ProxyServerConfig } from '../proxy-server/index.ts'
import { HttpKubeClient, type HttpKubeClientOptions } from './kube-client.ts'
import { LeaseCollector, type LeaseCollectorMetrics } from './lease-collector.ts'
import { type LeaseCounterMetrics, ServerLeaseCounter } from './lease-counter.ts'
import { Leases } from './leases.ts'
import { ServerLease } from './server-lease.ts'
import { TokenReviewAuthenticator } from './token-review-authenticator.ts'

export { AuthenticationError } from './token-review-authenticator.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface Service {
  /** Rejects with a ConfigError when it is not clear how to reach the Kubernetes API. Does not wait for the API itself. */
  start(): Promise<void>
  stop(): Promise<void>
}

type KubeFlags = Pick<ProxyServerConfig, 'kubeconfig' | 'kubeconfigQps' | 'kubeconfigBurst'>

/** Judges agents' tokens. For a server with `agentNamespace` and the flags that belong to it. */
export function createTokenReviewAuthenticator(
  config: KubeFlags &
    Pick<ProxyServerConfig, 'agentNamespace' | 'agentServiceAccount' | 'authenticationAudience'>,
  env: Env,
  { log }: { log: Logger },
): AgentAuthenticator & Service {
  const client = createClient(config.kubeconfig, env, log, limitsOf(config))
  const authenticator = new TokenReviewAuthenticator(
    { client, log },
    {
      namespace: config.agentNamespace,
      serviceAccount: config.agentServiceAccount,
      audience: config.authenticationAudience,
    },
  )
  return {
    authenticate: (token) => authenticator.authenticate(token),
    start: () => client.start(),
    stop: () => client.stop(),
  }
}

/** Holds this server's Lease and deletes others that have expired. For a server with `enableLeaseController`. */
export function createServerLease(
  config: KubeFlags & Pick<ProxyServerConfig, 'serverId' | 'leaseNamespace' | 'leaseLabels'>,
  env: Env,
  { log, metrics }: { log: Logger; metrics: LeaseCollectorMetrics },
): Service {
  const client = createClient(config.kubeconfig, env, log, limitsOf(config))
  const components = { leases: new Leases(client, config.leaseNamespace), clock: systemClock, log }
  const { serverId, leaseLabels: labels } = config
  const lease = new ServerLease(components, { serverId, labels })
  const collector = new LeaseCollector({ ...components, metrics }, { labelSelector: selectorOf(labels) })
  return {
    start: async () => {
      await client.start()
      lease.start()
      collector.start()
    },
    stop: async () => {
      await collector.stop()
      await lease.stop()
      await client.stop()
    },
  }
}

/** Counts servers by their Leases. For an agent with `countServerLeases`. */
export function createLeaseCounter(
  config: Pick<ProxyAgentConfig, 'kubeconfig' | 'leaseNamespace' | 'leaseLabelSelector'>,
  env: Env,
  { log, metrics }: { log: Logger; metrics: LeaseCounterMetrics },
): LeaseCounter & Service {
  const client = createClient(config.kubeconfig, env, log)
  const counter = new ServerLeaseCounter(
    { leases: new Leases(client, config.leaseNamespace), clock: systemClock, log, metrics },
    { labelSelector: config.leaseLabelSelector },
  )
  return {
    count: () => counter.count(),
    start: async () => {
      await client.start()
      counter.start()
    },
    stop: async () => {
      await counter.stop()
      await client.stop()
    },
  }
}

function createClient(
  kubeconfig: string,
  env: Env,
  log: Logger,
  limits: HttpKubeClientOptions = {},
): HttpKubeClient {
  // Without the flag it is the Pod's own access or none, as in konnectivity: never what KUBECONFIG or a home directory says.
  const readAccess = kubeconfig === '' ? () => readInClusterAccess(env) : findAccess({ env, kubeconfig })
  return new HttpKubeClient({ log, clock: systemClock, readAccess }, limits)
}

function limitsOf({ kubeconfigQps: qps, kubeconfigBurst: burst }: KubeFlags): HttpKubeClientOptions {
  return { qps, burst }
}

function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}
