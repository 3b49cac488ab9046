export { type AddressRanges, addressRanges, MOST_CLUSTERS, RangeLease } from './address-ranges.ts'
export { type ClusterFacts, DamagedClusterError, FACTS_FILE } from './cluster-facts.ts'
export { publishClusterInfo } from './cluster-info.ts'
export { contextName, verifyClusterName } from './cluster-name.ts'
export {
  type ClusterFolder,
  ClusterStore,
  DeletedClusterError,
  defaultClusterFolder,
} from './cluster-store.ts'
export { untilFolderIsLost } from './lost-folder.ts'
export { mergeKubeconfig, removeFromKubeconfig, usualKubeconfig } from './merged-kubeconfig.ts'
export { type ClusterRun, findRun, stopRun, untilReady, writeRun } from './running-cluster.ts'
