import {
  CLUSTER_MANAGEMENT_ADD_ONS,
  type ClusterManagementAddOn,
  MANAGED_CLUSTER_ADD_ONS,
  type ManagedClusterAddOn,
} from '../../apis/addon/v1alpha1.ts'
import { enqueueSelf, type Manager, type MapFunction, type ResourceDefinition } from '../../kube/index.ts'
import { patchStatus } from '../objects/change-object.ts'
import { configsOfAddOn, withObservedConfigs } from './add-on-hashes.ts'
import { ConfigSource } from './config-source.ts'
import { configsOfManagement, withCurrentHashes } from './management-hashes.ts'

/** Index of both kinds of add-ons by the configurations that they use. */
const BY_CONFIG = 'configuration'

export interface ConfigControllersOptions {
  /** Resources of configurations that the add-ons understand. */
  readonly resources: readonly ResourceDefinition[]
  /** Whether it is up to this process to read an add-on's configurations. */
  isOurs(addOn: ClusterManagementAddOn): boolean
}

/**
 * Keeps in the status of add-ons what their configurations say, as hashes: controllers `management-addon-config-controller` and
 * `addon-config-controller` of the addon-framework, which each add-on's manager runs for its own add-ons.
 */
export function addConfigControllers(
  manager: Manager,
  { resources, isOurs }: ConfigControllersOptions,
): ConfigSource {
  const configs = new ConfigSource(manager.informers, resources)
  const managements = manager.informers.for<ClusterManagementAddOn>(CLUSTER_MANAGEMENT_ADD_ONS, {
    indexers: { [BY_CONFIG]: configsOfManagement },
  })
  const addOns = manager.informers.for<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS, {
    indexers: { [BY_CONFIG]: configsOfAddOn },
  })

  const managementController = manager
    .controller({
      name: 'management-addon-config-controller',
      reconcile: async ({ name }, { signal }) => {
        const management = managements.store.get(name)
        if (!management || !isOurs(management)) return
        const change = ({ status = {} }: ClusterManagementAddOn) => {
          const changed = withCurrentHashes(status, configs)
          return changed === status ? undefined : changed
        }
        await patchStatus(managements.resource, management, change, signal)
      },
    })
    .watch(managements)

  const addOnController = manager
    .controller({
      name: 'addon-config-controller',
      concurrency: 8,
      reconcile: async (request, { signal }) => {
        const addOn = addOns.store.get(request)
        const management = managements.store.get(request.name)
        if (!addOn || !management || !isOurs(management)) return
        const change = (latest: ManagedClusterAddOn) => {
          const configReferences = withObservedConfigs(latest, configs)
          return configReferences === latest.status?.configReferences || configReferences.length === 0
            ? undefined
            : { configReferences }
        }
        await patchStatus(addOns.resource, addOn, change, signal)
      },
    })
    .watch(addOns)

  for (const { informer, keyOf } of configs.watched()) {
    const users =
      (index: typeof managements.store | typeof addOns.store): MapFunction<Parameters<typeof keyOf>[0]> =>
      (config) =>
        index.byIndex(BY_CONFIG, keyOf(config)).flatMap(enqueueSelf)
    managementController.watch(informer, { map: users(managements.store) })
    addOnController.watch(informer, { map: users(addOns.store) })
  }
  return configs
}
