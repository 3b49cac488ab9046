import type { Collection, Selection } from '../../../src/controlplane/collection/index.ts'
import { encodeObject, type KubeObject } from '../../../src/controlplane/registry/index.ts'
import { type Item, MemoryJournal, ObjectStore, objectKey } from '../../../src/controlplane/storage/index.ts'

export const IN_REC: Collection = {
  resource: 'configmaps',
  namespace: 'rec',
  kind: 'ConfigMap',
  apiVersion: 'v1',
}
export const EVERYWHERE: Collection = { ...IN_REC, namespace: '' }

export const labelled =
  (value: string): Selection =>
  ({ metadata }) =>
    metadata.labels?.in === value

/** Config maps in a store whose history lasts as long as the test wants. */
export class ConfigMaps {
  readonly store: ObjectStore
  readonly #clock: { now: number }

  static async open(): Promise<ConfigMaps> {
    const clock = { now: 0 }
    const store = await ObjectStore.open(new MemoryJournal(), { now: () => clock.now, retentionMs: 1_000 })
    return new ConfigMaps(store, clock)
  }

  private constructor(store: ObjectStore, clock: { now: number }) {
    this.store = store
    this.#clock = clock
  }

  async put(name: string, label?: string, namespace = 'rec'): Promise<Item> {
    const metadata = { name, namespace, ...(label === undefined ? {} : { labels: { in: label } }) }
    const object: KubeObject = { kind: 'ConfigMap', apiVersion: 'v1', metadata }
    const key = objectKey('configmaps', namespace, name)
    return (await this.store.write(key, () => ({
      encode: (revision) => encodeObject(object, revision),
    }))) as Item
  }

  async remove(name: string): Promise<void> {
    await this.store.write(objectKey('configmaps', 'rec', name), (current) => {
      const object = JSON.parse(String(current?.value)) as KubeObject
      return { deleted: true, encode: (revision) => encodeObject(object, revision) }
    })
  }

  /** Everything that has happened is history that nobody remembers. */
  async forget(): Promise<void> {
    this.#clock.now += 2_000
    await this.store.compact()
  }
}
