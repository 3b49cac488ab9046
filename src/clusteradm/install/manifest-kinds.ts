import type { ResourceDefinition } from '../../apis/meta/resource-definition.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { CLUSTER_MANAGERS, KLUSTERLETS } from '../../apis/operator/v1.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CUSTOM_RESOURCE_DEFINITIONS,
  DEPLOYMENTS,
  NAMESPACES,
  PRIORITY_CLASSES,
  ROLE_BINDINGS,
  ROLES,
  SECRETS,
  SERVICE_ACCOUNTS,
} from '../../apis/resources.ts'

/** How objects of a kind are reached, and how they are changed. */
export interface ManifestKind {
  readonly definition: ResourceDefinition
  readonly patchType: 'strategic' | 'merge'
}

const builtIn = (definition: ResourceDefinition): ManifestKind => ({ definition, patchType: 'strategic' })
const custom = (definition: ResourceDefinition): ManifestKind => ({ definition, patchType: 'merge' })

/** All that init and join apply: nothing has to be discovered. */
const KINDS: ReadonlyMap<string, ManifestKind> = new Map([
  ['Namespace', builtIn(NAMESPACES)],
  ['ServiceAccount', builtIn(SERVICE_ACCOUNTS)],
  ['Secret', builtIn(SECRETS)],
  ['Deployment', builtIn(DEPLOYMENTS)],
  ['Role', builtIn(ROLES)],
  ['RoleBinding', builtIn(ROLE_BINDINGS)],
  ['ClusterRole', builtIn(CLUSTER_ROLES)],
  ['ClusterRoleBinding', builtIn(CLUSTER_ROLE_BINDINGS)],
  ['PriorityClass', builtIn(PRIORITY_CLASSES)],
  ['CustomResourceDefinition', custom(CUSTOM_RESOURCE_DEFINITIONS)],
  ['ClusterManager', custom(CLUSTER_MANAGERS)],
  ['Klusterlet', custom(KLUSTERLETS)],
])

export function manifestKind({ kind = '' }: KubeObject): ManifestKind {
  const found = KINDS.get(kind)
  if (!found) throw new Error(`manifests of kind ${JSON.stringify(kind)} cannot be applied`)
  return found
}
