import { setTimeout as sleep } from 'node:timers/promises'
import { LONGEST_TIMER_MS } from '../common/duration.ts'

/** Time as this folder needs it. Tests hand in one that they move themselves. */
export interface Clock {
  /** The time of day, in ms since the epoch. It may jump: for what is written down only. */
  now(): number
  /** In ms since some moment, and never set back: for all measuring. */
  monotonic(): number
  /** Rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(Math.min(ms, LONGEST_TIMER_MS), undefined, signal && { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}

/** As Kubernetes writes a time: seconds. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** As Kubernetes writes a time of which the order matters: microseconds. */
export function microTimeText(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000Z')
}
