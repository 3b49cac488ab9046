import type { ClusterRole, PolicyRule } from '../../apis/rbac/v1.ts'
import { selects } from '../../kube/index.ts'

/**
 * The rules that an aggregated role is to have: those of all roles that its selectors select, in the order of the selectors and
 * then of the names, each once. Undefined when it aggregates nothing and keeps its own.
 */
export function aggregatedRules(
  { metadata, aggregationRule }: ClusterRole,
  clusterRoles: readonly ClusterRole[],
): PolicyRule[] | undefined {
  if (!aggregationRule) return undefined
  const others = clusterRoles
    .filter((each) => each.metadata.name !== metadata.name)
    .sort((one, other) => ((one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1))
  const rules = new Map<string, PolicyRule>()
  for (const selector of aggregationRule.clusterRoleSelectors ?? []) {
    for (const { metadata: selected, rules: own } of others) {
      if (!selects(selector, selected.labels ?? {})) continue
      for (const rule of own ?? []) if (!rules.has(ruleText(rule))) rules.set(ruleText(rule), rule)
    }
  }
  return [...rules.values()]
}

export function isSameRules(
  some: readonly PolicyRule[] | null | undefined,
  others: readonly PolicyRule[],
): boolean {
  const texts = (some ?? []).map(ruleText)
  return texts.length === others.length && others.every((rule, index) => ruleText(rule) === texts[index])
}

/** The same for rules that say the same in the same order. */
function ruleText({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  return JSON.stringify(
    [verbs, apiGroups, resources, resourceNames, nonResourceURLs].map((names) => names ?? []),
  )
}
