import type { ResourceDefinition } from '../../apis/meta/resource-definition.ts'

export type { ResourceDefinition } from '../../apis/meta/resource-definition.ts'

/** `apps/v1`, and `v1` for the core group. */
export function apiVersionOf({ group, version }: Pick<ResourceDefinition, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`
}

/** Of a whole group and version: `/api/v1`, `/apis/apps/v1`. */
export function groupPath({ group, version }: Pick<ResourceDefinition, 'group' | 'version'>): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}

/** Without a namespace: the path of the objects of all namespaces, or of those of the cluster. */
export function collectionPath(definition: ResourceDefinition, namespace?: string): string {
  const within = definition.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${groupPath(definition)}${within}/${definition.plural}`
}
