import type { PolicyRule } from '../apis/rbac/v1.ts'

/** To read objects and keep up with them. */
export const VIEW = ['get', 'list', 'watch'] as const

/** To do anything to objects but delete many at once. */
export const MANAGE = ['create', 'get', 'list', 'update', 'watch', 'patch', 'delete'] as const

/** To change objects that are there. */
export const CHANGE = ['update', 'patch'] as const

/** A rule: the verbs on the resources of an API group, and, where names are given, only on the objects of these names. */
export function allow(
  verbs: readonly string[],
  group: string | readonly string[],
  resources: readonly string[],
  resourceNames?: readonly string[],
): PolicyRule {
  const apiGroups = typeof group === 'string' ? [group] : group
  return { apiGroups, resources, verbs, ...(resourceNames && { resourceNames }) }
}
