import type { Backend } from './backend.ts'
import type { ProxyServerMetrics } from './metrics.ts'
import type { ProxyStrategyName } from './options.ts'

/** The agents that may be asked for one dial, best first; each is handed out once. */
export interface Candidates {
  next(): Backend | undefined
}

/**
 * The agents' streams, as the proxy strategies see them. Strategies are tried in the order of the flag; the first that
 * knows an agent decides, also when that agent cannot take the dial: another strategy might lead into another cluster.
 */
export class BackendRegistry {
  readonly #strategies: readonly ProxyStrategyName[]
  readonly #metrics: ProxyServerMetrics
  readonly #backends = new Set<Backend>()
  readonly #byHost = new Map<string, Set<Backend>>()

  constructor(components: { metrics: ProxyServerMetrics }, strategies: readonly ProxyStrategyName[]) {
    this.#metrics = components.metrics
    this.#strategies = strategies
  }

  get size(): number {
    return this.#backends.size
  }

  [Symbol.iterator](): Iterator<Backend> {
    return this.#backends[Symbol.iterator]()
  }

  add(backend: Backend): void {
    this.#backends.add(backend)
    for (const host of hostsOf(backend)) {
      const backends = this.#byHost.get(host) ?? new Set()
      this.#byHost.set(host, backends.add(backend))
    }
    this.#report()
  }

  remove(backend: Backend): void {
    if (!this.#backends.delete(backend)) return
    for (const host of hostsOf(backend)) {
      const backends = this.#byHost.get(host)
      backends?.delete(backend)
      if (backends?.size === 0) this.#byHost.delete(host)
    }
    this.#report()
  }

  candidatesFor(address: string): Candidates {
    const tried = new Set<Backend>()
    const eligible = this.#eligible(address)
    return {
      next: () => {
        const backend = leastLoaded(eligible, tried)
        if (backend) tried.add(backend)
        return backend
      },
    }
  }

  #eligible(address: string): Iterable<Backend> {
    for (const strategy of this.#strategies) {
      const backends = this.#known(strategy, address)
      if (backends.length > 0) return backends
    }
    return []
  }

  #known(strategy: ProxyStrategyName, address: string): Backend[] {
    switch (strategy) {
      case 'destHost':
        return [...(this.#byHost.get(hostOf(address)) ?? [])]
      case 'default':
        return [...this.#backends]
      case 'defaultRoute':
        return [...this.#backends].filter((backend) => backend.identifiers.defaultRoute)
      default:
        throw new Error(`unhandled strategy ${strategy satisfies never}`)
    }
  }

  /** Counts what can be told apart, not streams: agents by id, or the hosts that they stand for. */
  #report(): void {
    const agents = new Set([...this.#backends].map((backend) => backend.agentId))
    const defaultRoutes = new Set(
      [...this.#backends]
        .filter((backend) => backend.identifiers.defaultRoute)
        .map((backend) => backend.agentId),
    )
    const sizes = { default: agents.size, defaultRoute: defaultRoutes.size, destHost: this.#byHost.size }
    for (const strategy of this.#strategies) {
      this.#metrics.readyBackends.set({ proxy_strategy: strategy }, sizes[strategy])
    }
    this.#metrics.readyBackendConnections.set(sizes[this.#strategies[0] ?? 'default'])
  }
}

/**
 * The one with the fewest connections and dials under way; one that drains only when no other is left. Ties go to a
 * random one, so that servers that know the same agents do not all choose the same.
 */
function leastLoaded(backends: Iterable<Backend>, tried: ReadonlySet<Backend>): Backend | undefined {
  let best: Backend | undefined
  let ties = 0
  for (const backend of backends) {
    if (tried.has(backend) || !backend.usable) continue
    const order = best ? compareLoad(backend, best) : -1
    if (order > 0) continue
    ties = order < 0 ? 1 : ties + 1
    if (order < 0 || Math.random() * ties < 1) best = backend
  }
  return best
}

function compareLoad(a: Backend, b: Backend): number {
  if (a.draining !== b.draining) return a.draining ? 1 : -1
  return a.load - b.load
}

function hostsOf({ identifiers }: Backend): Set<string> {
  return new Set([...identifiers.ipv4, ...identifiers.ipv6, ...identifiers.host])
}

/** The host of `host:port`, `[v6]:port`, `[v6]` or a bare host or IPv6 address. */
export function hostOf(address: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(address)
  if (bracketed) return bracketed[1] as string
  const colon = address.lastIndexOf(':')
  return colon < 0 || address.indexOf(':') !== colon ? address : address.slice(0, colon)
}
