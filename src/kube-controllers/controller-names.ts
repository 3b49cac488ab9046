/** Those of an API server itself, which it is not whole without. */
const API_CONTROLLERS = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'clusterrole-aggregation-controller',
  'certificatesigningrequest-approving-controller',
  'certificatesigningrequest-signing-controller',
  'certificatesigningrequest-cleaner-controller',
  'token-cleaner-controller',
  'bootstrap-signer-controller',
  'validatingadmissionpolicy-status-controller',
] as const

/** Those of a cluster, which has nodes that run Pods. */
export const WORKLOAD_CONTROLLERS = [
  'deployment-controller',
  'replicaset-controller',
  'job-controller',
  'ttl-after-finished-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'pod-garbage-collector-controller',
  'node-lifecycle-controller',
  'default-scheduler',
] as const

/** All there are, under kube-controller-manager's names (and one of kube-scheduler's), in the order in which they are started. */
export const CONTROLLER_NAMES = [...API_CONTROLLERS, ...WORKLOAD_CONTROLLERS] as const

export type ControllerName = (typeof CONTROLLER_NAMES)[number]

/** Those that `*` does not stand for, and that run where they are named. An API server alone has no nodes. */
export const OFF_BY_DEFAULT: readonly ControllerName[] = WORKLOAD_CONTROLLERS
