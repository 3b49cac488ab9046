import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { ManagedClusterSet } from '../../apis/cluster/v1beta2.ts'
import type { HUB_REGISTRATION_GATES } from '../../apis/feature-gates.ts'
import type { FeatureGates } from '../../common/feature-gates.ts'
import type { Logger } from '../../common/log.ts'
import type { Controller, KubeClient, Manager, ObjectPatcher, Reconcile } from '../../kube/index.ts'
import type { HubInformers } from './hub-informers.ts'

export interface HubOptions {
  readonly gates: FeatureGates<typeof HUB_REGISTRATION_GATES>
  /** Users whose first signing request is approved, with the gate ManagedClusterAutoApproval. @default none */
  readonly autoApprovedUsers?: readonly string[]
  /** Put on all that is made for clusters, beside our own. @default none */
  readonly labels?: Readonly<Record<string, string>>
  /** What goes with a cluster, in this order: `group/version/resource`. @default add-ons, then ManifestWorks */
  readonly cleanupResources?: readonly string[]
}

/** By which all controllers write what several of them write, or one of them often. */
export interface HubPatchers {
  readonly clusters: ObjectPatcher<ManagedCluster>
  readonly clusterSets: ObjectPatcher<ManagedClusterSet>
}

/** What every controller of the hub is made of. */
export interface HubContext {
  readonly manager: Manager
  readonly client: KubeClient
  readonly log: Logger
  readonly informers: HubInformers
  readonly patchers: HubPatchers
  readonly options: HubOptions
}

/** Clusters that a controller has in hand at once: most of the time is spent waiting for the API. */
const CONCURRENCY = 8

/** A controller of clusters, or of what there are about as many of. */
export function clusterController({ manager }: HubContext, name: string, reconcile: Reconcile): Controller {
  return manager.controller({ name, reconcile, concurrency: CONCURRENCY })
}
