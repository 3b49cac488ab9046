/** All there are, under kube-controller-manager's names (and one of kube-scheduler's), in the order in which they are started. */
export const CONTROLLER_NAMES = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'deployment-controller',
  'replicaset-controller',
  'job-controller',
  'ttl-after-finished-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'pod-garbage-collector-controller',
  'node-lifecycle-controller',
  'clusterrole-aggregation-controller',
  'certificatesigningrequest-approving-controller',
  'certificatesigningrequest-signing-controller',
  'certificatesigningrequest-cleaner-controller',
  'token-cleaner-controller',
  'bootstrap-signer-controller',
  'default-scheduler',
  'validatingadmissionpolicy-status-controller',
] as const

export type ControllerName = (typeof CONTROLLER_NAMES)[number]

/** Those that `*` does not stand for: they run where they are named. A process of its own does what they do. */
export const OFF_BY_DEFAULT: readonly ControllerName[] = ['default-scheduler']
