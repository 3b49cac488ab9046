import type { Binding, ClusterRole, PolicyRule } from '../rbac-objects.ts'
import { clusterRole, clusterRoleBinding, EVENTS_RULE, READ, rule, serviceAccount } from './fact-builders.ts'

const NAMESPACE = 'kube-system'
const PREFIX = 'system:controller:'

const APPS = ['apps', 'extensions']
const SIGNERS = [
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/kube-apiserver-client-kubelet',
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/legacy-unknown',
]

/** By the service account in kube-system that each controller acts as. */
const RULES_BY_CONTROLLER: Readonly<Record<string, readonly PolicyRule[]>> = {
  'certificate-controller': [
    rule(`delete ${READ}`, 'certificates.k8s.io', 'certificatesigningrequests'),
    rule(
      'update',
      'certificates.k8s.io',
      'certificatesigningrequests/approval certificatesigningrequests/status',
    ),
    rule('approve', 'certificates.k8s.io', 'signers', ['kubernetes.io/kube-apiserver-client-kubelet']),
    rule('sign', 'certificates.k8s.io', 'signers', SIGNERS),
    rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    EVENTS_RULE,
  ],
  'clusterrole-aggregation-controller': [
    rule(`escalate patch update ${READ}`, 'rbac.authorization.k8s.io', 'clusterroles'),
  ],
  'cronjob-controller': [
    rule(`update ${READ}`, 'batch', 'cronjobs'),
    rule(`create delete patch update ${READ}`, 'batch', 'jobs'),
    rule('update', 'batch', 'cronjobs/status'),
    rule('update', 'batch', 'cronjobs/finalizers'),
    rule('delete list', '', 'pods'),
    EVENTS_RULE,
  ],
  'daemon-set-controller': [
    rule(READ, APPS, 'daemonsets'),
    rule('update', APPS, 'daemonsets/status'),
    rule('update', APPS, 'daemonsets/finalizers'),
    rule('list watch', '', 'nodes'),
    rule('create delete list patch watch', '', 'pods'),
    rule('create', '', 'pods/binding'),
    rule(`create delete patch update ${READ}`, 'apps', 'controllerrevisions'),
    EVENTS_RULE,
  ],
  'deployment-controller': [
    rule(`update ${READ}`, APPS, 'deployments'),
    rule('update', APPS, 'deployments/status'),
    rule('update', APPS, 'deployments/finalizers'),
    rule(`create delete patch update ${READ}`, APPS, 'replicasets'),
    rule(`update ${READ}`, '', 'pods'),
    EVENTS_RULE,
  ],
  'endpoint-controller': [
    rule(READ, '', 'pods services'),
    rule('create delete get list update', '', 'endpoints'),
    rule('create', '', 'endpoints/restricted'),
    EVENTS_RULE,
  ],
  'endpointslice-controller': [
    rule(READ, '', 'nodes pods services'),
    rule('update', '', 'services/finalizers'),
    rule('create delete get list update', 'discovery.k8s.io', 'endpointslices'),
    EVENTS_RULE,
  ],
  'generic-garbage-collector': [rule(`delete patch update ${READ}`, '*', '*'), EVENTS_RULE],
  'job-controller': [
    rule(`patch update ${READ}`, 'batch', 'jobs'),
    rule('update', 'batch', 'jobs/status'),
    rule('update', 'batch', 'jobs/finalizers'),
    rule('create delete list patch watch', '', 'pods'),
    EVENTS_RULE,
  ],
  'namespace-controller': [
    rule(`delete ${READ}`, '', 'namespaces'),
    rule('update', '', 'namespaces/finalize namespaces/status'),
    rule('delete deletecollection get list', '*', '*'),
  ],
  'replicaset-controller': [
    rule(`update ${READ}`, APPS, 'replicasets'),
    rule('update', APPS, 'replicasets/status'),
    rule('update', APPS, 'replicasets/finalizers'),
    rule('create delete list patch watch', '', 'pods'),
    EVENTS_RULE,
  ],
  'root-ca-cert-publisher': [rule('create update', '', 'configmaps'), EVENTS_RULE],
  'service-account-controller': [rule('create', '', 'serviceaccounts'), EVENTS_RULE],
  'statefulset-controller': [
    rule('list watch', '', 'pods'),
    rule(READ, 'apps', 'statefulsets'),
    rule('update', 'apps', 'statefulsets/status'),
    rule('update', 'apps', 'statefulsets/finalizers'),
    rule('create delete get patch update', '', 'pods'),
    rule(`create delete patch update ${READ}`, 'apps', 'controllerrevisions'),
    rule('create get', '', 'persistentvolumeclaims'),
    EVENTS_RULE,
    rule('delete update', '', 'persistentvolumeclaims'),
  ],
  'ttl-after-finished-controller': [rule(`delete ${READ}`, 'batch', 'jobs'), EVENTS_RULE],
}

/** Each controller may do what it is for and nothing else, so that a fault in one is not one in all. */
export const CONTROLLER_ROLES: readonly ClusterRole[] = Object.entries(RULES_BY_CONTROLLER).map(
  ([name, rules]) => clusterRole(`${PREFIX}${name}`, rules),
)

export const CONTROLLER_ROLE_BINDINGS: readonly Binding[] = Object.keys(RULES_BY_CONTROLLER).map((name) =>
  clusterRoleBinding(`${PREFIX}${name}`, [serviceAccount(NAMESPACE, name)]),
)
