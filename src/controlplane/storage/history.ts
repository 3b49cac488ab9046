import type { ItemEvent } from './item.ts'

export interface HistoryOptions {
  /** How long a change is remembered after it was replaced, in ms. @default 300_000, as etcd is compacted */
  readonly retentionMs?: number
  /** How much memory the remembered changes may take, in bytes of their objects. @default 64 MiB */
  readonly maxBytes?: number
}

const RETENTION_MS = 5 * 60_000
const MAX_BYTES = 64 * 1024 * 1024

interface Entry {
  readonly event: ItemEvent
  readonly at: number
}

/**
 * The changes of the last minutes, oldest first: what a watch catches up with, and what takes a list back to an earlier revision.
 * Past its bounds it forgets the oldest, after which nobody can go back before those.
 */
export class History {
  readonly #retentionMs: number
  readonly #maxBytes: number
  #entries: Entry[] = []
  #bytes = 0
  #forgottenRevision: number

  /** Nothing is known of changes up to `forgottenRevision`. */
  constructor(forgottenRevision: number, options: HistoryOptions = {}) {
    this.#forgottenRevision = forgottenRevision
    this.#retentionMs = options.retentionMs ?? RETENTION_MS
    this.#maxBytes = options.maxBytes ?? MAX_BYTES
  }

  /** Changes up to this one are not known any more. */
  get forgottenRevision(): number {
    return this.#forgottenRevision
  }

  add(event: ItemEvent, now: number): void {
    this.#entries.push({ event, at: now })
    this.#bytes += sizeOf(event)
  }

  /** Forgets what is past the bounds, and returns it. */
  trim(now: number): ItemEvent[] {
    let count = 0
    for (const { event, at } of this.#entries) {
      if (at >= now - this.#retentionMs && this.#bytes <= this.#maxBytes) break
      this.#bytes -= sizeOf(event)
      count++
    }
    if (count === 0) return []
    const forgotten = this.#entries.slice(0, count).map(({ event }) => event)
    this.#entries = this.#entries.slice(count)
    this.#forgottenRevision = (forgotten.at(-1) as ItemEvent).item.revision
    return forgotten
  }

  /** The changes behind `revision`, oldest first. Only for revisions that are not forgotten. */
  *since(revision: number): Generator<ItemEvent> {
    for (let index = this.#indexBehind(revision); index < this.#entries.length; index++)
      yield (this.#entries[index] as Entry).event
  }

  #indexBehind(revision: number): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#entries[middle] as Entry).event.item.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }
}

function sizeOf({ item, previous }: ItemEvent): number {
  return item.value.length + (previous?.value.length ?? 0)
}
