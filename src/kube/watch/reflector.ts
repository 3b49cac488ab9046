import type { KubeObject } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'
import { Backoff } from '../backoff.ts'
import type { ResourceClient, SelectionOptions, WatchOptions } from '../client/resource-client.ts'
import type { WatchEvent } from '../client/watch-event.ts'
import type { Clock } from '../clock.ts'
import { isGone, isTooLargeResourceVersion, KubeApiError, KubeRequestError } from '../errors.ts'
import { withoutManagedFields } from './managed-fields.ts'
import { keyOf } from './object-key.ts'

/** client-go's: watches end after a time between this and twice as much, so that they do not all end at once. */
const SHORTEST_WATCH_SECONDS = 300

/** A watch that should have been ended by the server so long ago is dead. */
const WATCH_GRACE_MS = 30_000

/** client-go's. */
const BACKOFF = { initialMs: 800, capMs: 30_000 }

/** A watch that ends sooner, with nothing in it, is a server in trouble. */
const VERY_SHORT_WATCH_MS = 1000

/** So many watches in a row were answered and have failed before an event: perhaps the server does not know this version, and cannot say so. */
const FAILURES_BEFORE_RELIST = 10

/** A server that streams its initial objects sends one after the other; one that does not know how stays silent in the end. */
const DEFAULT_INITIAL_SILENCE_MS = 15_000

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

