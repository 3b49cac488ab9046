import type { ServiceAccount } from '../../apis/core/v1.ts'
import type { ObjectMeta } from '../../apis/meta/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import type { ClusterRole, PolicyRule } from '../../apis/rbac/v1.ts'
import { IMAGE_PULL_SECRET } from '../../manifests/image-pull-secret.ts'
import { allow, CHANGE, MANAGE, VIEW } from '../../manifests/policy-rules.ts'
import { clusterRole, clusterRoleBinding, serviceAccountSubject } from '../../manifests/rbac.ts'
import type { Manifest } from '../apply/manifest.ts'
import { awsIdentityOf } from './aws-irsa.ts'
import { klusterletNamespaceOf, nameOf, serviceAccountsOf } from './names.ts'

/** What ClusterRoles with this label allow, work agents may do: the way to let them deploy more kinds of objects. */
export const AGGREGATE_TO_WORK_LABEL = 'open-cluster-management.io/aggregate-to-work'

const RBAC = 'rbac.authorization.k8s.io'
const WORK = 'work.open-cluster-management.io'

/** Leases are renewed, and never deleted. */
export const KEEP_LEASES = allow(
  ['create', 'get', 'list', 'update', 'watch', 'patch'],
  'coordination.k8s.io',
  ['leases'],
)

/** Add-ons get their kubeconfigs in Secrets of any namespace, and show that they live by Leases. */
export const ADDON_MANAGEMENT_RULES: readonly PolicyRule[] = [allow(MANAGE, '', ['secrets']), KEEP_LEASES]

const REGISTRATION_RULES: readonly PolicyRule[] = [
  allow(VIEW, '', ['nodes']),
  allow(['create', 'get', 'list', 'update', 'watch', 'patch'], '', ['namespaces']),
  allow(VIEW, 'cluster.open-cluster-management.io', ['clusterclaims']),
  allow(VIEW, 'about.k8s.io', ['clusterproperties']),
]

const WORK_RULES: readonly PolicyRule[] = [
  allow(MANAGE, WORK, ['appliedmanifestworks']),
  allow(CHANGE, WORK, ['appliedmanifestworks/status']),
  allow(['update'], WORK, ['appliedmanifestworks/finalizers']),
  allow(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
  allow(['impersonate'], '', ['serviceaccounts']),
]

/** What a work agent deploys beyond what an administrator of namespaces may. */
const EXECUTION_RULES: readonly PolicyRule[] = [
  allow([...VIEW, 'create', 'delete', 'update'], 'apiextensions.k8s.io', ['customresourcedefinitions']),
  allow(['create', 'update', 'patch', 'delete'], '', ['namespaces']),
  allow(MANAGE, RBAC, ['clusterrolebindings', 'rolebindings']),
  allow([...MANAGE, 'escalate', 'bind'], RBAC, ['clusterroles', 'roles']),
  allow(MANAGE, 'monitoring.coreos.com', ['servicemonitors']),
  allow(MANAGE, 'oauth.openshift.io', ['oauthclients']),
  allow(MANAGE, 'scheduling.k8s.io', ['priorityclasses']),
  allow([...VIEW, 'create', 'update', 'patch'], 'admissionregistration.k8s.io', [
    'mutatingwebhookconfigurations',
    'validatingwebhookconfigurations',
  ]),
]

type Labels = Readonly<Record<string, string>>

/** Accounts and rights of the agents on the cluster that they manage. */
export function managedManifests(klusterlet: Klusterlet, labels: Labels): Manifest[] {
  const role = (suffix: string) => `open-cluster-management:${nameOf(klusterlet)}-${suffix}`
  const meta = (suffix: string): ObjectMeta => ({ name: role(suffix), labels })
  const namespace = klusterletNamespaceOf(klusterlet)
  const accounts = serviceAccountsOf(klusterlet)
  const registration = serviceAccountSubject(namespace, accounts.registration)
  const work = serviceAccountSubject(namespace, accounts.work)
  const execution = { ...labels, [AGGREGATE_TO_WORK_LABEL]: 'true' }
  return [
    serviceAccount(klusterlet, accounts.registration, labels),
    clusterRole(meta('registration:agent'), REGISTRATION_RULES),
    clusterRole(meta('registration:addon-management'), ADDON_MANAGEMENT_RULES),
    clusterRoleBinding(meta('registration:agent'), role('registration:agent'), registration),
    clusterRoleBinding(
      meta('registration:addon-management'),
      role('registration:addon-management'),
      registration,
    ),
    ...(accounts.work === accounts.registration ? [] : [serviceAccount(klusterlet, accounts.work, labels)]),
    clusterRole(meta('work:agent'), WORK_RULES),
    clusterRole({ name: role('work:execution'), labels: execution }, EXECUTION_RULES),
    clusterRoleBinding(meta('work:agent'), role('work:agent'), work),
    clusterRoleBinding(meta('work:aggregate'), role('work:aggregate'), work),
    clusterRoleBinding(meta('work:execution-admin'), 'admin', work),
  ].map((manifest) => manifest as Manifest)
}

/** What is in it, the control plane fills in: the rules of all roles that are labelled for it. */
export function aggregateRole(klusterlet: Klusterlet, labels: Labels): ClusterRole & Manifest {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'ClusterRole',
    metadata: { name: `open-cluster-management:${nameOf(klusterlet)}-work:aggregate`, labels },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [AGGREGATE_TO_WORK_LABEL]: 'true' } }] },
  }
}

function serviceAccount(klusterlet: Klusterlet, name: string, labels: Labels): ServiceAccount {
  const aws = awsIdentityOf(klusterlet)
  const annotations = aws && { 'eks.amazonaws.com/role-arn': aws.roleArn }
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: {
      name,
      namespace: klusterletNamespaceOf(klusterlet),
      labels,
      ...(annotations && { annotations }),
    },
    imagePullSecrets: [{ name: IMAGE_PULL_SECRET }],
  }
}
