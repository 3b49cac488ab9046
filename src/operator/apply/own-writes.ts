import type { KubeObject } from '../../apis/meta/v1.ts'

/**
 * What has just been written, and a cache may not know yet. It counts for as long as the cache shows what it showed before;
 * once it shows anything else, it has seen the write, or something after it.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #writes = new Map<string, { readonly basedOn: string | undefined; readonly object: T }>()

  /** `cached`: what the cache showed before the write. */
  remember(id: string, cached: T | undefined, written: T): void {
    this.#writes.set(id, { basedOn: cached?.metadata.resourceVersion, object: written })
  }

  /** The newer of what the cache shows and what was written. */
  latest(id: string, cached: T | undefined): T | undefined {
    const write = this.#writes.get(id)
    if (write && write.basedOn === cached?.metadata.resourceVersion) return write.object
    this.#writes.delete(id)
    return cached
  }

  forget(id: string): void {
    this.#writes.delete(id)
  }
}
