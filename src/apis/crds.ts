import { CLUSTER_PROPERTY_RESOURCE } from './about/crds/clusterproperties.ts'
import { ADD_ON_DEPLOYMENT_CONFIG_RESOURCE } from './addon/crds/addondeploymentconfigs.ts'
import { ADD_ON_TEMPLATE_RESOURCE } from './addon/crds/addontemplates.ts'
import { CLUSTER_MANAGEMENT_ADD_ON_RESOURCE } from './addon/crds/clustermanagementaddons.ts'
import { MANAGED_CLUSTER_ADD_ON_RESOURCE } from './addon/crds/managedclusteraddons.ts'
import type { CustomResourceConversion, CustomResourceDefinition } from './apiextensions/v1.ts'
import { ADD_ON_PLACEMENT_SCORE_RESOURCE } from './cluster/crds/addonplacementscores.ts'
import { CLUSTER_CLAIM_RESOURCE } from './cluster/crds/clusterclaims.ts'
import { MANAGED_CLUSTER_RESOURCE } from './cluster/crds/managedclusters.ts'
import { MANAGED_CLUSTER_SET_BINDING_RESOURCE } from './cluster/crds/managedclustersetbindings.ts'
import { MANAGED_CLUSTER_SET_RESOURCE } from './cluster/crds/managedclustersets.ts'
import { PLACEMENT_DECISION_RESOURCE } from './cluster/crds/placementdecisions.ts'
import { PLACEMENT_RESOURCE } from './cluster/crds/placements.ts'
import { CLUSTER_PROFILE_RESOURCE } from './multicluster/crds/clusterprofiles.ts'
import { CLUSTER_MANAGER_RESOURCE } from './operator/crds/clustermanagers.ts'
import { KLUSTERLET_RESOURCE } from './operator/crds/klusterlets.ts'
import { customResourceDefinition } from './schema/custom-resource.ts'
import { APPLIED_MANIFEST_WORK_RESOURCE } from './work/crds/appliedmanifestworks.ts'
import { MANIFEST_WORK_REPLICA_SET_RESOURCE } from './work/crds/manifestworkreplicasets.ts'
import { MANIFEST_WORK_RESOURCE } from './work/crds/manifestworks.ts'

/**
 * The definitions that a hub always has. `addOnConversion` turns the versions of ClusterManagementAddOns and
 * ManagedClusterAddOns into one another; without it, an API server takes them for the same but for their names.
 */
export function hubCrds(addOnConversion?: CustomResourceConversion): readonly CustomResourceDefinition[] {
  return [
    customResourceDefinition(MANAGED_CLUSTER_RESOURCE),
    customResourceDefinition(MANAGED_CLUSTER_SET_RESOURCE),
    customResourceDefinition(MANAGED_CLUSTER_SET_BINDING_RESOURCE),
    customResourceDefinition(PLACEMENT_RESOURCE),
    customResourceDefinition(PLACEMENT_DECISION_RESOURCE),
    customResourceDefinition(ADD_ON_PLACEMENT_SCORE_RESOURCE),
    customResourceDefinition(MANIFEST_WORK_RESOURCE),
    customResourceDefinition(MANIFEST_WORK_REPLICA_SET_RESOURCE),
    customResourceDefinition(CLUSTER_MANAGEMENT_ADD_ON_RESOURCE, addOnConversion),
    customResourceDefinition(MANAGED_CLUSTER_ADD_ON_RESOURCE, addOnConversion),
    customResourceDefinition(ADD_ON_DEPLOYMENT_CONFIG_RESOURCE),
    customResourceDefinition(ADD_ON_TEMPLATE_RESOURCE),
  ]
}

/** On a hub with the gate ClusterProfile. */
export function clusterProfileCrd(): CustomResourceDefinition {
  return customResourceDefinition(CLUSTER_PROFILE_RESOURCE)
}

/** The definitions that a managed cluster always has. */
export function spokeCrds(): readonly CustomResourceDefinition[] {
  return [
    customResourceDefinition(APPLIED_MANIFEST_WORK_RESOURCE),
    customResourceDefinition(CLUSTER_CLAIM_RESOURCE),
  ]
}

/** On a managed cluster with the gate ClusterProperty. */
export function clusterPropertyCrd(): CustomResourceDefinition {
  return customResourceDefinition(CLUSTER_PROPERTY_RESOURCE)
}

/** The definitions of what the operator reconciles. A hub needs the first, a managed cluster the second. */
export function operatorCrds(): readonly CustomResourceDefinition[] {
  return [clusterManagerCrd(), klusterletCrd()]
}

export function clusterManagerCrd(): CustomResourceDefinition {
  return customResourceDefinition(CLUSTER_MANAGER_RESOURCE)
}

export function klusterletCrd(): CustomResourceDefinition {
  return customResourceDefinition(KLUSTERLET_RESOURCE)
}
