export {
  ClusterNetwork,
  type ClusterNetworkComponents,
  type ClusterNetworkOptions,
  DEFAULT_CLUSTER_DOMAIN,
} from './cluster-network.ts'
export { PodAddresses } from './pod-addresses.ts'
export { podHostname } from './pod-hosts.ts'
export type { HostPort } from './service-endpoints.ts'
