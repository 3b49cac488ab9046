import {
  type Binding,
  type ClusterRole,
  type PolicyRule,
  RBAC_GROUP,
  type Role,
  type Subject,
} from '../rbac-objects.ts'

const API_VERSION = `${RBAC_GROUP}/v1`

/** Tells apart what the server has brought with it. */
const BOOTSTRAP_LABELS = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }

/** A server that starts puts back what is missing; who wants to keep his changes sets it to false. */
const AUTO_UPDATE = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }

export const READ = 'get list watch'
export const WRITE = 'create delete deletecollection patch update'

/** Verbs and resources are words with spaces between. Lists are sorted, as Kubernetes' own are. */
export function rule(
  verbs: string,
  groups: string | readonly string[],
  resources: string,
  resourceNames?: readonly string[],
): PolicyRule {
  return {
    verbs: words(verbs),
    apiGroups: [groups].flat().sort(),
    resources: words(resources),
    ...(resourceNames ? { resourceNames: resourceNames.toSorted() } : {}),
  }
}

export function pathRule(verbs: string, paths: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(paths) }
}

/** What every controller needs that tells of what it does. */
export const EVENTS_RULE = rule('create patch update', ['', 'events.k8s.io'], 'events')

export function clusterRole(
  name: string,
  rules: readonly PolicyRule[],
  labels: Readonly<Record<string, string>> = {},
): ClusterRole {
  return { apiVersion: API_VERSION, kind: 'ClusterRole', metadata: metadataOf(name, { labels }), rules }
}

export function role(namespace: string, name: string, rules: readonly PolicyRule[]): Role {
  return { apiVersion: API_VERSION, kind: 'Role', metadata: metadataOf(name, { namespace }), rules }
}

/** Of the role of that name. */
export function clusterRoleBinding(name: string, subjects: readonly Subject[]): Binding {
  return {
    apiVersion: API_VERSION,
    kind: 'ClusterRoleBinding',
    metadata: metadataOf(name, {}),
    subjects,
    roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name },
  }
}

export function roleBinding(
  namespace: string,
  name: string,
  roleName: string,
  subjects: readonly Subject[],
): Binding {
  return {
    apiVersion: API_VERSION,
    kind: 'RoleBinding',
    metadata: metadataOf(name, { namespace }),
    subjects,
    roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: roleName },
  }
}

export function user(name: string): Subject {
  return { kind: 'User', apiGroup: RBAC_GROUP, name }
}

export function group(name: string): Subject {
  return { kind: 'Group', apiGroup: RBAC_GROUP, name }
}

export function serviceAccount(namespace: string, name: string): Subject {
  return { kind: 'ServiceAccount', name, namespace }
}

function metadataOf(
  name: string,
  { namespace, labels }: { namespace?: string; labels?: Readonly<Record<string, string>> },
) {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...BOOTSTRAP_LABELS, ...labels },
    annotations: AUTO_UPDATE,
  }
}

function words(text: string): string[] {
  return text.split(' ').sort()
}
