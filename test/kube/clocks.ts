import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../src/kube/index.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** Time that stands still until a test moves it. */
export class SteppedClock extends ManualClock implements Clock {
  monotonic(): number {
    return this.now()
  }
}

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
