import type { ApiClient, Json } from '../../support/api-client.ts'
import { type WatchFrame, watchFrames } from '../../support/api-watch.ts'
import { CONFIG_MAPS, contentOf, isBeside } from './ledger.ts'

/**
 * A watch that goes on from its last version whenever the server comes back, and what it has been told put together. Throws
 * when it is told something that does not go with what it was told before.
 */
export class Follower {
  readonly #contents = new Map<string, string>()
  /** Of all objects that it was told of. */
  readonly revisions = new Set<number>()
  /** How often it had to list anew, since its version was gone. */
  relists = 0
  #revision: number | undefined
  #following: Promise<void> = Promise.resolve()
  #waiting: { readonly revision: number; readonly reached: () => void } | undefined

  /** Begins, or goes on, until the server is gone. */
  follow(client: ApiClient): void {
    this.#following = this.#follow(client)
    this.#following.catch(() => {}) // whoever waits for it is told
  }

  /** Resolves when it was told of everything up to a version. */
  async reached(revision: number): Promise<void> {
    if ((this.#revision ?? 0) >= revision) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting = { revision, reached: resolve }
    await Promise.race([
      promise,
      this.#following.then(() => {
        throw new Error(`the watch ended at version ${this.#revision}, before ${revision}`)
      }),
    ])
  }

  /** Resolves when the server is gone. */
  async ended(): Promise<void> {
    await this.#following
  }

  /** Whether a list shows what it was told. */
  matches(list: Json): boolean {
    const listed = list.items.filter((item: Json) => !isBeside(item.metadata.name))
    return (
      listed.length === this.#contents.size &&
      listed.every((item: Json) => this.#contents.get(item.metadata.name) === contentOf(item))
    )
  }

  async #follow(client: ApiClient): Promise<void> {
    for (;;) {
      if (this.#revision === undefined) await this.#list(client)
      const path = `${CONFIG_MAPS}?watch=1&allowWatchBookmarks=true&resourceVersion=${this.#revision}`
      const response = await client.open({ path })
      if (response.statusCode === 410) response.destroy()
      else if (!(await this.#read(watchFrames(response)))) return
      this.relists++
      this.#revision = undefined
    }
  }

  /** True when it has to list anew, false when the server is gone. */
  async #read(frames: AsyncGenerator<WatchFrame, void, undefined>): Promise<boolean> {
    for (;;) {
      let next: IteratorResult<WatchFrame, void>
      try {
        next = await frames.next()
      } catch {
        return false
      }
      if (next.done) return false
      const { type, object } = next.value
      if (type === 'ERROR' && object.code === 410) return true
      this.#apply(type, object)
    }
  }

  async #list(client: ApiClient): Promise<void> {
    const { json } = await client.get(CONFIG_MAPS)
    this.#contents.clear()
    for (const item of json.items) this.#put(item)
    this.#advance(Number(json.metadata.resourceVersion))
  }

  #apply(type: WatchFrame['type'], object: Json): void {
    const revision = Number(object.metadata?.resourceVersion)
    const last = this.#revision as number
    if (type === 'BOOKMARK' ? revision < last : !(revision > last))
      throw new Error(`${type} with version ${revision} came behind ${last}`)
    const { name } = object.metadata
    if (type !== 'BOOKMARK' && !isBeside(name)) {
      if (this.#contents.has(name) !== (type !== 'ADDED')) throw new Error(`${type} of ${name}, out of turn`)
      if (type === 'DELETED') this.#contents.delete(name)
      else this.#put(object)
    }
    this.#advance(revision)
  }

  #put(object: Json): void {
    if (isBeside(object.metadata.name)) return // only a list has them
    this.#contents.set(object.metadata.name, contentOf(object))
    this.revisions.add(Number(object.metadata.resourceVersion))
  }

  #advance(revision: number): void {
    this.#revision = revision
    if (this.#waiting && revision >= this.#waiting.revision) this.#waiting.reached()
  }
}
