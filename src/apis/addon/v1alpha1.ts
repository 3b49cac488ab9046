import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { ADD_ON_GROUP } from './constants.ts'

export type {
  AddOnDeploymentConfig,
  AddOnDeploymentConfigSpec,
  ContainerResourceRequirements,
  CustomizedVariable,
  ImageMirror,
  ProxyConfig,
} from './crds/addondeploymentconfigs.ts'
export type {
  AddOnTemplate,
  AddOnTemplateSpec,
  CustomSignerRegistrationConfig,
  HubPermissionConfig,
  KubeClientRegistrationConfig,
  TemplateRegistration,
} from './crds/addontemplates.ts'
export type {
  ClusterManagementAddOnSpecV1Alpha1 as ClusterManagementAddOnSpec,
  ClusterManagementAddOnStatusV1Alpha1 as ClusterManagementAddOnStatus,
  ClusterManagementAddOnV1Alpha1 as ClusterManagementAddOn,
  SupportedConfig,
} from './crds/clustermanagementaddons.ts'
export type {
  ConfigReferenceV1Alpha1 as ConfigReference,
  ManagedClusterAddOnSpecV1Alpha1 as ManagedClusterAddOnSpec,
  ManagedClusterAddOnStatusV1Alpha1 as ManagedClusterAddOnStatus,
  ManagedClusterAddOnV1Alpha1 as ManagedClusterAddOn,
  RegistrationConfigV1Alpha1 as RegistrationConfig,
} from './crds/managedclusteraddons.ts'
export type {
  AddOnConfig,
  AddOnCoordinates,
  AddOnMeta,
  ConfigReferent,
  ConfigSpecHash,
  DefaultConfigReference,
  InstallConfigReference,
  InstallProgression,
  InstallStrategy,
  ObjectReference,
  PlacementStrategy,
  SubjectV1Alpha1 as Subject,
} from './crds/shared.ts'

/** The stored version of all kinds. */
export const CLUSTER_MANAGEMENT_ADD_ONS = {
  group: ADD_ON_GROUP,
  version: 'v1alpha1',
  plural: 'clustermanagementaddons',
  namespaced: false,
} as const satisfies ResourceDefinition

export const MANAGED_CLUSTER_ADD_ONS = {
  group: ADD_ON_GROUP,
  version: 'v1alpha1',
  plural: 'managedclusteraddons',
  namespaced: true,
} as const satisfies ResourceDefinition

export const ADD_ON_DEPLOYMENT_CONFIGS = {
  group: ADD_ON_GROUP,
  version: 'v1alpha1',
  plural: 'addondeploymentconfigs',
  namespaced: true,
} as const satisfies ResourceDefinition

export const ADD_ON_TEMPLATES = {
  group: ADD_ON_GROUP,
  version: 'v1alpha1',
  plural: 'addontemplates',
  namespaced: false,
} as const satisfies ResourceDefinition
