import { isDeepStrictEqual } from 'node:util'
import { AVAILABLE_CONDITION } from '../../../apis/cluster/constants.ts'
import type { ManagedCluster, ManagedClusterStatus } from '../../../apis/cluster/v1.ts'
import type { Logger } from '../../../common/log.ts'
import { type EventRecorder, findCondition } from '../../../kube/index.ts'
import type { ClaimSelection } from './claim-selection.ts'

export interface ClusterNewsComponents {
  /** Tells people on the hub. */
  readonly events: EventRecorder
  readonly log: Logger
}

export interface ClusterNewsOptions {
  readonly clusterName: string
  readonly mostCustomClaims: number
}

/** Tells people, in Events on the hub and in the log, what is new about a cluster: once, however often it is looked at. */
export class ClusterNews {
  readonly #components: ClusterNewsComponents
  readonly #options: ClusterNewsOptions
  #hasSaidWhy = false
  #truncatedAt = 0
  #unfit: readonly string[] = []

  constructor(components: ClusterNewsComponents, options: ClusterNewsOptions) {
    this.#components = components
    this.#options = options
  }

  accepted(): void {
    this.#hasSaidWhy = false
  }

  /** @param cluster as the hub knows it, if it does */
  notAccepted(cluster: ManagedCluster | undefined): void {
    if (this.#hasSaidWhy) return
    this.#hasSaidWhy = true
    const { clusterName } = this.#options
    const { log } = this.#components
    if (cluster) {
      const cure = `on the hub: clusteradm accept --clusters ${clusterName}`
      log.info({ cure }, 'waiting for the hub to accept the cluster')
      return
    }
    const cure = 'join again with what "clusteradm get token" prints on the hub, or unjoin'
    log.warn({ cure }, 'the hub has no such cluster (any more)')
  }

  claims(cluster: ManagedCluster, { customCount, unfit }: ClaimSelection): void {
    this.#tellOfTruncation(cluster, customCount)
    this.#tellOfUnfit(unfit)
  }

  /** @param cluster as it was before */
  availability(cluster: ManagedCluster, { conditions }: ManagedClusterStatus): void {
    const before = findCondition(cluster.status?.conditions, AVAILABLE_CONDITION)?.status
    const now = findCondition(conditions, AVAILABLE_CONDITION)?.status
    if (now === before) return
    const { log } = this.#components
    const { name } = cluster.metadata
    if (now === 'True') {
      log.info('the managed cluster is available')
      const note = `The ${name} is successfully imported, and it is managed by the hub cluster. Its apieserver is available`
      this.#record(cluster, 'Normal', 'Available', note)
    }
    if (now === 'False') {
      log.warn("the managed cluster's API server is not available")
      const note = `The ${name} is successfully imported. However, its Kube API server is unavailable`
      this.#record(cluster, 'Warning', 'Unavailable', note)
    }
  }

  #tellOfTruncation(cluster: ManagedCluster, count: number): void {
    const { mostCustomClaims: most } = this.#options
    if (count === this.#truncatedAt) return
    this.#truncatedAt = count
    if (count <= most) return
    const note = `${count} cluster claims are found. It exceeds the max number of custom cluster claims (${most}). ${count - most} custom cluster claims are not exposed.`
    this.#components.log.warn(
      { found: count, most, cure: 'delete ClusterClaims, or raise --max-custom-cluster-claims' },
      'not all cluster claims are told to the hub',
    )
    this.#record(cluster, 'Warning', 'CustomClusterClaimsTruncated', note)
  }

  #tellOfUnfit(names: readonly string[]): void {
    if (isDeepStrictEqual(names, this.#unfit)) return
    this.#unfit = names
    if (names.length === 0) return
    this.#components.log.warn(
      { names: names.slice(0, 10), cure: 'give them values of 1 to 1024 characters' },
      'cluster claims that the hub would refuse are not told to it',
    )
  }

  /** On the hub, in the cluster's namespace. */
  #record(cluster: ManagedCluster, type: 'Normal' | 'Warning', reason: string, note: string): void {
    const { clusterName: namespace } = this.#options
    const regarding = { ...cluster, metadata: { ...cluster.metadata, namespace } }
    this.#components.events.record({ regarding, type, reason, action: reason, note })
  }
}
