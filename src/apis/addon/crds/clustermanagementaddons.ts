import { kind, list, named, object, required } from '../../schema/builder.ts'
import type { CustomResource } from '../../schema/custom-resource.ts'
import type { Infer } from '../../schema/schema.ts'
import { CLUSTER_MANAGEMENT_ADD_ONS } from '../v1alpha1.ts'
import {
  addOnConfig,
  addOnCoordinates,
  addOnMeta,
  configReferent,
  defaultConfigReferences,
  groupResource,
  installProgressions,
  installStrategy,
} from './shared.ts'

const supportedConfig = object('A resource of configurations, and perhaps the default one.', {
  ...groupResource,
  defaultConfig: configReferent,
})
export interface SupportedConfig extends Infer<typeof supportedConfig> {}

const specV1Alpha1 = object('What the add-on is, and where it is to be.', {
  addOnMeta,
  addOnConfiguration: addOnCoordinates,
  supportedConfigs: list(
    'From which resources the add-on takes configurations.',
    named<SupportedConfig>(supportedConfig),
    { mapKeys: ['group', 'resource'] },
  ),
  installStrategy,
})
export interface ClusterManagementAddOnSpecV1Alpha1 extends Infer<typeof specV1Alpha1> {}

const statusV1Alpha1 = object('How far it is.', {
  defaultconfigReferences: defaultConfigReferences,
  installProgressions,
})
export interface ClusterManagementAddOnStatusV1Alpha1 extends Infer<typeof statusV1Alpha1> {}

const schemaV1Alpha1 = kind('An add-on that there is for clusters.', {
  spec: required(named<ClusterManagementAddOnSpecV1Alpha1>(specV1Alpha1)),
  status: named<ClusterManagementAddOnStatusV1Alpha1>(statusV1Alpha1),
})
/** An add-on that there is for clusters. */
export interface ClusterManagementAddOnV1Alpha1 extends Infer<typeof schemaV1Alpha1> {}

const spec = object('What the add-on is, and where it is to be.', {
  addOnMeta,
  defaultConfigs: list('Default configurations, one of a resource.', addOnConfig, {
    mapKeys: ['group', 'resource'],
  }),
  installStrategy,
})
export interface ClusterManagementAddOnSpec extends Infer<typeof spec> {}

const status = object('How far it is.', { defaultConfigReferences, installProgressions })
export interface ClusterManagementAddOnStatus extends Infer<typeof status> {}

const schema = kind('An add-on that there is for clusters.', {
  spec: required(named<ClusterManagementAddOnSpec>(spec)),
  status: named<ClusterManagementAddOnStatus>(status),
})
/** An add-on that there is for clusters. */
export interface ClusterManagementAddOn extends Infer<typeof schema> {}

const DISPLAY_NAME_COLUMN = {
  name: 'DISPLAY NAME',
  type: 'string',
  jsonPath: '.spec.addOnMeta.displayName',
} as const

export const CLUSTER_MANAGEMENT_ADD_ON_RESOURCE: CustomResource = {
  resource: CLUSTER_MANAGEMENT_ADD_ONS,
  kind: 'ClusterManagementAddOn',
  shortNames: ['cma', 'cmas'],
  versions: [
    {
      name: 'v1alpha1',
      schema: schemaV1Alpha1,
      columns: [
        DISPLAY_NAME_COLUMN,
        { name: 'CRD NAME', type: 'string', jsonPath: '.spec.addOnConfiguration.crdName' },
      ],
    },
    { name: 'v1beta1', schema, columns: [DISPLAY_NAME_COLUMN] },
  ],
}
