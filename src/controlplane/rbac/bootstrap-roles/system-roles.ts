import type { Binding, ClusterRole } from '../rbac-objects.ts'
import {
  clusterRole,
  clusterRoleBinding,
  EVENTS_RULE,
  group,
  pathRule,
  READ,
  rule,
  user,
} from './fact-builders.ts'

const AUTHENTICATED = group('system:authenticated')
const UNAUTHENTICATED = group('system:unauthenticated')

const CERTIFICATES = 'certificates.k8s.io'
const CERTIFICATES_ROLE = `system:${CERTIFICATES}`

/** The approver of a signer's requests, by the name of the role. */
const SIGNER_BY_APPROVER = {
  'kube-apiserver-client-approver': 'kubernetes.io/kube-apiserver-client',
  'kube-apiserver-client-kubelet-approver': 'kubernetes.io/kube-apiserver-client-kubelet',
  'kubelet-serving-approver': 'kubernetes.io/kubelet-serving',
  'legacy-unknown-approver': 'kubernetes.io/legacy-unknown',
}

/** The roles of whoever talks to the server: everybody, those who watch over it, and parts of a cluster. */
export const SYSTEM_ROLES: readonly ClusterRole[] = [
  clusterRole('cluster-admin', [rule('*', '*', '*'), pathRule('*', '*')]),
  clusterRole('system:discovery', [
    pathRule(
      'get',
      '/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
    ),
  ]),
  clusterRole('system:basic-user', [
    rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'),
    rule('create', 'authentication.k8s.io', 'selfsubjectreviews'),
  ]),
  clusterRole('system:public-info-viewer', [pathRule('get', '/healthz /livez /readyz /version /version/')]),
  clusterRole('system:service-account-issuer-discovery', [
    pathRule(
      'get',
      '/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
    ),
  ]),
  clusterRole('system:monitoring', [
    pathRule('get', '/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*'),
  ]),
  clusterRole('system:auth-delegator', [
    rule('create', 'authentication.k8s.io', 'tokenreviews'),
    rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  ]),
  clusterRole('system:node-bootstrapper', [
    rule(`create ${READ}`, CERTIFICATES, 'certificatesigningrequests'),
  ]),
  clusterRole('system:kube-controller-manager', [
    EVENTS_RULE,
    rule('create', 'coordination.k8s.io', 'leases'),
    rule('get update', 'coordination.k8s.io', 'leases', ['kube-controller-manager']),
    rule('create', '', 'secrets serviceaccounts'),
    rule('delete', '', 'secrets'),
    rule('get', '', 'configmaps namespaces secrets serviceaccounts'),
    rule('update', '', 'secrets serviceaccounts'),
    rule('create', 'authentication.k8s.io', 'tokenreviews'),
    rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    rule('list watch', '*', '*'),
    rule('create', '', 'serviceaccounts/token'),
  ]),
  clusterRole(`${CERTIFICATES_ROLE}:certificatesigningrequests:nodeclient`, [
    rule('create', CERTIFICATES, 'certificatesigningrequests/nodeclient'),
  ]),
  clusterRole(`${CERTIFICATES_ROLE}:certificatesigningrequests:selfnodeclient`, [
    rule('create', CERTIFICATES, 'certificatesigningrequests/selfnodeclient'),
  ]),
  ...Object.entries(SIGNER_BY_APPROVER).map(([name, signer]) =>
    clusterRole(`${CERTIFICATES_ROLE}:${name}`, [rule('approve', CERTIFICATES, 'signers', [signer])]),
  ),
]

export const SYSTEM_ROLE_BINDINGS: readonly Binding[] = [
  clusterRoleBinding('cluster-admin', [group('system:masters')]),
  clusterRoleBinding('system:discovery', [AUTHENTICATED]),
  clusterRoleBinding('system:basic-user', [AUTHENTICATED]),
  clusterRoleBinding('system:public-info-viewer', [AUTHENTICATED, UNAUTHENTICATED]),
  clusterRoleBinding('system:service-account-issuer-discovery', [group('system:serviceaccounts')]),
  clusterRoleBinding('system:monitoring', [group('system:monitoring')]),
  clusterRoleBinding('system:kube-controller-manager', [user('system:kube-controller-manager')]),
]
