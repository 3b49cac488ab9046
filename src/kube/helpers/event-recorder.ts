import type { Event, EventType, ObjectReference } from '../../apis/events/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import type { ResourceClient } from '../client/resource-client.ts'
import { TokenBucket } from '../client/token-bucket.ts'
import { type Clock, microTimeText, systemClock } from '../clock.ts'
import { isNotFound } from '../errors.ts'

export const EVENTS = { group: 'events.k8s.io', version: 'v1', plural: 'events', namespaced: true } as const

/** Events are hints: those that cannot be written in time are dropped. */
const LONGEST_QUEUE = 1000

/** A series that nothing was added to for so long is over (client-go's). */
const SERIES_ENDS_AFTER_MS = 6 * 60_000

/** A series that goes on is shown again so often (client-go's). */
const SERIES_REFRESH_MS = 30 * 60_000

/** For each object: so many at once, and then one in five minutes (client-go's). */
const SPAM_BURST = 25
const SPAM_PER_SECOND = 1 / 300

/** Objects and series that are remembered. */
const LONGEST_MEMORY = 4096

const LONGEST_NOTE = 1024

export interface EventRecorderOptions {
  /** Such as `example.com/my-controller`. */
  readonly controller: string
  /** Of this process: a Pod's name. */
  readonly instance: string
}

export interface EventRecorderComponents {
  readonly events: ResourceClient<Event>
  /** @default systemClock */
  readonly clock?: Clock
  /** @default says nothing */
  readonly log?: Logger
}

export interface NewEvent {
  readonly regarding: KubeObject
  readonly related?: KubeObject
  /** @default 'Normal' */
  readonly type?: EventType
  /** Why, one word in CamelCase. */
  readonly reason: string
  /** What was done or tried, one word in CamelCase. */
  readonly action: string
  /** For people. Longer ones are cut at 1024 characters. */
  readonly note: string
}

interface Series {
  event: Event
  count: number
  seenAt: number
  writtenAt: number
}

/**
 * Tells people what a controller does, in Events. The same happening again to the same object becomes a series: written when it
 * begins, and from then on now and then. Never fails and never waits: Events that cannot be written are dropped.
 */
export class EventRecorder {
  readonly #events: ResourceClient<Event>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #options: EventRecorderOptions
  readonly #series = new Map<string, Series>()
  readonly #budgets = new Map<string, TokenBucket>()
  readonly #stopping = new AbortController()
  readonly #queue: (() => Promise<void>)[] = []
  #writing: Promise<void> | undefined
  #count = 0

  constructor(
    { events, clock = systemClock, log = silentLogger }: EventRecorderComponents,
    options: EventRecorderOptions,
  ) {
    this.#events = events
    this.#clock = clock
    this.#log = log.child({ component: 'event-recorder' })
    this.#options = options
  }

  record(happening: NewEvent): void {
    if (this.#stopping.signal.aborted || !this.#isWithinBudget(happening.regarding)) return
    const event = this.#eventOf(happening)
    const id = seriesId(event)
    const now = this.#clock.monotonic()
    const series = this.#series.get(id)
    if (!series || now - series.seenAt > SERIES_ENDS_AFTER_MS) {
      remember(this.#series, id, { event, count: 1, seenAt: now, writtenAt: now })
      this.#write(() => this.#create(id, event))
      return
    }
    series.count += 1
    series.seenAt = now
    if (series.count > 2 && now - series.writtenAt < SERIES_REFRESH_MS) return
    series.writtenAt = now
    this.#write(() => this.#continue(id, series))
  }

  /** Resolves when what was recorded is written, or cannot be. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  /** Drops what is not written yet. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#queue.length = 0
    await this.flush()
  }

  #write(task: () => Promise<void>): void {
    if (this.#queue.length >= LONGEST_QUEUE) return
    this.#queue.push(task)
    this.#writing ??= this.#drain()
  }

  async #drain(): Promise<void> {
    for (let task = this.#queue.shift(); task; task = this.#queue.shift()) {
      try {
        await task()
      } catch (err) {
        if (!this.#stopping.signal.aborted) this.#log.warn({ err }, 'could not write an event')
      }
    }
    this.#writing = undefined
  }

  async #create(id: string, event: Event): Promise<void> {
    const created = await this.#events.create(event, { signal: this.#stopping.signal })
    const series = this.#series.get(id)
    if (series?.event === event) series.event = created
  }

  async #continue(id: string, series: Series): Promise<void> {
    const { namespace, name = '' } = series.event.metadata
    const body = { series: { count: series.count, lastObservedTime: microTimeText(this.#clock.now()) } }
    try {
      await this.#events.patch(
        { namespace, name },
        { type: 'merge', body },
        { signal: this.#stopping.signal },
      )
    } catch (error) {
      if (!isNotFound(error)) throw error
      const { resourceVersion: _, uid: __, ...metadata } = series.event.metadata // it has expired: once more
      await this.#create(id, { ...series.event, ...body, metadata })
    }
  }

  #eventOf({ regarding, related, type = 'Normal', reason, action, note }: NewEvent): Event {
    const { controller, instance } = this.#options
    const now = this.#clock.now()
    this.#count += 1
    const unique = `${Math.floor(now * 1000).toString(16)}${this.#count.toString(16).padStart(4, '0')}`
    return {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        namespace: regarding.metadata.namespace || 'default',
        name: `${regarding.metadata.name}.${unique}`,
      },
      eventTime: microTimeText(now),
      reportingController: controller,
      reportingInstance: instance,
      type,
      reason,
      action,
      note: note.slice(0, LONGEST_NOTE),
      regarding: referenceTo(regarding),
      ...(related && { related: referenceTo(related) }),
    }
  }

  #isWithinBudget(object: KubeObject): boolean {
    const id = object.metadata.uid ?? `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`
    const budget =
      this.#budgets.get(id) ??
      new TokenBucket(this.#clock, { ratePerSecond: SPAM_PER_SECOND, burst: SPAM_BURST })
    remember(this.#budgets, id, budget)
    return budget.tryTake()
  }
}

/** As a reference in an Event, or elsewhere. */
export function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    ...(namespace && { namespace }),
    ...(name && { name }),
    ...(uid && { uid }),
    ...(resourceVersion && { resourceVersion }),
  }
}

/** Events of a series differ in their note at most. */
function seriesId({ type, reason, action, regarding, related }: Event): string {
  const { resourceVersion: _, ...object } = regarding
  return JSON.stringify([type, reason, action, object, related?.uid ?? related?.name])
}

/** Forgets the one that was not used for the longest time when there are too many. */
function remember<V>(map: Map<string, V>, id: string, value: V): void {
  map.delete(id)
  map.set(id, value)
  if (map.size <= LONGEST_MEMORY) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
