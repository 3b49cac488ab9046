import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import { type Clock, systemClock } from '../clock.ts'
import { isConflict, isTooManyRequests, TerminalError } from '../errors.ts'
import type { Informer } from '../watch/informer.ts'
import { keyText, parseKey } from '../watch/object-key.ts'
import type { QueueRateLimiter } from './rate-limiter.ts'
import type { Reconcile } from './reconciler.ts'
import { enqueueSelf, type MapFunction, type Predicate } from './sources.ts'
import { WorkQueue, type WorkQueueMetrics } from './work-queue.ts'

export type ReconcileOutcome = 'success' | 'error' | 'requeue_after'

/** How reconciling goes, under controller-runtime's names. */
export interface ControllerMetrics extends WorkQueueMetrics {
  observeReconcile(controller: string, outcome: ReconcileOutcome, seconds: number): void
  observeTerminalError(controller: string): void
  setWorkers(controller: string, active: number, most: number): void
}

export interface ControllerComponents {
  /** @default systemClock */
  readonly clock?: Clock
  /** @default says nothing */
  readonly log?: Logger
  readonly metrics?: ControllerMetrics
}

export interface ControllerOptions {
  /** For logs and metrics. */
  readonly name: string
  readonly reconcile: Reconcile
  /** Objects that are reconciled at once; one object never twice. @default 1 */
  readonly concurrency?: number
  /** @default client-go's */
  readonly rateLimiter?: QueueRateLimiter
}

export interface SourceOptions<T> {
  /** @default enqueueSelf */
  readonly map?: MapFunction<T>
  /** All must agree. */
  readonly predicates?: readonly Predicate<T>[]
}

/**
 * Turns events of objects into requests, and has each of them reconciled, again and again until that succeeds.
 *
 * Sources must be added before `start`, and informers started by somebody else: a Manager does both. Workers begin when all
 * sources have synced, so that a reconciler can rely on what it finds in their stores.
 */
export class Controller {
  readonly name: string
  readonly #log: Logger
  readonly #clock: Clock
  readonly #metrics: ControllerMetrics | undefined
  readonly #options: ControllerOptions
  readonly #queue: WorkQueue
  readonly #sources: { informer: { waitForSync(signal?: AbortSignal): Promise<void> }; stop: () => void }[] =
    []
  readonly #stopping = new AbortController()
  #active = 0
  #running: Promise<void> | undefined

  constructor(components: ControllerComponents, options: ControllerOptions) {
    const { clock = systemClock, log = silentLogger, metrics } = components
    const { name, rateLimiter } = options
    this.name = name
    this.#clock = clock
    this.#log = log.child({ controller: name })
    this.#metrics = metrics
    this.#options = options
    this.#queue = new WorkQueue(name, {
      clock,
      ...(metrics && { metrics }),
      ...(rateLimiter && { rateLimiter }),
    })
  }

  /** Events of the informer's objects become requests. Of an update, both the old and the new state are a reason. */
  watch<T extends KubeObject>(informer: Informer<T>, options: SourceOptions<T> = {}): this {
    const { map = enqueueSelf, predicates = [] } = options
    const enqueue = (...objects: T[]) => {
      const keys = new Set(objects.flatMap((object) => map(object).map(keyText)))
      for (const key of keys) this.#queue.add(key)
    }
    const stop = informer.addHandler({
      onAdd: (object) => {
        if (predicates.every(({ onAdd }) => onAdd?.(object) ?? true)) enqueue(object)
      },
      onUpdate: (previous, object) => {
        if (predicates.every(({ onUpdate }) => onUpdate?.(previous, object) ?? true))
          enqueue(previous, object)
      },
      onDelete: (object) => {
        if (predicates.every(({ onDelete }) => onDelete?.(object) ?? true)) enqueue(object)
      },
    })
    this.#sources.push({ informer, stop })
    return this
  }

  /** Asks for an object to be reconciled soon, for a reason that is no event. */
  enqueue(key: ObjectKey): void {
    this.#queue.add(keyText(key))
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Aborts what is being reconciled, and waits for its end. */
  async stop(): Promise<void> {
    for (const { stop } of this.#sources) stop()
    this.#stopping.abort()
    this.#queue.shutDown()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    try {
      await Promise.all(this.#sources.map(({ informer }) => informer.waitForSync(signal)))
    } catch {
      return // it was stopped before that
    }
    const { concurrency = 1 } = this.#options
    this.#log.info({ concurrency }, 'controller started')
    await Promise.all(Array.from({ length: concurrency }, () => this.#work()))
  }

  async #work(): Promise<void> {
    for (;;) {
      const key = await this.#queue.get()
      if (key === undefined) return
      this.#setActive(+1)
      try {
        await this.#reconcile(key)
      } finally {
        this.#queue.done(key)
        this.#setActive(-1)
      }
    }
  }

  /** The outcomes of a reconcile, all four of them. Never rejects. */
  async #reconcile(key: string): Promise<void> {
    const { signal } = this.#stopping
    const request = parseKey(key)
    const log = this.#log.child({ ...request })
    const startedAt = this.#clock.monotonic()
    let outcome: ReconcileOutcome = 'success'
    try {
      const result = await this.#options.reconcile(request, { signal, log })
      this.#queue.forget(key)
      if (result?.requeueAfterMs !== undefined) {
        outcome = 'requeue_after'
        this.#queue.addAfter(key, result.requeueAfterMs)
      }
    } catch (err) {
      if (signal.aborted) return
      outcome = 'error'
      if (err instanceof TerminalError) {
        this.#queue.forget(key)
        this.#metrics?.observeTerminalError(this.name)
        log.error({ err }, 'reconcile failed for good')
      } else {
        this.#queue.addRateLimited(key)
        log[levelOf(err)]({ err, retries: this.#queue.retries(key) }, 'reconcile failed')
      }
    } finally {
      this.#metrics?.observeReconcile(this.name, outcome, (this.#clock.monotonic() - startedAt) / 1000)
    }
  }

  #setActive(change: number): void {
    this.#active += change
    this.#metrics?.setWorkers(this.name, this.#active, this.#options.concurrency ?? 1)
  }
}

/** Of a failure that is tried again. Somebody else was faster, or an API has much to do: nobody has to act upon that. */
function levelOf(error: unknown): 'debug' | 'warn' | 'error' {
  if (isConflict(error)) return 'debug'
  return isTooManyRequests(error) ? 'warn' : 'error'
}
