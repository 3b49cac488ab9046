import { clusterProfileCrd, hubCrds } from '../../../src/apis/crds.ts'
import { HUB_REGISTRATION_GATES } from '../../../src/apis/feature-gates.ts'
import type { KubeObject, ObjectKey } from '../../../src/apis/meta/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS } from '../../../src/apis/resources.ts'
import {
  type Clock,
  type ClusterTls,
  KubeClient,
  Manager,
  type ResourceClient,
  type ResourceDefinition,
  type SelectionOptions,
  type Transport,
} from '../../../src/kube/index.ts'
import { KubeControllers, type TokenFiller } from '../../../src/kube-controllers/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { addHubControllers, type HubOptions } from '../../../src/registration/hub/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { untilObjects } from '../../support/until-objects.ts'
import { CuttingRelay } from '../kube/cutting-relay.ts'

/** Any object, as a test wants to look at it. */
// biome-ignore lint/suspicious/noExplicitAny: a test says with its expectation what an object looks like
export type AnyObject = KubeObject & Record<string, any>

const TOKENS: TokenFiller = { fillTokenSecret: async (secret) => secret }
const AUTHORITY = CertificateAuthority.create({ commonName: 'clients' })

const KINDS: Readonly<Record<string, string>> = {
  managedclusters: 'ManagedCluster',
  managedclustersets: 'ManagedClusterSet',
  managedclustersetbindings: 'ManagedClusterSetBinding',
  managedclusteraddons: 'ManagedClusterAddOn',
  manifestworks: 'ManifestWork',
}

export interface HubBenchOptions {
  readonly gates?: Partial<Record<keyof typeof HUB_REGISTRATION_GATES, boolean>>
  readonly hub?: Partial<HubOptions>
  /** The hub controllers'. */
  readonly clock?: Clock
  /** Makes what carries the hub controllers' requests, in the place of connections. */
  readonly transport?: (tls: ClusterTls) => Transport
  /** Whose rights the hub's controllers have. @default an administrator's */
  readonly user?: string
  /** @default those that end namespaces */
  readonly kubeControllers?: readonly string[]
}

/** A hub in memory: an API server with the hub's kinds, the hub's controllers beside it, and a client that looks on. */
export class HubBench {
  readonly server: TestControlPlane
  readonly client: KubeClient
  /** What the hub's controllers have asked for, watches included. */
  requests = 0
  /** How far the API server's clock is ahead, in ms. */
  readonly ahead: { ms: number }
  readonly #relay: CuttingRelay
  readonly #road: { isCut: boolean }
  readonly #options: HubBenchOptions
  readonly #others: KubeClient[] = []
  #kube: { client: KubeClient; controllers: KubeControllers } | undefined
  #hub: { client: KubeClient; manager: Manager; ending: AbortController; running: Promise<void> } | undefined

  static async start(options: HubBenchOptions = {}): Promise<HubBench> {
    const ahead = { ms: 0 }
    const server = await TestControlPlane.start('memory', { now: () => Date.now() + ahead.ms })
    const road = { isCut: false }
    const port = Number(server.url.port)
    const relay = await CuttingRelay.start(port, () => (road.isCut ? 0 : Number.POSITIVE_INFINITY))
    const bench = new HubBench(server, { ahead, road, relay }, options)
    await bench.#define(options.gates?.ClusterProfile ? [...hubCrds(), clusterProfileCrd()] : hubCrds())
    await bench.#startKubeControllers()
    bench.startHub()
    return bench
  }

  private constructor(
    server: TestControlPlane,
    { ahead, road, relay }: { ahead: { ms: number }; road: { isCut: boolean }; relay: CuttingRelay },
    options: HubBenchOptions,
  ) {
    this.server = server
    this.ahead = ahead
    this.#road = road
    this.#relay = relay
    this.#options = options
    this.client = this.newClient()
  }

