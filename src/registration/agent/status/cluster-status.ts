import {
  AVAILABLE_CONDITION,
  CLOCK_SYNCED_CONDITION,
  HUB_ACCEPTED_CONDITION,
  JOINED_CONDITION,
} from '../../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster, type ManagedClusterStatus } from '../../../apis/cluster/v1.ts'
import type { Node } from '../../../apis/core/node.ts'
import type { Logger } from '../../../common/log.ts'
import {
  type Clock,
  type EventRecorder,
  findCondition,
  type Informer,
  isConditionTrue,
  isConflict,
  isNotFound,
  type KubeClient,
  type NewCondition,
  OwnWrites,
  setCondition,
} from '../../../kube/index.ts'
import {
  type ApiHealth,
  type ApiHealthReport,
  ASK_AGAIN_AFTER_MS,
  FAILURE_COUNTS_AFTER_MS,
} from './api-health.ts'
import { type ClaimObject, selectClaims } from './claim-selection.ts'
import { ClusterNews } from './cluster-news.ts'
import { clusterResources } from './cluster-resources.ts'
import type { ManagedNamespaces } from './managed-namespaces.ts'
import { mergePatch } from './status-patch.ts'

/** Others write the same status: by then, what they have written has come. Not all of that is an event. */
const LOOK_AGAIN_MS = 500

export interface ClusterStatusComponents {
  readonly hub: KubeClient
  /** The managed cluster. */
  readonly spoke: KubeClient
  readonly cluster: Informer<ManagedCluster>
  readonly nodes: Informer<Node>
  /** Absent where the gate is closed. */
  readonly claims: Informer<ClaimObject> | undefined
  readonly properties: Informer<ClaimObject> | undefined
  readonly health: ApiHealth
  readonly namespaces: ManagedNamespaces
  /** Tells people on the hub. */
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
}

export interface ClusterStatusOptions {
  readonly clusterName: string
  readonly reservedClaimSuffixes: readonly string[]
  readonly mostCustomClaims: number
  readonly healthCheckPeriodMs: number
}

/** Tells the hub how the managed cluster is, once the hub has accepted it. */
export class ClusterStatus {
  readonly #components: ClusterStatusComponents
  readonly #options: ClusterStatusOptions
  readonly #news: ClusterNews
  readonly #ownWrites = new OwnWrites<ManagedCluster>()

  constructor(components: ClusterStatusComponents, options: ClusterStatusOptions) {
    this.#components = components
    this.#options = options
    this.#news = new ClusterNews(components, options)
  }

  /** One look at everything. Resolves with the ms until the next, though nothing may happen. */
  async reconcile(signal: AbortSignal): Promise<number> {
    const { cluster: informer, log } = this.#components
    const { clusterName, healthCheckPeriodMs } = this.#options
    const cached = informer.store.get({ name: clusterName })
    const cluster = cached && this.#ownWrites.latest(clusterName, cached)
    if (!cluster || !isConditionTrue(cluster.status?.conditions, HUB_ACCEPTED_CONDITION)) {
      if (informer.hasSynced) this.#news.notAccepted(cluster)
      return healthCheckPeriodMs
    }
    this.#news.accepted()
    if (findCondition(cluster.status?.conditions, CLOCK_SYNCED_CONDITION)?.status === 'False') {
      log.warn(
        { cure: 'set the clocks of the hub and the managed cluster, such as by NTP' },
        'the clocks do not agree: the hub is not told how the cluster is',
      )
      return healthCheckPeriodMs
    }
    const report = await this.#components.health.check(signal)
    const { status, errors } = await this.#observe(cluster, report, signal)
    const isKnown = await this.#write(cluster, status, signal)
    if (errors.length > 0) throw new AggregateError(errors, 'not all of the cluster can be told to the hub')
    if (!isKnown) return LOOK_AGAIN_MS
    return report.isHealthy || report.failingForMs >= FAILURE_COUNTS_AFTER_MS
      ? healthCheckPeriodMs
      : ASK_AGAIN_AFTER_MS
  }

