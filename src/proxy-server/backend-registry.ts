import type { Backend } from './backend.ts'
import type { ProxyServerMetrics } from './metrics.ts'
import type { ProxyStrategyName } from './options.ts'

/**
 * An agent that looks for more servers behind one address meets this one again, and leaves again as soon as it has read our
 * server ID. A second stream that has lasted so long, in ms, is there to stay: the agent has lost the first, which we do not
 * know yet.
 */
const SETTLED_AFTER_MS = 2_000

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
  readonly #byAgent = new Map<string, Set<Backend>>()

  constructor(components: { metrics: ProxyServerMetrics }, strategies: readonly ProxyStrategyName[]) {
    this.#metrics = components.metrics
    this.#strategies = strategies
    this.#report() // a series that is missing until the first agent comes would not be alerted on
  }

  get size(): number {
    return this.#backends.size
  }

  [Symbol.iterator](): Iterator<Backend> {
    return this.#backends[Symbol.iterator]()
  }

  add(backend: Backend): void {
    this.#backends.add(backend)
    addTo(this.#byAgent, backend.agentId, backend)
    for (const host of hostsOf(backend)) addTo(this.#byHost, host, backend)
    this.#report()
  }

  remove(backend: Backend): void {
    if (!this.#backends.delete(backend)) return
    removeFrom(this.#byAgent, backend.agentId, backend)
    for (const host of hostsOf(backend)) removeFrom(this.#byHost, host, backend)
    this.#report()
  }

  candidatesFor(address: string): Candidates {
    const tried = new Set<Backend>()
    const eligible = this.#eligible(address)
    return {
      next: () => {
        const backend = leastLoaded(eligible, tried, this.#isSpare)
        if (backend) tried.add(backend)
        return backend
      },
    }
  }

  /** Whether another stream of the same agent is the one to use. */
  readonly #isSpare = (backend: Backend): boolean => {
    const streams = this.#byAgent.get(backend.agentId)
    return streams !== undefined && streams.size > 1 && streamToUse(streams) !== backend
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
    const defaultRoutes = new Set(
      [...this.#backends]
        .filter((backend) => backend.identifiers.defaultRoute)
        .map((backend) => backend.agentId),
    )
    const sizes = {
      default: this.#byAgent.size,
      defaultRoute: defaultRoutes.size,
      destHost: this.#byHost.size,
    }
    for (const strategy of this.#strategies) {
      this.#metrics.readyBackends.set({ proxy_strategy: strategy }, sizes[strategy])
    }
    this.#metrics.readyBackendConnections.set(sizes[this.#strategies[0] ?? 'default'])
  }
}

/**
 * The one with the fewest connections and dials under way; one that drains, or a spare stream, only when no other is left.
 * Ties go to a random one, so that servers that know the same agents do not all choose the same.
 */
function leastLoaded(
  backends: Iterable<Backend>,
  tried: ReadonlySet<Backend>,
  isSpare: (backend: Backend) => boolean,
): Backend | undefined {
  let best: Backend | undefined
  let bestCost: readonly number[] = []
  let ties = 0
  for (const backend of backends) {
    if (tried.has(backend) || !backend.usable) continue
    const cost = [Number(backend.draining), Number(isSpare(backend)), backend.load]
    const order = best ? compareCosts(cost, bestCost) : -1
    if (order > 0) continue
    ties = order < 0 ? 1 : ties + 1
    if (order < 0 || Math.random() * ties < 1) best = backend
    bestCost = cost
  }
  return best
}

function compareCosts(a: readonly number[], b: readonly number[]): number {
  for (const [index, cost] of a.entries()) {
    const difference = cost - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Of an agent's streams, in the order of their beginning: the newest that is settled, else the oldest. */
function streamToUse(streams: Iterable<Backend>): Backend | undefined {
  const usable = [...streams].filter((stream) => stream.usable)
  const staying = usable.filter((stream) => !stream.draining)
  const choices = staying.length > 0 ? staying : usable
  const now = performance.now()
  return choices.findLast((stream) => now - stream.openedAt >= SETTLED_AFTER_MS) ?? choices[0]
}

function addTo(index: Map<string, Set<Backend>>, key: string, backend: Backend): void {
  const backends = index.get(key) ?? new Set()
  index.set(key, backends.add(backend))
}

function removeFrom(index: Map<string, Set<Backend>>, key: string, backend: Backend): void {
  const backends = index.get(key)
  backends?.delete(backend)
  if (backends?.size === 0) index.delete(key)
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
