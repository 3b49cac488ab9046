import type { ConfigMap, Secret } from '../../apis/core/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import { Informer, type KubeClient, type ResourceDefinition } from '../../kube/index.ts'

export type ConfigKind = 'configmap' | 'secret'

const RESOURCES: Readonly<Record<ConfigKind, ResourceDefinition>> = {
  configmap: { group: '', version: 'v1', plural: 'configmaps', namespaced: true },
  secret: { group: '', version: 'v1', plural: 'secrets', namespaced: true },
}

interface WatchedObject {
  readonly informer: Informer<KubeObject>
  users: number
}

/**
 * Config maps and secrets by their names. Each is watched for as long as somebody follows it, by one watch for all who do: a node
 * knows no more than what its Pods use. One that nobody follows is read anew each time.
 */
export class ConfigObjects {
  readonly #client: KubeClient
  readonly #log: Logger
  readonly #watched = new Map<string, WatchedObject>()
  readonly #stopping = new Set<Promise<void>>()

  constructor({ client, log = silentLogger }: { client: KubeClient; log?: Logger }) {
    this.#client = client
    this.#log = log
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#read<ConfigMap>('configmap', namespace, name)
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#read<Secret>('secret', namespace, name)
  }

  /** Calls `onChange` whenever the object may be another one, or gone; also for what it is at first. Returns how to end that. */
  follow(kind: ConfigKind, namespace: string, name: string, onChange: () => void): () => void {
    const id = idOf(kind, namespace, name)
    const watched = this.#watched.get(id) ?? this.#watch(id, kind, namespace, name)
    watched.users += 1
    const removeHandler = watched.informer.addHandler({
      onAdd: onChange,
      onUpdate: onChange,
      onDelete: onChange,
    })
    let isFollowing = true
    return () => {
      if (!isFollowing) return
      isFollowing = false
      removeHandler()
      watched.users -= 1
      if (watched.users === 0) this.#forget(id, watched)
    }
  }

  /** Ends all watches. */
  async stop(): Promise<void> {
    for (const [id, watched] of this.#watched) this.#forget(id, watched)
    await Promise.all(this.#stopping)
  }

  async #read<T extends KubeObject>(
    kind: ConfigKind,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const informer = this.#watched.get(idOf(kind, namespace, name))?.informer
    if (informer?.hasSynced) return informer.store.get({ namespace, name }) as T | undefined
    return this.#client.resource<T>(RESOURCES[kind]).find({ namespace, name })
  }

  #watch(id: string, kind: ConfigKind, namespace: string, name: string): WatchedObject {
    const { clock } = this.#client
    const resource = this.#client.resource(RESOURCES[kind])
    const components = { resource, clock, log: this.#log }
    const informer = new Informer(components, { namespace, fieldSelector: `metadata.name=${name}` })
    const watched = { informer, users: 0 }
    this.#watched.set(id, watched)
    informer.start()
    return watched
  }

  #forget(id: string, { informer }: WatchedObject): void {
    this.#watched.delete(id)
    const stopped = informer.stop().finally(() => this.#stopping.delete(stopped))
    this.#stopping.add(stopped)
  }
}

function idOf(kind: ConfigKind, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`
}
