import type { HostPort } from './service-endpoints.ts'

/** Clients whose endpoint is remembered; the one not seen for longest is forgotten first. */
const MOST_CLIENTS = 4096

interface Assignment {
  readonly endpoint: string
  readonly until: number
}

/** Takes turns among endpoints, and sends a client to where it went before if the Service wants that. */
export class Balancer {
  readonly #now: () => number
  readonly #clients = new Map<string, Assignment>()
  #endpoints: readonly HostPort[] = []
  #affinityMs: number | undefined
  #turn = 0

  /** @param now in ms, never set back */
  constructor(now: () => number) {
    this.#now = now
  }

  update(endpoints: readonly HostPort[], affinityMs: number | undefined): void {
    this.#endpoints = endpoints
    this.#affinityMs = affinityMs
    if (affinityMs === undefined) this.#clients.clear()
  }

  /** All endpoints in the order in which to try them for a new connection. */
  orderFor(client: string): readonly HostPort[] {
    const count = this.#endpoints.length
    if (count === 0) return []
    const kept = this.#keptFor(client)
    if (kept >= 0) return this.#startingAt(kept)
    this.#turn = (this.#turn + 1) % count
    return this.#startingAt(this.#turn)
  }

  /** A connection of the client has come to an endpoint. */
  remember(client: string, endpoint: HostPort): void {
    if (this.#affinityMs === undefined) return
    this.#clients.delete(client)
    this.#clients.set(client, { endpoint: textOf(endpoint), until: this.#now() + this.#affinityMs })
    const [oldest] = this.#clients.keys()
    if (this.#clients.size > MOST_CLIENTS && oldest !== undefined) this.#clients.delete(oldest)
  }

  #keptFor(client: string): number {
    const kept = this.#clients.get(client)
    if (!kept || kept.until <= this.#now()) return -1
    return this.#endpoints.findIndex((endpoint) => textOf(endpoint) === kept.endpoint)
  }

  #startingAt(index: number): readonly HostPort[] {
    return [...this.#endpoints.slice(index), ...this.#endpoints.slice(0, index)]
  }
}

function textOf({ host, port }: HostPort): string {
  return `${host}:${port}`
}
