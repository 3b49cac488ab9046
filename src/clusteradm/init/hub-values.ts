import type { ClusterManagerOptions, ClusterManagerParts } from '../../manifests/cluster-manager.ts'
import { mergedImages } from '../install/image-values.ts'
import { boolOf, type ChartValues, numberOf, section, textOf, unusedKeys } from '../install/values-file.ts'

const USED = [
  'createNamespace',
  'replicaCount',
  'images',
  'createBootstrapToken',
  'createBootstrapSA',
  'enableSyncLabels',
  'clusterManager',
]

const PARTS = [
  'registrationConfiguration',
  'workConfiguration',
  'addOnManagerConfiguration',
  'placementConfiguration',
  'serverConfiguration',
  'resourceRequirement',
] as const satisfies readonly (keyof ClusterManagerParts)[]

/** The options with what a values file of the original's chart says, which wins. Also the keys of it that have no effect. */
export function withHubValues(
  options: ClusterManagerOptions,
  values: ChartValues,
): { readonly options: ClusterManagerOptions; readonly unused: readonly string[] } {
  const manager = section(values, 'clusterManager')
  const parts = PARTS.flatMap((key) => {
    const part = section(manager, key)
    return Object.keys(part).length === 0
      ? []
      : [[key, { ...options.clusterManager?.[key], ...part }] as const]
  })
  const createNamespace = boolOf(values, 'createNamespace')
  const replicas = numberOf(values, 'replicaCount')
  const serviceAccount = boolOf(values, 'createBootstrapSA')
  const enableSyncLabels = boolOf(values, 'enableSyncLabels')
  const mode = textOf(manager, 'mode')
  return {
    options: {
      ...options,
      ...mergedImages({ ...options, images: options.images ?? {} }, values),
      ...(createNamespace !== undefined && { createNamespace }),
      ...(replicas !== undefined && { replicas }),
      ...(enableSyncLabels !== undefined && { enableSyncLabels }),
      ...(mode === 'Default' || mode === 'Hosted' ? { mode } : {}),
      // What the join command is made of must be there, whatever a file says.
      bootstrap: {
        ...options.bootstrap,
        ...(serviceAccount && { serviceAccount }),
      },
      clusterManager: { ...options.clusterManager, ...Object.fromEntries(parts) },
    },
    unused: unusedKeys(values, USED),
  }
}
