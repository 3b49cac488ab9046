import type { ClusterRole, LabelSelector, PolicyRule } from '../../apis/rbac/v1.ts'

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

/** The API server lets no selector pass that makes no sense. An empty one selects all. */
function selects(
  { matchLabels, matchExpressions }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  const labelOf = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined)
  return (
    Object.entries(matchLabels ?? {}).every(([key, value]) => labelOf(key) === value) &&
    (matchExpressions ?? []).every(({ key, operator, values }) => {
      const value = labelOf(key)
      const isAmong = value !== undefined && (values ?? []).includes(value)
      if (operator === 'In') return isAmong
      if (operator === 'NotIn') return !isAmong
      return (operator === 'Exists') === (value !== undefined)
    })
  )
}
