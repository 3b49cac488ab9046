import { ADD_ON_GROUP, ADD_ON_LIFECYCLE, ADD_ON_LIFECYCLE_ANNOTATION } from '../../apis/addon/constants.ts'
import { ADD_ON_TEMPLATES, type ClusterManagementAddOn } from '../../apis/addon/v1alpha1.ts'
import type { OwnerReference } from '../../apis/meta/v1.ts'

/** Whether installation and configuration of an add-on are left to us, as they are if nothing is said. */
export function isManagedByUs({ metadata }: ClusterManagementAddOn): boolean {
  const lifecycle = metadata.annotations?.[ADD_ON_LIFECYCLE_ANNOTATION]
  return lifecycle === undefined || lifecycle === ADD_ON_LIFECYCLE.addOnManager
}

/** Else people install it. */
export function isInstalledByPlacements({ spec }: ClusterManagementAddOn): boolean {
  return spec.installStrategy?.type === 'Placements'
}

/** Whether its agents are made of AddOnTemplates, so that it has no manager of its own and we are it. */
export function isMadeOfTemplates({ spec }: ClusterManagementAddOn): boolean {
  return (spec.supportedConfigs ?? []).some(
    ({ group, resource }) => group === ADD_ON_TEMPLATES.group && resource === ADD_ON_TEMPLATES.plural,
  )
}

/** How a ManagedClusterAddOn names its ClusterManagementAddOn: in the version of the original, whichever is stored. */
export function ownerReferenceOf({ metadata }: ClusterManagementAddOn): OwnerReference {
  return {
    apiVersion: `${ADD_ON_GROUP}/v1beta1`,
    kind: 'ClusterManagementAddOn',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}
