/** All there are, under kube-controller-manager's names, in the order in which they are started. */
export const CONTROLLER_NAMES = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'root-ca-certificate-publisher-controller',
  'deployment-controller',
  'replicaset-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'clusterrole-aggregation-controller',
  'certificatesigningrequest-approving-controller',
  'certificatesigningrequest-signing-controller',
  'certificatesigningrequest-cleaner-controller',
  'token-cleaner-controller',
  'bootstrap-signer-controller',
  'validatingadmissionpolicy-status-controller',
] as const

export type ControllerName = (typeof CONTROLLER_NAMES)[number]
