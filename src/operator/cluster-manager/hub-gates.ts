import {
  ADD_ON_MANAGER_GATES,
  HUB_REGISTRATION_GATES,
  HUB_WORK_GATES,
  PLACEMENT_GATES,
} from '../../apis/feature-gates.ts'
import type { ClusterManagerSpec } from '../../apis/operator/v1.ts'
import type { NewCondition } from '../../kube/index.ts'
import { type ComponentGates, featureGatesCondition, gateFlags, isGateEnabled } from '../feature-gates.ts'

const REGISTRATION: ComponentGates = { component: 'Registration', defaults: HUB_REGISTRATION_GATES }
const WORK: ComponentGates = { component: 'Work', defaults: HUB_WORK_GATES }
const ADDON: ComponentGates = { component: 'Addon', defaults: ADD_ON_MANAGER_GATES }
const PLACEMENT: ComponentGates = { component: 'Placement', defaults: PLACEMENT_GATES }

/** What the gates of a ClusterManager come to. */
export interface HubGates {
  readonly registrationFlags: readonly string[]
  readonly workFlags: readonly string[]
  readonly addOnManager: boolean
  /** There is something to do for it: ManifestWorkReplicaSets, or ManifestWorks that are done with. */
  readonly workController: boolean
  readonly cloudEventsDrivers: boolean
  readonly clusterProfile: boolean
  readonly clusterImporter: boolean
  readonly placementDebugServer: boolean
  readonly networkPolicies: boolean
  /** `ValidFeatureGates` */
  readonly condition: NewCondition
}

export function hubGates(spec: ClusterManagerSpec): HubGates {
  const registration = spec.registrationConfiguration?.featureGates
  const work = spec.workConfiguration?.featureGates
  const addon = spec.addOnManagerConfiguration?.featureGates
  const placement = spec.placementConfiguration?.featureGates
  return {
    registrationFlags: gateFlags(registration, REGISTRATION),
    workFlags: gateFlags(work, WORK),
    addOnManager: isGateEnabled(addon, ADDON, 'AddonManagement'),
    workController:
      isGateEnabled(work, WORK, 'ManifestWorkReplicaSet') ||
      isGateEnabled(work, WORK, 'CleanUpCompletedManifestWork'),
    cloudEventsDrivers: isGateEnabled(work, WORK, 'CloudEventsDrivers'),
    clusterProfile: isGateEnabled(registration, REGISTRATION, 'ClusterProfile'),
    clusterImporter: isGateEnabled(registration, REGISTRATION, 'ClusterImporter'),
    placementDebugServer: isGateEnabled(placement, PLACEMENT, 'PlacementDebugServer'),
    networkPolicies: isGateEnabled(registration, REGISTRATION, 'NetworkPolicies'),
    condition: featureGatesCondition(
      [registration, REGISTRATION],
      [work, WORK],
      [addon, ADDON],
      [placement, PLACEMENT],
    ),
  }
}
