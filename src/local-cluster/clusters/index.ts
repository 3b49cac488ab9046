export { type AddressRanges, addressRanges, MOST_CLUSTERS, RangeLease } from './address-ranges.ts'
export { publishClusterInfo } from './cluster-info.ts'
export { contextName, verifyClusterName } from './cluster-name.ts'
export {
  type ClusterFacts,
  type ClusterFolder,
  ClusterStore,
  DamagedClusterError,
  defaultClusterFolder,
  FACTS_FILE,
} from './cluster-store.ts'
export { withFolderLock } from './folder-lock.ts'
export { mergeKubeconfig, removeFromKubeconfig, usualKubeconfig } from './merged-kubeconfig.ts'
export { type ClusterRun, findRun, stopRun, untilReady, writeRun } from './running-cluster.ts'
