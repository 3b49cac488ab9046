import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { type Amounts, amountsOf } from '../amounts/index.ts'
import { objectsOf, specOf } from '../pod-shape.ts'
import type { Counter, ScopeRequirement } from './counter.ts'

/** What a ResourceQuota allows. */
export function hardOf(quota: KubeObject): Amounts {
  return amountsOf(specOf(quota).hard)
}

/** The names under which a quota counts what this counter counts. */
export function countedNames(quota: KubeObject, counter: Counter): string[] {
  return [...hardOf(quota).keys()].filter((name) => counter.counts(name))
}

/** Whether an object is one of those that a quota is about. */
export function isInScopes(quota: KubeObject, counter: Counter, object: KubeObject): boolean {
  return requirementsOf(quota).every((requirement) => counter.isInScope?.(object, requirement) ?? false)
}

/** Whether a quota is about all objects. */
export function isUnscoped(quota: KubeObject): boolean {
  return requirementsOf(quota).length === 0
}

function requirementsOf(quota: KubeObject): ScopeRequirement[] {
  const { scopes, scopeSelector } = specOf(quota)
  const plain = Array.isArray(scopes) ? scopes : []
  const selected = isJsonObject(scopeSelector) ? objectsOf(scopeSelector.matchExpressions) : []
  return [
    ...plain.map((scope) => ({ scopeName: String(scope), operator: 'Exists', values: [] })),
    ...selected.map(({ scopeName, operator, values }) => ({
      scopeName: String(scopeName),
      operator: String(operator),
      values: Array.isArray(values) ? values.map(String) : [],
    })),
  ]
}
