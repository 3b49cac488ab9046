import { compileLabelSelector } from '../selectors/index.ts'
import type { ClusterRole, PolicyRule } from './rbac-objects.ts'

/**
 * The rules that an aggregated role is to have: those of all roles that its selectors select, in the order of the selectors and
 * then of the names, each once. Undefined when it aggregates nothing and keeps its own.
 *
 * @throws StatusError BadRequest when a selector is not valid
 */
export function aggregatedRules(
  { metadata, aggregationRule }: ClusterRole,
  clusterRoles: readonly ClusterRole[],
): PolicyRule[] | undefined {
  if (!aggregationRule) return undefined
  const candidates = clusterRoles.filter((each) => each.metadata.name !== metadata.name).sort(byName)
  const rules = new Map<string, PolicyRule>()
  for (const structured of aggregationRule.clusterRoleSelectors ?? []) {
    const selector = compileLabelSelector(structured)
    const selected = candidates.filter((each) => selector.matches(each.metadata.labels))
    for (const rule of selected.flatMap((each) => each.rules ?? [])) {
      const key = identity(rule)
      if (!rules.has(key)) rules.set(key, rule)
    }
  }
  return [...rules.values()]
}

/** The same for rules that say the same in the same order. */
function identity({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  return JSON.stringify(
    [verbs, apiGroups, resources, resourceNames, nonResourceURLs].map((names) => names ?? []),
  )
}

function byName(
  { metadata: { name: one = '' } }: ClusterRole,
  { metadata: { name: other = '' } }: ClusterRole,
) {
  if (one === other) return 0
  return one < other ? -1 : 1
}
