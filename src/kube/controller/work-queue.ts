import { type Clock, systemClock } from '../clock.ts'
import { DefaultRateLimiter, type QueueRateLimiter } from './rate-limiter.ts'

/** How a queue goes, under client-go's names. */
export interface WorkQueueMetrics {
  observeAdd(queue: string): void
  observeRetry(queue: string): void
  observeWait(queue: string, seconds: number): void
  observeWork(queue: string, seconds: number): void
  /** Called once: what is to be looked at when the metrics are read. */
  watchQueue(queue: string, state: () => WorkQueueState): void
}

export interface WorkQueueState {
  readonly depth: number
  /** For each key that is being worked on, since how long. */
  readonly workingSeconds: readonly number[]
}

export interface WorkQueueComponents {
  /** @default systemClock */
  readonly clock?: Clock
  /** @default a DefaultRateLimiter */
  readonly rateLimiter?: QueueRateLimiter
  readonly metrics?: WorkQueueMetrics
}

/**
 * Keys to be worked on, in the order in which they came.
 *
 * Invariants: a key is in the queue at most once, and in the hands of one worker at most; a key that is added while it is worked
 * on comes back when that is done. So no change is missed, and no two workers meet on one object.
 */
export class WorkQueue {
  readonly #name: string
  readonly #clock: Clock
  readonly #rateLimiter: QueueRateLimiter
  readonly #metrics: WorkQueueMetrics | undefined
  /** Waiting keys, and since when. A Map keeps the order. */
  readonly #waiting = new Map<string, number>()
  readonly #working = new Map<string, number>()
  readonly #dirty = new Set<string>()
  readonly #later = new Map<string, { dueAt: number; cancel: AbortController }>()
  #workers: ((key: string | undefined) => void)[] = []
  #isShutDown = false

  constructor(name: string, { clock = systemClock, rateLimiter, metrics }: WorkQueueComponents = {}) {
    this.#name = name
    this.#clock = clock
    this.#rateLimiter = rateLimiter ?? new DefaultRateLimiter(clock)
    this.#metrics = metrics
    metrics?.watchQueue(name, () => this.state())
  }

  /** Keys that wait for a worker. */
  get length(): number {
    return this.#waiting.size
  }

  add(key: string): void {
    if (this.#isShutDown || this.#waiting.has(key) || this.#dirty.has(key)) return
    this.#metrics?.observeAdd(this.#name)
    if (this.#working.has(key)) this.#dirty.add(key)
    else this.#push(key)
  }

  /** Adds it in so many ms; the earliest time counts where there are several. */
  addAfter(key: string, ms: number): void {
    if (this.#isShutDown) return
    if (ms <= 0) {
      this.add(key)
      return
    }
    const dueAt = this.#clock.monotonic() + ms
    const earlier = this.#later.get(key)
    if (earlier && earlier.dueAt <= dueAt) return
    earlier?.cancel.abort()
    const cancel = new AbortController()
    this.#later.set(key, { dueAt, cancel })
    this.#clock.sleep(ms, cancel.signal).then(
      () => {
        this.#later.delete(key)
        this.add(key)
      },
      () => {}, // an earlier time has taken its place, or the queue was shut down
    )
  }

  /** Adds it after a wait that grows with each time, until it is forgotten. */
  addRateLimited(key: string): void {
    this.#metrics?.observeRetry(this.#name)
    this.addAfter(key, this.#rateLimiter.delayMs(key))
  }

  /** The next failure is the first again. */
  forget(key: string): void {
    this.#rateLimiter.forget(key)
  }

  /** How often in a row it was added with `addRateLimited`. */
  retries(key: string): number {
    return this.#rateLimiter.failures(key)
  }

  /** Resolves with the next key, which must be given back with `done`; with undefined once the queue is shut down. */
  get(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined)
    const next = this.#waiting.entries().next()
    if (next.done) return new Promise((resolve) => this.#workers.push(resolve))
    const [key, since] = next.value
    this.#waiting.delete(key)
    return Promise.resolve(this.#hand(key, since))
  }

  done(key: string): void {
    const since = this.#working.get(key)
    if (since === undefined) return
    this.#working.delete(key)
    this.#metrics?.observeWork(this.#name, (this.#clock.monotonic() - since) / 1000)
    if (this.#dirty.delete(key) && !this.#isShutDown) this.#push(key)
  }

  /** Nothing is added any more, and workers are sent home. What waits is dropped: it will be found anew at the next start. */
  shutDown(): void {
    this.#isShutDown = true
    this.#waiting.clear()
    this.#dirty.clear()
    for (const { cancel } of this.#later.values()) cancel.abort()
    this.#later.clear()
    for (const sendHome of this.#workers.splice(0)) sendHome(undefined)
  }

  state(): WorkQueueState {
    const now = this.#clock.monotonic()
    const workingSeconds = [...this.#working.values()].map((since) => (now - since) / 1000)
    return { depth: this.#waiting.size, workingSeconds }
  }

  #push(key: string): void {
    const now = this.#clock.monotonic()
    const worker = this.#workers.shift()
    if (worker) worker(this.#hand(key, now))
    else this.#waiting.set(key, now)
  }

  #hand(key: string, waitingSince: number): string {
    const now = this.#clock.monotonic()
    this.#metrics?.observeWait(this.#name, (now - waitingSince) / 1000)
    this.#working.set(key, now)
    return key
  }
}