  async #observe(
    cluster: ManagedCluster,
    report: ApiHealthReport,
    signal: AbortSignal,
  ): Promise<{ status: ManagedClusterStatus; errors: readonly unknown[] }> {
    const joined = this.#with(cluster.status ?? {}, {
      type: JOINED_CONDITION,
      status: 'True',
      reason: 'ManagedClusterJoined',
      message: 'Managed cluster joined',
    })
    if (!report.isHealthy) {
      if (report.failingForMs < FAILURE_COUNTS_AFTER_MS) return { status: joined, errors: [] }
      const status = this.#with(joined, {
        type: AVAILABLE_CONDITION,
        status: 'False',
        reason: 'ManagedClusterKubeAPIServerUnavailable',
        message: report.message,
      })
      return { status, errors: [] }
    }
    const available = this.#with(joined, {
      type: AVAILABLE_CONDITION,
      status: 'True',
      reason: 'ManagedClusterAvailable',
      message: 'Managed cluster is available',
    })
    return this.#observeContents(cluster, available, signal)
  }

  /** What can only be seen while the API server is well. */
  async #observeContents(
    cluster: ManagedCluster,
    status: ManagedClusterStatus,
    signal: AbortSignal,
  ): Promise<{ status: ManagedClusterStatus; errors: readonly unknown[] }> {
    const { namespaces, nodes } = this.#components
    const errors: unknown[] = []
    let version = status.version
    try {
      version = await this.#version(signal)
    } catch (error) {
      errors.push(error)
    }
    const { managed, errors: failures } = await namespaces.reconcile(cluster, signal)
    return {
      status: {
        ...status,
        ...(version && { version }),
        ...(nodes.hasSynced && clusterResources(nodes.store.list(), status.capacity)),
        ...this.#claims(cluster),
        ...(status.managedNamespaces && { managedNamespaces: [...managed] }),
      },
      errors: [...errors, ...failures],
    }
  }

  async #version(signal: AbortSignal): Promise<{ kubernetes: string }> {
    const { spoke } = this.#components
    const { gitVersion } = await spoke.request<{ gitVersion: string }>({
      method: 'GET',
      path: '/version',
      signal,
    })
    return { kubernetes: gitVersion }
  }

  /** What is not known yet is left as it is. */
  #claims(cluster: ManagedCluster): Pick<ManagedClusterStatus, 'clusterClaims'> {
    const { claims, properties } = this.#components
    const isKnown = (claims?.hasSynced ?? true) && (properties?.hasSynced ?? true)
    if (!isKnown || (!claims && !properties)) return {}
    const { reservedClaimSuffixes: reservedSuffixes, mostCustomClaims: mostCustom } = this.#options
    const selection = selectClaims(
      { claims: claims?.store.list() ?? [], properties: properties?.store.list() ?? [] },
      { reservedSuffixes, mostCustom },
    )
    this.#news.claims(cluster, selection)
    return { clusterClaims: [...selection.claims] }
  }

  /** Resolves with whether the hub knows it now; not if what is known of the hub's cluster is behind. */
  async #write(cluster: ManagedCluster, status: ManagedClusterStatus, signal: AbortSignal): Promise<boolean> {
    const changes = mergePatch({ ...cluster.status }, { ...status })
    if (!changes) return true
    const { uid, resourceVersion } = cluster.metadata
    const clusters = this.#components.hub.resource<ManagedCluster>(MANAGED_CLUSTERS)
    const body = { metadata: { uid, resourceVersion }, status: changes }
    const name = this.#options.clusterName
    try {
      const cached = this.#components.cluster.store.get({ name })
      const written = await clusters.patchStatus({ name }, { type: 'merge', body }, { signal })
      this.#ownWrites.remember(name, cached, written)
    } catch (error) {
      this.#ownWrites.forget(name)
      if (!isConflict(error) && !isNotFound(error)) throw error
      this.#components.log.debug({ err: error }, 'the cluster has changed on the hub meanwhile')
      return false
    }
    this.#news.availability(cluster, status)
    return true
  }

  #with(status: ManagedClusterStatus, condition: NewCondition): ManagedClusterStatus {
    const conditions = setCondition(status.conditions, condition, this.#components.clock.now())
    return { ...status, conditions: [...conditions] }
  }
}
