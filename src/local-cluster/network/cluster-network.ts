import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Pod, Service } from '../../apis/core/v1.ts'
import type { EndpointSlice } from '../../apis/discovery/v1.ts'
import { AppError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import {
  type EventRecorder,
  type Informer,
  type Informers,
  type KubeClient,
  keyOf,
  type ResourceDefinition,
} from '../../kube/index.ts'
import { nameTable, type ServiceState } from './name-table.ts'
import { podHosts } from './pod-hosts.ts'
import { type HostPort, listenersOf } from './service-endpoints.ts'
import { ServiceProxy } from './service-proxy.ts'
import type { Bind } from './service-server.ts'

export const DEFAULT_CLUSTER_DOMAIN = 'cluster.local'

const SERVICES: ResourceDefinition = { group: '', version: 'v1', plural: 'services', namespaced: true }
const ENDPOINT_SLICES: ResourceDefinition = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  namespaced: true,
}

const SERVICE_NAME = 'kubernetes.io/service-name'
const BY_SERVICE = 'service'
const KUBERNETES = 'default/kubernetes'

/** Changes come in crowds: those within this time are carried out together. */
const GATHER_MS = 20

const PRELOAD = new URL(`./preload${path.extname(import.meta.url)}`, import.meta.url)

export interface ClusterNetworkComponents {
  readonly client: KubeClient
  readonly informers: Informers
  readonly log: Logger
  /** Tells of ports that cannot be had. @default only logged */
  readonly events?: EventRecorder
  /** How the proxy opens its servers. @default the system's way */
  readonly bind?: Bind
}

export interface ClusterNetworkOptions {
  /** Where files for Pods are kept; made if need be. */
  readonly folder: string
  /** Where the API server is, for the Service `kubernetes`, unless that has EndpointSlices. */
  readonly apiServer?: HostPort
  /** @default cluster.local */
  readonly clusterDomain?: string
}

/**
 * The network of a cluster on one machine: Services are carried to their endpoints, and Pods are told of names.
 *
 * All Pods share one file of the cluster's names, which is written anew when they change; each has a small one of its own that
 * never does. The informers are somebody else's to start and stop.
 */
export class ClusterNetwork {
  readonly #log: Logger
  readonly #options: ClusterNetworkOptions
  readonly #events: EventRecorder | undefined
  readonly #services: Informer<Service>
  readonly #slices: Informer<EndpointSlice>
  readonly #proxy: ServiceProxy
  readonly #stopping = new AbortController()
  readonly #removeHandlers: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #syncing: Promise<void> = Promise.resolve()
  #written = ''

