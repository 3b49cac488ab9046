import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'
import type { ResourceDefinition } from '../../kube/index.ts'

/** An object that an operator wants to be there, which says what it is. */
export interface Manifest extends KubeObject {
  readonly apiVersion: string
  readonly kind: string
}

const CLUSTER_SCOPED = false

/** The kinds that operators make, and where they are found. */
const RESOURCES: ReadonlyMap<string, readonly [plural: string, namespaced: boolean]> = new Map([
  ['v1/Namespace', ['namespaces', CLUSTER_SCOPED]],
  ['v1/ServiceAccount', ['serviceaccounts', true]],
  ['v1/ConfigMap', ['configmaps', true]],
  ['v1/Secret', ['secrets', true]],
  ['v1/Service', ['services', true]],
  ['v1/Endpoints', ['endpoints', true]],
  ['apps/v1/Deployment', ['deployments', true]],
  ['rbac.authorization.k8s.io/v1/ClusterRole', ['clusterroles', CLUSTER_SCOPED]],
  ['rbac.authorization.k8s.io/v1/ClusterRoleBinding', ['clusterrolebindings', CLUSTER_SCOPED]],
  ['rbac.authorization.k8s.io/v1/Role', ['roles', true]],
  ['rbac.authorization.k8s.io/v1/RoleBinding', ['rolebindings', true]],
  ['networking.k8s.io/v1/NetworkPolicy', ['networkpolicies', true]],
  ['apiextensions.k8s.io/v1/CustomResourceDefinition', ['customresourcedefinitions', CLUSTER_SCOPED]],
  [
    'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration',
    ['validatingwebhookconfigurations', CLUSTER_SCOPED],
  ],
  [
    'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration',
    ['mutatingwebhookconfigurations', CLUSTER_SCOPED],
  ],
])

/** Throws an Error for a kind that no operator makes. */
export function definitionOf({
  apiVersion,
  kind,
}: Pick<Manifest, 'apiVersion' | 'kind'>): ResourceDefinition {
  const resource = RESOURCES.get(`${apiVersion}/${kind}`)
  if (!resource) throw new Error(`operators make no ${kind} of ${apiVersion}`)
  const [plural, namespaced] = resource
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  return { group, version, plural, namespaced }
}

export function manifestKey({ metadata }: Manifest): ObjectKey {
  return { namespace: metadata.namespace, name: metadata.name ?? '' }
}

/** Says which object is meant, to a person: `Deployment "open-cluster-management-hub/cluster-manager-work-webhook"`. */
export function describeManifest({ kind, metadata: { namespace, name } }: Manifest): string {
  return `${kind} "${namespace ? `${namespace}/` : ''}${name}"`
}
