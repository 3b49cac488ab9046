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
export type { AddOnTemplate, AddOnTemplateSpec } from './crds/addontemplates.ts'
export type {
  ClusterManagementAddOn,
  ClusterManagementAddOnSpec,
  ClusterManagementAddOnStatus,
} from './crds/clustermanagementaddons.ts'
export type {
  ConfigReference,
  CustomSignerConfig,
  KubeClientConfig,
  ManagedClusterAddOn,
  ManagedClusterAddOnSpec,
  ManagedClusterAddOnStatus,
  RegistrationConfig,
} from './crds/managedclusteraddons.ts'
export type {
  AddOnConfig,
  AddOnMeta,
  ConfigReferent,
  ConfigSpecHash,
  DefaultConfigReference,
  InstallConfigReference,
  InstallProgression,
  InstallStrategy,
  ObjectReference,
  PlacementStrategy,
} from './crds/shared.ts'

export const CLUSTER_MANAGEMENT_ADD_ONS = {
  group: ADD_ON_GROUP,
  version: 'v1beta1',
  plural: 'clustermanagementaddons',
  namespaced: false,
} as const satisfies ResourceDefinition

export const MANAGED_CLUSTER_ADD_ONS = {
  group: ADD_ON_GROUP,
  version: 'v1beta1',
  plural: 'managedclusteraddons',
  namespaced: true,
} as const satisfies ResourceDefinition

export const ADD_ON_DEPLOYMENT_CONFIGS = {
  group: ADD_ON_GROUP,
  version: 'v1beta1',
  plural: 'addondeploymentconfigs',
  namespaced: true,
} as const satisfies ResourceDefinition

export const ADD_ON_TEMPLATES = {
  group: ADD_ON_GROUP,
  version: 'v1beta1',
  plural: 'addontemplates',
  namespaced: false,
} as const satisfies ResourceDefinition
