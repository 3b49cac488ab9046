import type { KubeObject } from '../../apis/meta/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../apis/resources.ts'
import type { Logger } from '../../common/log.ts'
import { type KubeClient, Reflector, type ReflectorSink, type ResourceDefinition } from '../../kube/index.ts'
import { metadataResource } from '../discovery/metadata-resource.ts'
import { discoverResources, type ServerResource, supports } from '../discovery/server-resources.ts'
import { onlyGraphed } from './graph-node.ts'

/** Kubernetes'. What CRDs define is seen sooner: they are watched, too. */
const DISCOVER_EVERY_MS = 30_000

/** Nobody owns Events, and they own nothing; there are many. */
const IGNORED: readonly string[] = ['events.', 'events.events.k8s.io']

export interface MonitorSink {
  observe(resource: ServerResource, object: KubeObject): void
  remove(uid: string): void
  /** The resource is not served any more, or not watched: the object may be there or not. */
  loseSight(uid: string): void
}

interface Monitor {
  readonly uids: Set<string>
  readonly synced: Promise<void>
  stop(): Promise<void>
}

/** Watches the metadata of all objects that can be deleted, of whatever resources the API has, as these come and go. */
export class ResourceMonitors {
  readonly #client: KubeClient
  readonly #sink: MonitorSink
  readonly #log: Logger
  readonly #monitors = new Map<string, Monitor>()
  readonly #stopping = new AbortController()
  readonly #discovered = Promise.withResolvers<void>()
  #hasSynced = false
  #wake = new AbortController()
  #running: Promise<void> | undefined

  constructor(components: { readonly client: KubeClient; readonly sink: MonitorSink; readonly log: Logger }) {
    this.#client = components.client
    this.#sink = components.sink
    this.#log = components.log
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all([...this.#monitors.values()].map((monitor) => monitor.stop()))
  }

  /** Resolves once all objects of all resources that were there at the start have been seen. */
  async waitForSync(signal: AbortSignal): Promise<void> {
    if (this.#hasSynced) return
    const aborting = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(signal.reason)
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    aborting.catch(() => {}) // nobody waits for it once the others are done
    await Promise.race([this.#discovered.promise, aborting])
    await Promise.race([Promise.all([...this.#monitors.values()].map(({ synced }) => synced)), aborting])
    this.#hasSynced = true
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#wake = new AbortController()
      let waitMs = DISCOVER_EVERY_MS
      try {
        await this.#followDiscovery(signal)
      } catch (err) {
        if (signal.aborted) return
        this.#log.warn({ err }, 'cannot discover what to watch, will try again')
        waitMs = 1000
      }
      const waiting = AbortSignal.any([signal, this.#wake.signal])
      await this.#client.clock.sleep(waitMs, waiting).catch(() => {}) // it rejects only when woken
    }
  }

  /** Looks anew for what the API has: it is likely to have changed. */
  #refresh(): void {
    this.#wake.abort()
  }

  async #followDiscovery(signal: AbortSignal): Promise<void> {
    const { resources, stale } = await discoverResources(this.#client, signal)
    const wanted = new Map<string, ServerResource>()
    for (const resource of resources) {
      const { group, version, plural } = resource.definition
      if (!supports(resource, 'delete', 'list', 'watch') || IGNORED.includes(`${plural}.${group}`)) continue
      wanted.set(JSON.stringify([group, version, plural, resource.kind]), resource)
    }
    for (const [id, resource] of wanted) {
      if (!this.#monitors.has(id)) this.#monitors.set(id, this.#monitor(resource))
    }
    this.#discovered.resolve()
    if (stale.length > 0) return // what is not there may only not be known
    const gone = [...this.#monitors].filter(([id]) => !wanted.has(id))
    for (const [id, monitor] of gone) {
      this.#monitors.delete(id)
      await monitor.stop()
      for (const uid of monitor.uids) this.#sink.loseSight(uid)
    }
  }

  #monitor(resource: ServerResource): Monitor {
    const { clock } = this.#client
    const uids = new Set<string>()
    const synced = Promise.withResolvers<void>()
    const stopping = new AbortController()
    const definesResources = isSame(resource.definition, CUSTOM_RESOURCE_DEFINITIONS)
    const observe = (object: KubeObject) => {
      if (definesResources) this.#refresh()
      if (object.metadata.uid) uids.add(object.metadata.uid)
      this.#sink.observe(resource, object)
    }
    const remove = (uid: string) => {
      if (definesResources) this.#refresh()
      uids.delete(uid)
      this.#sink.remove(uid)
    }
    const sink: ReflectorSink<KubeObject> = {
      replace: (objects) => {
        const gone = new Set(uids)
        for (const object of objects) {
          gone.delete(object.metadata.uid ?? '')
          observe(object)
        }
        for (const uid of gone) remove(uid)
        synced.resolve()
      },
      handle: (type, object) => {
        if (type === 'DELETED') remove(object.metadata.uid ?? '')
        else observe(object)
      },
    }
    const components = {
      resource: metadataResource(this.#client, resource.definition),
      sink,
      clock,
      log: this.#log,
    }
    const running = new Reflector(components, { transform: onlyGraphed }).run(stopping.signal)
    const stop = async () => {
      stopping.abort()
      await running
      synced.resolve()
    }
    return { uids, synced: synced.promise, stop }
  }
}

function isSame(one: ResourceDefinition, other: ResourceDefinition): boolean {
  return one.group === other.group && one.plural === other.plural
}
