import type { LeaseCounter } from './lease-counter.ts'

/** `default`: the Leases where they are counted, else the servers' answers. `max`: the larger of both. */
export type ServerCountSource = 'default' | 'max'

export interface ServerCountComponents {
  readonly leases?: LeaseCounter | undefined
}

/**
 * How many proxy servers there are. Every server says in its metadata how many it believes in; the largest of the latest
 * answers counts. The answer of a server that is gone counts until another answer is there.
 */
export class ServerCount {
  readonly #leases: LeaseCounter | undefined
  readonly #source: ServerCountSource
  readonly #answers = new Map<string, number>()
  #fallback = 1

  constructor(components: ServerCountComponents, source: ServerCountSource) {
    this.#leases = components.leases
    this.#source = source
  }

  get current(): number {
    if (!this.#leases) return this.#answered
    if (this.#source === 'default') return Math.max(this.#leases.count(), 1)
    return Math.max(this.#leases.count(), this.#answered)
  }

  /** What the server said in its latest answer. */
  learn(serverId: string, count: number): void {
    this.#answers.set(serverId, Math.max(count, 1))
    this.#fallback = this.#answered
  }

  /** The server is no longer connected. */
  forget(serverId: string): void {
    this.#answers.delete(serverId)
    this.#fallback = this.#answered
  }

  get #answered(): number {
    return this.#answers.size === 0 ? this.#fallback : Math.max(...this.#answers.values())
  }
}