/** Where a reflector puts what it sees. Called one at a time, in the order of what happened. */
export interface ReflectorSink<T> {
  /** All there is. What is not among it is gone. */
  replace(objects: readonly T[]): void
  /** One change since. */
  handle(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void
}

export interface ReflectorComponents<T extends KubeObject> {
  readonly resource: ResourceClient<T>
  readonly sink: ReflectorSink<T>
  readonly clock: Clock
  readonly log: Logger
}

export interface ReflectorOptions<T>
  extends Pick<SelectionOptions, 'namespace' | 'labelSelector' | 'fieldSelector'> {
  /**
   * Makes what the sink is told of what was read, such as less of it, as soon as it was read. The key must stay.
   * @default withoutManagedFields
   */
  readonly transform?: (object: T) => T
  /** Objects in a page of the first list. @default 500 */
  readonly pageSize?: number
  /** Asks for the first objects as a stream, where the server knows how. @default true */
  readonly streamInitialObjects?: boolean
  /** How long such a stream may be silent before the server is taken for one that does not know how. @default 15_000 */
  readonly initialSilenceMs?: number
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

/**
 * Mirrors the objects of a resource: lists them once, and then follows their changes from watch to watch, by the version that
 * it has seen last. Lists again only where the server has forgotten that version. Never ends by itself; trouble is logged, and
 * tried again with growing pauses.
 *
 * Invariant: what the sink was told, taken together, is a state that the server had, and every later state follows from an
 * event that was told exactly once.
 */
export class Reflector<T extends KubeObject> {
  readonly #resource: ResourceClient<T>
  readonly #sink: ReflectorSink<T>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: ReflectorOptions<T>
  readonly #backoff: Backoff
  readonly #random: () => number
  readonly #transform: (object: T) => T
  /** What to go on from; undefined before the first list, and when the server has forgotten it. */
  #version: string | undefined
  /** A list may be as old as this, and no older: the state must not go back. Undefined where the server does not have it. */
  #oldestListVersion: string | undefined = '0'
  #streamInitialObjects: boolean
  #failures = 0

  constructor({ resource, sink, clock, log }: ReflectorComponents<T>, options: ReflectorOptions<T> = {}) {
    this.#resource = resource
    this.#sink = sink
    this.#clock = clock
    this.#log = log.child({ component: 'reflector', resource: resource.definition.plural })
    this.#options = options
    this.#random = options.random ?? Math.random
    this.#transform = options.transform ?? withoutManagedFields
    this.#streamInitialObjects = options.streamInitialObjects ?? true
    this.#backoff = new Backoff(clock, { ...BACKOFF, random: this.#random })
  }

  /** The version of the last change that the sink was told of. */
  get lastVersion(): string | undefined {
    return this.#version
  }

  /** Resolves when `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version !== undefined) await this.#watch(signal)
        else if (this.#streamInitialObjects) await this.#streamAndWatch(signal)
        else await this.#list(signal)
      } catch (error) {
        if (signal.aborted) return
        this.#judge(error)
        await this.#clock.sleep(this.#backoff.next(), signal).catch(() => {}) // it rejects only when aborted
      }
    }
  }

  /** What a failure means for the next attempt. */
  #judge(err: unknown): void {
    if (!isUnreachable(err)) this.#failures += 1
    if (isGone(err) || isTooLargeResourceVersion(err)) {
      // A list that was asked for by a version and fails like this has to be asked for without one.
      this.#oldestListVersion = this.#version
      this.#version = undefined
      this.#log.info({ err }, 'the version to watch from is not there, listing again')
    } else if (this.#version !== undefined && this.#isLost(err)) {
      this.#version = undefined
      this.#oldestListVersion = undefined
      this.#log.warn({ err }, 'watch does not work, listing again')
    } else if (err instanceof KubeApiError || err instanceof KubeRequestError) {
      this.#log.warn({ err }, 'cannot follow the objects, trying again')
    } else {
      this.#log.error({ err }, 'cannot follow the objects, trying again')
    }
  }

  /** Whether to give up the version: the server does not take it, or has not for a long time. */
  #isLost(error: unknown): boolean {
    const isRefused = error instanceof KubeApiError && [400, 422].includes(error.status)
    return isRefused || this.#failures >= FAILURES_BEFORE_RELIST
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { pageSize, ...selection } = this.#selection()
    const resourceVersion = this.#oldestListVersion
    // A page of a given version has to be of exactly that one, which may be gone; a whole list may be newer.
    const isWhole = resourceVersion !== undefined && resourceVersion !== '0'
    const limit = isWhole ? { limit: undefined } : pageSize === undefined ? {} : { limit: pageSize }
    const { items, metadata } = await this.#resource.listAll({
      ...selection,
      ...limit,
      signal,
      resourceVersion,
    })
    this.#replace(items.map(this.#transform), metadata.resourceVersion)
  }

  #replace(items: readonly T[], version: string | undefined): void {
    if (!version) throw new KubeRequestError('the list has no resourceVersion')
    this.#sink.replace(items)
    this.#version = version
    this.#failures = 0
  }

  /** One watch, from the last version to its end. */
  async #watch(signal: AbortSignal): Promise<void> {
    const startedAt = this.#clock.monotonic()
    let events = 0
    await this.#follow({ resourceVersion: this.#version, allowWatchBookmarks: true }, signal, (event) => {
      events += 1
      this.#failures = 0
      this.#tell(event)
    })
    if (events === 0 && this.#clock.monotonic() - startedAt < VERY_SHORT_WATCH_MS) {
      throw new KubeRequestError('the watch ended at once, with nothing in it')
    }
  }

  #tell({ type, object }: WatchEvent<T>): void {
    const { resourceVersion } = object.metadata
    if (!resourceVersion) throw new KubeRequestError('the object of an event has no resourceVersion')
    if (type !== 'BOOKMARK') this.#sink.handle(type, this.#transform(object))
    this.#version = resourceVersion
  }

  /** Has the server send what there is as events, up to a bookmark, and then goes on with the same watch. */
  async #streamAndWatch(signal: AbortSignal): Promise<void> {
    const initial = new Map<string, T>()
    const silence = new AbortController()
    let alarm = this.#silenceAlarm(silence)
    let isSynced = false
    try {
      await this.#follow(
        {
          resourceVersion: this.#oldestListVersion === '0' ? undefined : this.#oldestListVersion,
          resourceVersionMatch: 'NotOlderThan',
          sendInitialEvents: true,
          allowWatchBookmarks: true,
        },
        AbortSignal.any([signal, silence.signal]),
        (event) => {
          if (isSynced) return this.#tell(event)
          clearTimeout(alarm)
          isSynced =
            event.type === 'BOOKMARK' && INITIAL_EVENTS_END in (event.object.metadata.annotations ?? {})
          if (isSynced) return this.#replace([...initial.values()], event.object.metadata.resourceVersion)
          if (event.type === 'DELETED') initial.delete(keyOf(event.object))
          else if (event.type !== 'BOOKMARK') initial.set(keyOf(event.object), this.#transform(event.object))
          alarm = this.#silenceAlarm(silence)
        },
      )
      if (!isSynced) throw new KubeRequestError('the watch ended before the initial objects were complete')
    } catch (error) {
      if (signal.aborted || isSynced || !isUnknownToServer(error, silence.signal)) throw error
      this.#log.debug({ err: error }, 'the server does not stream initial objects, listing them')
      this.#streamInitialObjects = false
    } finally {
      clearTimeout(alarm)
    }
  }

  #silenceAlarm(silence: AbortController): NodeJS.Timeout {
    return setTimeout(
      () => silence.abort(new KubeRequestError('initial objects do not come')),
      this.#options.initialSilenceMs ?? DEFAULT_INITIAL_SILENCE_MS,
    )
  }

  async #follow(
    query: WatchOptions,
    signal: AbortSignal,
    tell: (event: WatchEvent<T>) => void,
  ): Promise<void> {
    const timeoutSeconds = Math.ceil(SHORTEST_WATCH_SECONDS * (1 + this.#random()))
    const { pageSize: _, ...selection } = this.#selection()
    const ending = new AbortController()
    const abort = () => ending.abort(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const overdue = setTimeout(
      () => ending.abort(new KubeRequestError('the watch is silent and overdue')),
      timeoutSeconds * 1000 + WATCH_GRACE_MS,
    )
    try {
      const events = await this.#resource.watch({
        ...selection,
        ...query,
        timeoutSeconds,
        signal: ending.signal,
      })
      for await (const event of events) tell(event)
    } finally {
      clearTimeout(overdue)
      signal.removeEventListener('abort', abort)
    }
  }

  #selection(): Pick<ReflectorOptions<T>, 'namespace' | 'labelSelector' | 'fieldSelector' | 'pageSize'> {
    const { namespace, labelSelector, fieldSelector, pageSize } = this.#options
    return {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
      ...(pageSize !== undefined && { pageSize }),
    }
  }
}

/** A server that is not there says nothing about versions. */
function isUnreachable(error: unknown): boolean {
  const cause =
    error instanceof KubeRequestError ? (error.cause as NodeJS.ErrnoException | undefined) : undefined
  return typeof cause?.code === 'string'
}

/** Servers that do not know the parameters refuse them, or ignore them and never say that all has been sent. */
function isUnknownToServer(error: unknown, silence: AbortSignal): boolean {
  return silence.aborted || (error instanceof KubeApiError && [400, 405, 422].includes(error.status))
}
