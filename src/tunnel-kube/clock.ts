import { setTimeout as sleep } from 'node:timers/promises'

/** Time as this folder needs it. Tests hand in one that they move themselves. */
export interface Clock {
  /** In ms since the epoch. */
  now(): number
  /** Rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, signal && { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}
