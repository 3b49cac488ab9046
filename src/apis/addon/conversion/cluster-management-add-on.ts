import { ADD_ON_GROUP, NO_DEFAULT_CONFIG_NAME } from '../constants.ts'
import type * as v1alpha1 from '../v1alpha1.ts'
import type * as v1beta1 from '../v1beta1.ts'

/** `addOnConfiguration` has no place in v1beta1, and is lost. */
export function clusterManagementAddOnToV1Beta1(
  addOn: v1alpha1.ClusterManagementAddOn,
): v1beta1.ClusterManagementAddOn {
  const { status, ...rest } = addOn
  const { addOnConfiguration: _dropped, supportedConfigs, ...spec } = addOn.spec
  return {
    ...rest,
    apiVersion: `${ADD_ON_GROUP}/v1beta1`,
    spec: { ...spec, ...(supportedConfigs && { defaultConfigs: supportedConfigs.map(toDefaultConfig) }) },
    ...(status && { status: statusToV1Beta1(status) }),
  }
}

export function clusterManagementAddOnToV1Alpha1(
  addOn: v1beta1.ClusterManagementAddOn,
): v1alpha1.ClusterManagementAddOn {
  const { status, ...rest } = addOn
  const { defaultConfigs, ...spec } = addOn.spec
  return {
    ...rest,
    apiVersion: `${ADD_ON_GROUP}/v1alpha1`,
    spec: { ...spec, ...(defaultConfigs && { supportedConfigs: defaultConfigs.map(toSupportedConfig) }) },
    ...(status && { status: statusToV1Alpha1(status) }),
  }
}

/** The two versions spell one name differently. */
function statusToV1Beta1({
  defaultconfigReferences,
  ...status
}: v1alpha1.ClusterManagementAddOnStatus): v1beta1.ClusterManagementAddOnStatus {
  return { ...status, ...(defaultconfigReferences && { defaultConfigReferences: defaultconfigReferences }) }
}

function statusToV1Alpha1({
  defaultConfigReferences,
  ...status
}: v1beta1.ClusterManagementAddOnStatus): v1alpha1.ClusterManagementAddOnStatus {
  return { ...status, ...(defaultConfigReferences && { defaultconfigReferences: defaultConfigReferences }) }
}

function toDefaultConfig({ defaultConfig, ...resource }: v1alpha1.SupportedConfig): v1beta1.AddOnConfig {
  return { ...resource, ...(defaultConfig ?? { name: NO_DEFAULT_CONFIG_NAME }) }
}

function toSupportedConfig({ name, namespace, ...resource }: v1beta1.AddOnConfig): v1alpha1.SupportedConfig {
  if (name === '' || name === NO_DEFAULT_CONFIG_NAME) return resource
  return { ...resource, defaultConfig: { name, ...(namespace !== undefined && { namespace }) } }
}
