import type { KubeObject } from '../../apis/meta/v1.ts'

/**
 * What has just been written, and a cache may not know yet. It counts for as long as the cache shows the state that the write
 * was based on; once it shows another, it has seen the write, or something after it.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #writes = new Map<string, { readonly basedOn: string | undefined; readonly object: T }>()

  /** `cached`: what the cache showed before the write. */
  remember(id: string, cached: T | undefined, written: T): void {
    this.#writes.set(id, { basedOn: cached?.metadata.resourceVersion, object: written })
  }

  /** The newer of what the cache shows and what was written. */
  latest(id: string, cached: T): T {
    const write = this.#writes.get(id)
    if (write && write.basedOn === cached.metadata.resourceVersion) return write.object
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