  async #define(definitions: readonly KubeObject[]): Promise<void> {
    const resource = this.resource(CUSTOM_RESOURCE_DEFINITIONS)
    for (const definition of definitions) await resource.create(definition as AnyObject)
    await this.until(CUSTOM_RESOURCE_DEFINITIONS, {}, (objects) =>
      [...objects.values()].every((each) => conditionsOf(each).Established === 'True'),
    )
  }

  async #startKubeControllers(): Promise<void> {
    const client = this.newClient()
    const controllers = new KubeControllers(
      { client, authority: await AUTHORITY, tokens: TOKENS },
      {
        controllers: this.#options.kubeControllers ?? [
          'namespace-controller',
          'clusterrole-aggregation-controller',
        ],
      },
    )
    controllers.start()
    this.#kube = { client, controllers }
  }

  startHub(changed: Partial<HubOptions> = {}): void {
    const { clock, hub, gates, user, transport } = this.#options
    const server = new URL(`https://127.0.0.1:${this.#relay.port}`)
    const observeRequest = () => {
      this.requests += 1
    }
    const client = new KubeClient(
      {
        readAccess: async () => ({ server, tls: this.server.tls }),
        metrics: { observeRequest },
        ...(clock && { clock }),
        ...(transport && { transport: transport(this.server.tls) }),
      },
      { qps: -1, ...(user !== undefined && { impersonate: { username: user } }) },
    )
    const manager = new Manager({ client })
    const options = { gates: { ...HUB_REGISTRATION_GATES, ...gates }, ...hub, ...changed }
    addHubControllers({ manager, client }, options)
    const ending = new AbortController()
    this.#hub = { client, manager, ending, running: manager.run(ending.signal) }
  }

  /** Resolves once the hub's controllers have seen all that there is. */
  async untilReady(): Promise<void> {
    await until(() => this.#hub?.manager.health.ready ?? false, 'the hub controllers are ready')
  }

  /** Between the hub's controllers and the API nothing passes any more. */
  cut(): void {
    this.#road.isCut = true
    this.#relay.breakAll()
  }

  heal(): void {
    this.#road.isCut = false
  }

  async stopHub(): Promise<void> {
    this.#hub?.ending.abort()
    await this.#hub?.running
    await this.#hub?.client.stop()
    this.#hub = undefined
  }

  async close(): Promise<void> {
    await this.stopHub()
    await this.#kube?.controllers.stop()
    await this.#kube?.client.stop()
    for (const client of [...this.#others, this.client]) await client.stop()
    await this.#relay.stop()
    await this.server.close()
  }

  newClient(): KubeClient {
    const { url: server, tls } = this.server
    return new KubeClient({ readAccess: async () => ({ server, tls }) }, { qps: -1 })
  }

  /** A client of somebody else. */
  impersonating(username: string, groups: readonly string[] = []): KubeClient {
    const { url: server, tls } = this.server
    const impersonate = { username, groups }
    const client = new KubeClient({ readAccess: async () => ({ server, tls }) }, { qps: -1, impersonate })
    this.#others.push(client)
    return client
  }

  resource(definition: ResourceDefinition): ResourceClient<AnyObject> {
    return this.client.resource<AnyObject>(definition)
  }

  /** Says of what kind the object is, as custom resources must. */
  create(
    definition: ResourceDefinition,
    object: Pick<KubeObject, 'metadata'> & { spec?: object; status?: object },
    client: KubeClient = this.client,
  ): Promise<AnyObject> {
    const kind = KINDS[definition.plural]
    return client.resource<AnyObject>(definition).create({ ...(kind && { kind }), ...object } as AnyObject)
  }

  async merge(definition: ResourceDefinition, key: ObjectKey, body: object): Promise<AnyObject> {
    return this.resource(definition).patch(key, { type: 'merge', body })
  }

  async mergeStatus(definition: ResourceDefinition, key: ObjectKey, status: object): Promise<AnyObject> {
    return this.resource(definition).patchStatus(key, { type: 'merge', body: { status } })
  }

  /** Watches the objects until they are as they should be, by their keys (`namespace/name`), and resolves with them. */
  async until(
    definition: ResourceDefinition,
    selection: SelectionOptions,
    isAsWanted: (objects: ReadonlyMap<string, AnyObject>) => boolean,
  ): Promise<ReadonlyMap<string, AnyObject>> {
    return untilObjects(this.resource(definition), selection, isAsWanted)
  }

  /** The object, once it is as it should be. */
  async untilOne(
    definition: ResourceDefinition,
    key: ObjectKey,
    isAsWanted: (object: AnyObject) => boolean,
  ): Promise<AnyObject> {
    const { namespace, name } = key
    const id = namespace ? `${namespace}/${name}` : name
    const objects = await this.until(
      definition,
      { ...(namespace && { namespace }), fieldSelector: `metadata.name=${name}` },
      (all) => {
        const object = all.get(id)
        return object !== undefined && isAsWanted(object)
      },
    )
    return objects.get(id) as AnyObject
  }

  async untilGone(definition: ResourceDefinition, key: ObjectKey): Promise<void> {
    const { namespace, name } = key
    const selection = { ...(namespace && { namespace }), fieldSelector: `metadata.name=${name}` }
    await this.until(definition, selection, (objects) => objects.size === 0)
  }
}

/** Statuses of the conditions by their types. */
export function conditionsOf(object: AnyObject | undefined): Record<string, string> {
  const conditions: { type: string; status: string }[] = object?.status?.conditions ?? []
  return Object.fromEntries(conditions.map(({ type, status }) => [type, status]))
}

/** `status reason: message` of the condition. */
export function conditionText(object: AnyObject | undefined, type: string): string | undefined {
  const conditions: { type: string; status: string; reason: string; message: string }[] =
    object?.status?.conditions ?? []
  const found = conditions.find((each) => each.type === type)
  return found && `${found.status} ${found.reason}: ${found.message}`
}
