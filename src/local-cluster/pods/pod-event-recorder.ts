import type { EventType } from '../../apis/events/v1.ts'
import type { KubeObject, MicroTime, ObjectMeta, Time } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'
import { type Clock, isNotFound, type ResourceClient, timeText } from '../../kube/index.ts'

export const CORE_EVENTS = { group: '', version: 'v1', plural: 'events', namespaced: true } as const

/** Events are hints: those that cannot be written in time are dropped. */
const LONGEST_QUEUE = 1000

/** For each object: so many at once, and then one in five minutes (client-go's). */
const SPAM_BURST = 25
const SPAM_REFILL_MS = 300_000

/** Events that are remembered, and objects. */
const LONGEST_MEMORY = 4096

/** Of the core group, as kubelet writes them: `kubectl` shows which container they are about, and how often. */
export interface CoreEvent extends KubeObject {
  readonly metadata: ObjectMeta
  readonly involvedObject: {
    readonly apiVersion: string
    readonly kind: string
    readonly namespace?: string
    readonly name?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly fieldPath?: string
  }
  readonly type: EventType
  readonly reason: string
  readonly message: string
  readonly source: { readonly component: string; readonly host: string }
  readonly reportingComponent: string
  readonly reportingInstance: string
  readonly firstTimestamp: Time
  readonly lastTimestamp: Time
  readonly count: number
  readonly eventTime?: MicroTime | null
}

export interface Happening {
  readonly object: KubeObject & { readonly apiVersion: string; readonly kind: string }
  /** The part that it is about, such as `spec.containers{main}`. */
  readonly fieldPath?: string | undefined
  readonly type: EventType
  readonly reason: string
  readonly message: string
}

interface Budget {
  left: number
  refilledAt: number
}

/**
 * Writes what happens to Pods and the node. The same about the same object is one event, which is counted. Never fails and
 * never waits: what cannot be written is dropped.
 */
export class PodEventRecorder {
  readonly #events: ResourceClient<CoreEvent>
  readonly #clock: Clock
  readonly #log: Logger
  readonly #host: string
  readonly #written = new Map<string, CoreEvent>()
  readonly #budgets = new Map<string, Budget>()
  readonly #queue: Happening[] = []
  readonly #stopping = new AbortController()
  #writing: Promise<void> | undefined
  #made = 0

  constructor(
    components: { events: ResourceClient<CoreEvent>; clock: Clock; log: Logger },
    options: { readonly host: string },
  ) {
    this.#events = components.events
    this.#clock = components.clock
    this.#log = components.log
    this.#host = options.host
  }

  record(happening: Happening): void {
    if (this.#stopping.signal.aborted || this.#queue.length >= LONGEST_QUEUE) return
    if (!this.#isWithinBudget(happening.object.metadata.uid ?? '')) return
    this.#queue.push(happening)
    this.#writing ??= this.#drain()
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

  async #drain(): Promise<void> {
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      try {
        await this.#write(next)
      } catch (err) {
        if (!this.#stopping.signal.aborted) this.#log.warn({ err }, 'could not write an event')
      }
    }
    this.#writing = undefined
  }

  async #write(happening: Happening): Promise<void> {
    const { signal } = this.#stopping
    const { object, fieldPath, type, reason, message } = happening
    const id = JSON.stringify([object.metadata.uid, fieldPath, type, reason, message])
    const before = this.#written.get(id)
    let event: CoreEvent | undefined
    if (before) {
      const body = { count: before.count + 1, lastTimestamp: timeText(this.#clock.now()) }
      const { namespace, name = '' } = before.metadata
      event = await this.#events
        .patch({ namespace, name }, { type: 'merge', body }, { signal })
        .catch((error) => {
          if (isNotFound(error)) return undefined // it has expired
          throw error
        })
    }
    event ??= await this.#events.create(this.#eventOf(happening), { signal })
    remember(this.#written, id, event)
  }

  #eventOf({ object, fieldPath, type, reason, message }: Happening): CoreEvent {
    const { namespace, name, uid, resourceVersion } = object.metadata
    const now = this.#clock.now()
    this.#made += 1
    const unique = `${Math.floor(now * 1000).toString(16)}${this.#made.toString(16).padStart(4, '0')}`
    return {
      metadata: { namespace: namespace || 'default', name: `${name}.${unique}` },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        ...(namespace && { namespace }),
        ...(name && { name }),
        ...(uid && { uid }),
        ...(resourceVersion && { resourceVersion }),
        ...(fieldPath && { fieldPath }),
      },
      type,
      reason,
      message: message.slice(0, 1024),
      source: { component: 'kubelet', host: this.#host },
      reportingComponent: 'kubelet',
      reportingInstance: this.#host,
      firstTimestamp: timeText(now),
      lastTimestamp: timeText(now),
      count: 1,
    }
  }

  #isWithinBudget(uid: string): boolean {
    const now = this.#clock.monotonic()
    const budget = this.#budgets.get(uid) ?? { left: SPAM_BURST, refilledAt: now }
    const refills = Math.floor((now - budget.refilledAt) / SPAM_REFILL_MS)
    budget.left = Math.min(SPAM_BURST, budget.left + refills)
    budget.refilledAt += refills * SPAM_REFILL_MS
    remember(this.#budgets, uid, budget)
    if (budget.left <= 0) return false
    budget.left -= 1
    return true
  }
}

/** Forgets the one that was not used for the longest time when there are too many. */
function remember<V>(map: Map<string, V>, id: string, value: V): void {
  map.delete(id)
  map.set(id, value)
  if (map.size <= LONGEST_MEMORY) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}
