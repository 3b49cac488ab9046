import type { KubeObject } from '../../apis/meta/v1.ts'

interface OwnWrite<T> {
  /** Versions that the cache may yet show: what was written is based on them, one after the other. */
  readonly basedOn: Set<string | undefined>
  readonly object: T
}

/**
 * What has just been written, and a cache may not know yet. It counts for as long as the cache shows a state that the write was
 * based on; once it shows another, it has seen the write, or something after it.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #writes = new Map<string, OwnWrite<T>>()

  /** `cached`: what the cache showed before the write; `basedOn`: what was read for it, where that was not from here. */
  remember(id: string, cached: T | undefined, written: T, basedOn = cached): void {
    const version = cached?.metadata.resourceVersion
    const before = this.#writes.get(id)
    const versions = before?.basedOn.has(version) ? before.basedOn : new Set<string | undefined>()
    if (before?.basedOn === versions) versions.add(before.object.metadata.resourceVersion)
    versions.add(version).add(basedOn?.metadata.resourceVersion)
    versions.delete(written.metadata.resourceVersion)
    this.#writes.set(id, { basedOn: versions, object: written })
  }

  /** The newer of what the cache shows and what was written. */
  latest(id: string, cached: T): T {
    const write = this.#writes.get(id)
    if (write?.basedOn.has(cached.metadata.resourceVersion)) return write.object
    this.#writes.delete(id)
    return cached
  }

  /**
   * Whether an object may be there that the cache does not show: it was written, and the cache either has not seen that yet or
   * has seen its end since. Only the API knows.
   */
  mayBeThere(id: string): boolean {
    return this.#writes.has(id)
  }

  forget(id: string): void {
    this.#writes.delete(id)
  }
}