  constructor(
    { client, informers, log, events, bind }: ClusterNetworkComponents,
    options: ClusterNetworkOptions,
  ) {
    this.#log = log.child({ component: 'cluster-network' })
    this.#options = options
    this.#events = events
    this.#services = informers.for<Service>(SERVICES)
    this.#slices = informers.for<EndpointSlice>(ENDPOINT_SLICES, { indexers: { [BY_SERVICE]: servicesOf } })
    this.#proxy = new ServiceProxy({
      clock: client.clock,
      log: this.#log,
      onTrouble: (service, reason, message) => this.#tell(service, reason, message),
      onReplacedPorts: () => this.#changed(),
      ...(bind && { bind }),
    })
  }

  /** The cluster's Services, as far as they are known. */
  get services(): readonly Service[] {
    return this.#services.store.list()
  }

  /** Resolves once all Services that there are can be dialled, and their names are known. */
  async start(): Promise<void> {
    const { signal } = this.#stopping
    await mkdir(this.#podsFolder, { recursive: true, mode: 0o700 })
    await Promise.all([this.#services.waitForSync(signal), this.#slices.waitForSync(signal)])
    const handler = {
      onAdd: () => this.#changed(),
      onUpdate: () => this.#changed(),
      onDelete: () => this.#changed(),
    }
    this.#removeHandlers.push(this.#services.addHandler(handler), this.#slices.addHandler(handler))
    await this.#sync()
  }

  /** Ends all connections to Services. */
  async stop(): Promise<void> {
    this.#stopping.abort(new AppError('ERR_STOPPED', 'the network has been stopped'))
    for (const remove of this.#removeHandlers.splice(0)) remove()
    clearTimeout(this.#timer)
    await this.#syncing
    this.#proxy.stop()
  }

  /** The variables by which preload.ts knows the Pod. One in the host's network has no address of its own. */
  async environmentOf(pod: Pod, podIP: string): Promise<Record<string, string>> {
    const file = this.#hostsFile(pod)
    await mkdir(this.#podsFolder, { recursive: true, mode: 0o700 })
    await replaceFile(file, podHosts(pod, podIP, this.#domain))
    return {
      CLUSTER_PROXY_POD_IP: pod.spec?.hostNetwork ? '' : podIP,
      CLUSTER_PROXY_POD_NAMESPACE: pod.metadata.namespace ?? '',
      CLUSTER_PROXY_POD_HOSTS: file,
      CLUSTER_PROXY_POD_NAMES: this.#namesFile,
    }
  }

  /** What was kept for a Pod that is gone. */
  async forget(pod: Pod): Promise<void> {
    await rm(this.#hostsFile(pod), { force: true })
  }

  /** What to give to Node before the program, so that it sees the network as its Pod does. */
  nodeArguments(): readonly string[] {
    return ['--import', PRELOAD.href]
  }

  get #domain(): string {
    return this.#options.clusterDomain ?? DEFAULT_CLUSTER_DOMAIN
  }

  get #podsFolder(): string {
    return path.join(this.#options.folder, 'hosts')
  }

  get #namesFile(): string {
    return path.join(this.#options.folder, 'names.json')
  }

  #hostsFile({ metadata }: Pod): string {
    return path.join(this.#podsFolder, encodeURIComponent(metadata.uid ?? keyOf({ metadata })))
  }

  #changed(): void {
    if (this.#stopping.signal.aborted) return
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#sync()
    }, GATHER_MS)
  }

  /** One after the other. Never rejects: what could not be written is tried again with the next change. */
  #sync(): Promise<void> {
    this.#syncing = this.#syncing.then(async () => {
      if (this.#stopping.signal.aborted) return
      const states = this.services.map((service) => this.#stateOf(service))
      try {
        await this.#proxy.update(states.flatMap(listenersOf))
        await this.#writeNames(states)
      } catch (err) {
        this.#log.error({ err }, 'the names of services could not be written')
      }
    })
    return this.#syncing
  }

  #stateOf(service: Service): ServiceState {
    const key = keyOf(service)
    const slices = this.#slices.store.byIndex(BY_SERVICE, key)
    const { apiServer } = this.#options
    const isOurs = key === KUBERNETES && slices.length === 0 && apiServer !== undefined
    return { service, slices: isOurs ? [apiServerSlice(service, apiServer)] : slices }
  }

  /** All at once, and only what is new: processes look at the file's time. */
  async #writeNames(states: readonly ServiceState[]): Promise<void> {
    const text = JSON.stringify(nameTable(states, this.#domain, this.#proxy.replacedPorts))
    if (text === this.#written) return
    await replaceFile(this.#namesFile, text)
    this.#written = text
  }

  #tell(service: Service, reason: string, note: string): void {
    const regarding = { ...service, apiVersion: 'v1', kind: 'Service' }
    this.#events?.record({ regarding, type: 'Warning', reason, action: 'Listen', note })
  }
}

/** Readers see the old text or the new one, never half of it. */
async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, text, { mode: 0o600 })
  await rename(draft, file)
}

function servicesOf({ metadata }: EndpointSlice): string[] {
  const name = metadata.labels?.[SERVICE_NAME]
  return name === undefined ? [] : [`${metadata.namespace}/${name}`]
}

/** The slice that an API server writes of itself; ours is told where it is instead. */
function apiServerSlice({ metadata, spec }: Service, { host, port }: HostPort): EndpointSlice {
  const [name] = (spec?.ports ?? []).map((one) => one.name ?? '')
  return {
    metadata: { namespace: metadata.namespace ?? '', name: metadata.name ?? '' },
    addressType: 'IPv4',
    endpoints: [{ addresses: [host], conditions: { ready: true } }],
    ports: [{ name: name ?? '', protocol: 'TCP', port }],
  }
}
