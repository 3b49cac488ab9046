import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { type Informer, type KubeClient, keyOf, Reflector, systemClock } from '../../../src/kube/index.ts'
import { CONFIG_MAPS, type ConfigMap } from './clients.ts'

/** What handlers of an informer were told, held against the order in which that must come. */
export class Observer {
  readonly #live = new Map<string, ConfigMap>()
  /** What was told out of order. */
  readonly mistakes: string[] = []

  constructor(informer: Informer<ConfigMap>) {
    informer.addHandler({
      onAdd: (object) => {
        this.#expect(!this.#live.has(keyOf(object)), 'added twice', object)
        this.#live.set(keyOf(object), object)
      },
      onUpdate: (previous, object) => {
        this.#expect(this.#live.get(keyOf(object)) === previous, 'updated from another state', object)
        this.#expect(versionOf(previous) < versionOf(object), 'updated to an older state', object)
        this.#live.set(keyOf(object), object)
      },
      onDelete: (object, { isFinalStateUnknown }) => {
        const previous = this.#live.get(keyOf(object))
        this.#expect(previous !== undefined, 'deleted twice', object)
        const isLast = previous === object || (previous && versionOf(previous) < versionOf(object))
        this.#expect(
          isFinalStateUnknown ? previous === object : isLast === true,
          'deleted in no state',
          object,
        )
        this.#live.delete(keyOf(object))
      },
    })
  }

  #expect(isSo: boolean, mistake: string, object: ConfigMap): void {
    if (!isSo) this.mistakes.push(`${keyOf(object)} ${mistake}: ${versionOf(object)}`)
  }
}

function versionOf({ metadata }: ConfigMap): number {
  return Number(metadata.resourceVersion)
}

/** Writes down the version of every event that a reflector tells, as it comes. */
export class EventLog {
  readonly versions: string[] = []
  /** How often it was told of everything. */
  lists = 0
  readonly #ending = new AbortController()
  readonly #running: Promise<void>

  constructor(client: KubeClient, namespace: string) {
    const resource = client.resource<ConfigMap>(CONFIG_MAPS)
    const sink = {
      replace: () => {
        this.lists++
      },
      handle: (_type: 'ADDED' | 'MODIFIED' | 'DELETED', { metadata }: KubeObject) => {
        this.versions.push(metadata.resourceVersion as string)
      },
    }
    const components = { resource, sink, clock: systemClock, log: silentLogger }
    this.#running = new Reflector<ConfigMap>(components, { namespace }).run(this.#ending.signal)
  }

  stop(): Promise<void> {
    this.#ending.abort()
    return this.#running
  }
}
