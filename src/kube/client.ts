/**
 * The part of `index.ts` that a program needs which asks an API and ends: no informers, no controllers, and no metrics, the packages
 * of which take longer to load than such a program to run.
 */
export type { ClusterAccess, ClusterTls, ReadAccess } from './access/cluster-access.ts'
export { findAccess } from './access/find-access.ts'
export { readKubeconfigText } from './access/kubeconfig.ts'
export { KubeClient } from './client/kube-client.ts'
export type { SelectionOptions } from './client/resource-client.ts'
export type { ResourceDefinition } from './client/resource-definition.ts'
export { timeText } from './clock.ts'
export * from './errors.ts'
export { findCondition, isConditionTrue } from './helpers/conditions.ts'
export { selects } from './helpers/label-selection.ts'
export { retryOnConflict } from './helpers/retry-on-conflict.ts'
export { keyOf } from './watch/object-key.ts'
