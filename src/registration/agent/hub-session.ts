import { isDeepStrictEqual } from 'node:util'
import { CLUSTER_PROPERTIES } from '../../apis/about/v1alpha1.ts'
import { HUB_ACCEPTED_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { CLUSTER_CLAIMS } from '../../apis/cluster/v1alpha1.ts'
import type { Node } from '../../apis/core/node.ts'
import type { Namespace } from '../../apis/core/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { NAMESPACES, NODES } from '../../apis/resources.ts'
import type { Logger } from '../../common/log.ts'
import {
  type Clock,
  Controller,
  EVENTS,
  EventRecorder,
  Informer,
  type InformerOptions,
  isConditionTrue,
  type KubeClient,
  type ResourceDefinition,
} from '../../kube/index.ts'
import { AddOnAgent } from './addons/addon-agent.ts'
import type { AgentNames } from './agent-names.ts'
import { ClusterLease } from './cluster-lease.ts'
import type { HubCluster } from './hub-kubeconfig.ts'
import { HubReach } from './hub-reach.ts'
import type { RegistrationAgentOptions } from './options.ts'
import { ApiHealth } from './status/api-health.ts'
import type { ClaimObject } from './status/claim-selection.ts'
import { ClusterStatus } from './status/cluster-status.ts'
import { ManagedNamespaces, managedNamespaceLabel } from './status/managed-namespaces.ts'

const DEFAULT_LEASE_SECONDS = 60

export interface HubSessionComponents {
  /** With the agent's own credentials. */
  readonly hub: KubeClient
  readonly spoke: KubeClient
  readonly management: KubeClient
  readonly clock: Clock
  readonly log: Logger
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
  /** Why this session cannot go on, in a few words. */
  onEnd(reason: string, options: { readonly areCredentialsRefused: boolean }): void
}

export type HubSessionOptions = RegistrationAgentOptions & AgentNames & { readonly hubCluster: HubCluster }

/**
 * What an agent does with credentials of its own: tells the hub how the cluster is, renews its Lease while it is accepted, and
 * looks after its add-ons. Its watches see nothing but its own objects.
 */
export class HubSession {
  readonly #components: HubSessionComponents
  readonly #options: HubSessionOptions
  readonly #cluster: Informer<ManagedCluster>
  /** Of the managed cluster's own objects. */
  readonly #ofCluster: Informer<never>[] = []
  readonly #status: Controller
  readonly #lease: ClusterLease
  readonly #reach: HubReach
  readonly #events: EventRecorder
  readonly #stopping = new AbortController()
  #addOns: AddOnAgent | undefined
  #watching: Promise<unknown> | undefined
  /** Of what was begun while the cluster was accepted. */
  #ending: Promise<unknown> = Promise.resolve()
  #isAccepted = false

  constructor(components: HubSessionComponents, options: HubSessionOptions) {
    const { hub, clock, log, random } = components
    const { clusterName } = options
    this.#components = components
    this.#options = options
    const events = hub.resource<never>(EVENTS)
    this.#events = new EventRecorder(
      { events, clock, log },
      { controller: 'klusterlet-agent', instance: `klusterlet-agent-${options.agentName}` },
    )
    this.#cluster = new Informer<ManagedCluster>(
      { resource: hub.resource<ManagedCluster>(MANAGED_CLUSTERS), clock, log },
      { fieldSelector: `metadata.name=${clusterName}` },
    )
    this.#reach = new HubReach(
      {
        hub,
        clock,
        isAccepted: () => this.#isAccepted,
        onEnd: (reason, refusal) => components.onEnd(reason, refusal),
      },
      {
        clusterName,
        ...(options.gates.MultipleHubs && { connectionTimeoutMs: options.hubConnectionTimeoutMs }),
      },
    )
    const onRenewal = (error: unknown) => this.#reach.onRenewal(error)
    this.#lease = new ClusterLease({ hub, clock, log, onRenewal, ...(random && { random }) }, clusterName)
    this.#status = this.#statusController()
  }

  /** Without a look at the hub yet, but for whether it takes the credentials. */
  start(): void {
    const changed = () => this.#onCluster()
    this.#cluster.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed })
    for (const informer of this.#ofCluster) informer.start()
    this.#status.start()
    this.#watching = this.#reach.run(this.#stopping.signal)
  }

  /** From now on the hub is expected to show the cluster. */
  watch(): void {
    this.#cluster.start()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([
      this.#status.stop(),
      this.#lease.stop(),
      this.#addOns?.stop(),
      this.#ending,
      this.#cluster.stop(),
      ...this.#ofCluster.map((informer) => informer.stop()),
      this.#watching,
    ])
    await this.#events.stop()
  }

  #statusController(): Controller {
    const { spoke, clock, log } = this.#components
    const { clusterName, gates, hubCluster } = this.#options
    const label = managedNamespaceLabel(hubCluster.server)
    const namespaces = this.#informer<Namespace>(NAMESPACES, {
      labelSelector: `${label}=true`,
      transform: withoutContents,
    })
    const nodes = this.#informer<Node>(NODES, { transform: resourcesOnly })
    const optional = (isWanted: boolean, definition: ResourceDefinition) =>
      isWanted ? this.#informer<ClaimObject>(definition) : undefined
    const claims = optional(gates.ClusterClaim, CLUSTER_CLAIMS)
    const properties = optional(gates.ClusterProperty, CLUSTER_PROPERTIES)
    const status = new ClusterStatus(
      {
        ...this.#components,
        cluster: this.#cluster,
        nodes,
        claims,
        properties,
        health: new ApiHealth(spoke, clock),
        namespaces: new ManagedNamespaces(namespaces, label, () => clock.now()),
        events: this.#events,
        log: log.child({ component: 'status' }),
      },
      {
        clusterName,
        reservedClaimSuffixes: this.#options.reservedClusterClaimSuffixes,
        mostCustomClaims: this.#options.maxCustomClusterClaims,
        healthCheckPeriodMs: this.#options.healthCheckPeriodMs,
      },
    )
    const controller = new Controller(
      { clock, log },
      {
        name: 'managed-cluster-status',
        reconcile: async (_, { signal }) => ({ requeueAfterMs: await status.reconcile(signal) }),
      },
    )
    // They are not waited for: the managed cluster may be away, or have no claims.
    for (const informer of [this.#cluster, namespaces, nodes, claims, properties]) {
      this.#tell(informer as Informer<KubeObject> | undefined, () =>
        controller.enqueue({ name: clusterName }),
      )
    }
    return controller
  }

  #tell(informer: Informer<KubeObject> | undefined, enqueue: () => void): void {
    informer?.addHandler({
      onAdd: enqueue,
      onUpdate: (previous, object) => {
        if (isWorthALook(previous, object)) enqueue()
      },
      onDelete: enqueue,
    })
    void informer?.waitForSync(this.#stopping.signal).then(enqueue, () => {}) // aborted
  }

  #informer<T extends KubeObject>(
    definition: ResourceDefinition,
    options: InformerOptions<T> = {},
  ): Informer<T> {
    const { spoke, clock, log } = this.#components
    const informer = new Informer<T>({ resource: spoke.resource<T>(definition), clock, log }, options)
    this.#ofCluster.push(informer as unknown as Informer<never>)
    return informer
  }

  #onCluster(): void {
    const cluster = this.#cluster.store.get({ name: this.#options.clusterName })
    const accepted = isConditionTrue(cluster?.status?.conditions, HUB_ACCEPTED_CONDITION)
    const { leaseDurationSeconds: seconds = 0 } = cluster?.spec ?? {}
    const everySeconds = seconds > 0 ? seconds : DEFAULT_LEASE_SECONDS
    this.#lease.renewEvery(accepted ? everySeconds * 1000 : undefined)
    if (accepted !== this.#isAccepted) this.#onAcceptance(accepted)
    if (this.#options.gates.MultipleHubs && cluster && !cluster.spec?.hubAcceptsClient)
      this.#components.onEnd('the hub does not accept the cluster', { areCredentialsRefused: false })
  }

  #onAcceptance(isAccepted: boolean): void {
    this.#isAccepted = isAccepted
    const { log } = this.#components
    log.info(isAccepted ? 'the hub has accepted the cluster' : 'the hub does not accept the cluster any more')
    const previous = this.#addOns
    this.#addOns = undefined
    this.#ending = Promise.all([this.#ending, previous?.stop()])
    if (!isAccepted || !this.#options.gates.AddonManagement) return
    const { clusterName, hubCluster, addOnAuth: auth } = this.#options
    this.#addOns = new AddOnAgent(
      { ...this.#components, log: log.child({ component: 'addons' }) },
      {
        clusterName,
        hubCluster,
        auth,
        tokenExpirationSeconds: this.#options.addOnTokenExpirationSeconds,
        certificateExpirationSeconds: this.#options.clientCertExpirationSeconds,
      },
    )
    this.#addOns.start()
  }
}

/** What Nodes have; their heartbeats are not kept. */
function resourcesOnly({ apiVersion, kind, metadata, spec, status }: Node): Node {
  const { name, uid, resourceVersion } = metadata
  return {
    ...(apiVersion && { apiVersion }),
    ...(kind && { kind }),
    metadata: { ...(name && { name }), ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    spec: { unschedulable: spec?.unschedulable ?? false },
    status: { capacity: status?.capacity ?? {}, allocatable: status?.allocatable ?? {} },
  }
}

function withoutContents({ metadata }: Namespace): Namespace {
  const { managedFields: _, ...rest } = metadata
  return { metadata: rest }
}

/** A heartbeat changes nothing but the version. */
function isWorthALook(previous: KubeObject, object: KubeObject): boolean {
  const contents = ({ metadata, ...rest }: KubeObject) => ({ ...rest, labels: metadata.labels })
  return (
    previous.metadata.deletionTimestamp !== object.metadata.deletionTimestamp ||
    !isDeepStrictEqual(contents(previous), contents(object))
  )
}
