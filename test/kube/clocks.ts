import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../src/kube/index.ts'

/** Time in which nobody waits: whoever sleeps wakes at once, and it is later. */
export class HastyClock implements Clock {
  readonly slept: number[] = []
  #now = Date.parse('2026-01-01T00:00:00Z')

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.slept.push(ms)
    await nextTurn()
    signal?.throwIfAborted()
    this.#now += ms
  }
}
