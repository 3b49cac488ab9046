import type { Event } from '../../apis/events/v1.ts'
import { CLUSTER_PROFILES, type ClusterProfile } from '../../apis/multicluster/v1alpha1.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import { EVENTS, EventRecorder, type KubeClient, type Manager, ObjectPatcher } from '../../kube/index.ts'
import { addClusterRoleController } from './access/cluster-role-controller.ts'
import { addManagedClusterController } from './access/managed-cluster-controller.ts'
import { addAddOnApprovingController } from './add-ons/approving-controller.ts'
import { addFeatureLabelController } from './add-ons/feature-label-controller.ts'
import { addAddOnHealthController } from './add-ons/health-controller.ts'
import { addCleanupController } from './cleanup/cleanup-controller.ts'
import { addStaleRequestsController } from './cleanup/stale-requests-controller.ts'
import { addClusterProfileController } from './cluster-profiles/profile-controller.ts'
import { addProfileStatusController } from './cluster-profiles/profile-status-controller.ts'
import { addBindingController } from './cluster-sets/binding-controller.ts'
import { addClusterSetController } from './cluster-sets/cluster-set-controller.ts'
import { addManagedNamespaceController } from './cluster-sets/managed-namespace-controller.ts'
import { addWellKnownSetsController } from './cluster-sets/well-known-sets-controller.ts'
import type { HubContext, HubOptions } from './hub-context.ts'
import { hubInformers } from './hub-informers.ts'
import { addClockSyncController } from './leases/clock-sync-controller.ts'
import { addLeaseController } from './leases/lease-controller.ts'
import { LeaseSightings } from './leases/lease-sightings.ts'
import { addApprovingController } from './signing-requests/approving-controller.ts'
import { addTaintController } from './taint-controller.ts'

export interface HubComponents {
  readonly manager: Manager
  /** Of the hub. */
  readonly client: KubeClient
  /** @default says nothing */
  readonly log?: Logger
}

/** As Events name whoever reports them. */
const REPORTER = 'registration-controller'

/** Adds all that the hub does for its clusters to a manager, which then runs it. */
export function addHubControllers(
  { manager, client, log = silentLogger }: HubComponents,
  options: HubOptions,
): void {
  const informers = hubInformers(manager.informers)
  const patchers = {
    clusters: new ObjectPatcher(informers.clusters),
    clusterSets: new ObjectPatcher(informers.clusterSets),
  }
  const context: HubContext = { manager, client, log, informers, patchers, options }
  const sightings = new LeaseSightings(informers.leases, client.clock)
  const events = new EventRecorder(
    { events: client.resource<Event>(EVENTS), clock: client.clock, log },
    { controller: REPORTER, instance: REPORTER },
  )
  manager.add({ start: () => {}, stop: () => events.stop() })

  addManagedClusterController(context)
  addClusterRoleController(context)
  addApprovingController(context)
  addLeaseController(context, { sightings, events })
  addClockSyncController(context, sightings)
  addTaintController(context)
  addClusterSetController(context)
  addBindingController(context)
  addManagedNamespaceController(context)
  addAddOnHealthController(context)
  addFeatureLabelController(context)
  addAddOnApprovingController(context)
  addCleanupController(context)
  addStaleRequestsController(context)
  if (options.gates.DefaultClusterSet) addWellKnownSetsController(context)
  if (!options.gates.ClusterProfile) return
  const profiles = manager.informers.for<ClusterProfile>(CLUSTER_PROFILES)
  addClusterProfileController(context, profiles)
  addProfileStatusController(context, profiles)
}
