import type { ObjectMeta } from '../../apis/meta/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import type { PolicyRule, Role } from '../../apis/rbac/v1.ts'
import { IMAGE_PULL_SECRET } from '../../manifests/image-pull-secret.ts'
import { allow, MANAGE, VIEW } from '../../manifests/policy-rules.ts'
import { clusterRole, clusterRoleBinding, roleBinding, serviceAccountSubject } from '../../manifests/rbac.ts'
import type { Manifest } from '../apply/manifest.ts'
import { isRegistrationGateEnabled } from './gates.ts'
import { ADDON_MANAGEMENT_RULES, KEEP_LEASES } from './managed-manifests.ts'
import { agentNamespaceOf, nameOf, serviceAccountsOf } from './names.ts'
import { networkPolicies } from './network-policies.ts'

/** Where the cluster says by which authority its API servers know each other. */
const EXTENSION_NAMESPACE = 'kube-system'

/** Whatever process leads its like and writes Events of itself. */
const PROCESS_RULES = {
  configMaps: allow(MANAGE, '', ['configmaps']),
  pods: allow(['get'], '', ['pods']),
  replicaSets: allow(['get'], 'apps', ['replicasets']),
  leases: KEEP_LEASES,
  events: allow(['create', 'patch', 'update'], ['', 'events.k8s.io'], ['events']),
}

const REGISTRATION_RULES: readonly PolicyRule[] = [
  PROCESS_RULES.configMaps,
  PROCESS_RULES.pods,
  PROCESS_RULES.replicaSets,
  PROCESS_RULES.leases,
  allow(MANAGE, '', ['secrets']),
  PROCESS_RULES.events,
]

const WORK_RULES: readonly PolicyRule[] = [
  PROCESS_RULES.configMaps,
  PROCESS_RULES.leases,
  PROCESS_RULES.events,
  PROCESS_RULES.pods,
  PROCESS_RULES.replicaSets,
]

const EXTENSION_RULES: readonly PolicyRule[] = [
  allow(VIEW, '', ['configmaps'], ['extension-apiserver-authentication']),
]

type Labels = Readonly<Record<string, string>>

/** Accounts and rights of the agents on the cluster that they run in. */
export function managementManifests(klusterlet: Klusterlet, labels: Labels): Manifest[] {
  const name = (suffix: string) => `open-cluster-management:management:${nameOf(klusterlet)}${suffix}`
  const namespace = agentNamespaceOf(klusterlet)
  const accounts = serviceAccountsOf(klusterlet)
  const registration = serviceAccountSubject(namespace, accounts.registration)
  const work = serviceAccountSubject(namespace, accounts.work)
  const extension = { kind: 'Role', name: name(':extension-apiserver') } as const
  const addons = { name: name('-registration:addon-management'), labels }
  const agent = (suffix: string, inNamespace: string): ObjectMeta => ({
    name: name(suffix),
    namespace: inNamespace,
    labels,
  })
  const registrationAgent = agent('-registration:agent', namespace)
  const workAgent = agent('-work:agent', namespace)
  const ownRole = ({ name = '' }: ObjectMeta) => ({ kind: 'Role', name }) as const
  return [
    role({ name: extension.name, namespace: EXTENSION_NAMESPACE, labels }, EXTENSION_RULES),
    serviceAccount(namespace, accounts.registration, labels),
    role(registrationAgent, REGISTRATION_RULES),
    roleBinding(registrationAgent, ownRole(registrationAgent), registration),
    roleBinding(agent('-registration:agent', EXTENSION_NAMESPACE), extension, registration),
    clusterRole(addons, ADDON_MANAGEMENT_RULES),
    clusterRoleBinding(addons, addons.name, registration),
    ...(accounts.work === accounts.registration ? [] : [serviceAccount(namespace, accounts.work, labels)]),
    role(workAgent, WORK_RULES),
    roleBinding(workAgent, ownRole(workAgent), work),
    roleBinding(agent('-work:agent', EXTENSION_NAMESPACE), extension, work),
    ...(isRegistrationGateEnabled(klusterlet, 'NetworkPolicies') ? networkPolicies(namespace) : []),
  ].map((manifest) => manifest as Manifest)
}

function role(metadata: ObjectMeta, rules: readonly PolicyRule[]): Role {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules }
}

function serviceAccount(namespace: string, name: string, labels: Labels): Manifest {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace, labels },
    imagePullSecrets: [{ name: IMAGE_PULL_SECRET }],
  }
  return manifest
}
