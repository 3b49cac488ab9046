import type { ResourceDefinition } from '../meta/resource-definition.ts'
import { OPERATOR_GROUP } from './constants.ts'

export type {
  AwsIrsaConfig,
  ClusterManager,
  ClusterManagerDeployOption,
  ClusterManagerSpec,
  ClusterManagerStatus,
  EndpointExposure,
  EndpointExposureConfig,
  HostedWebhookConfiguration,
  RegistrationDriverHub,
  RegistrationHubConfiguration,
  ServerConfiguration,
  WebhookBindConfiguration,
  WebhookConfiguration,
  WorkConfiguration,
} from './crds/clustermanagers.ts'
export type {
  BootstrapKubeConfigs,
  ClusterClaimConfiguration,
  HubApiServerHostAlias,
  InstallMode,
  Klusterlet,
  KlusterletDeployOption,
  KlusterletSpec,
  KlusterletStatus,
  RegistrationConfiguration,
  RegistrationDriver,
  ServerURL,
  WorkAgentConfiguration,
} from './crds/klusterlets.ts'
export type {
  FeatureGate,
  GenerationStatus,
  NodePlacement,
  RelatedResourceMeta,
  ResourceRequirement,
} from './crds/shared.ts'

export const CLUSTER_MANAGERS = {
  group: OPERATOR_GROUP,
  version: 'v1',
  plural: 'clustermanagers',
  namespaced: false,
} as const satisfies ResourceDefinition

export const KLUSTERLETS = {
  group: OPERATOR_GROUP,
  version: 'v1',
  plural: 'klusterlets',
  namespaced: false,
} as const satisfies ResourceDefinition
