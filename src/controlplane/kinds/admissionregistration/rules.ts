import { duplicate, type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { pathSegmentProblems } from '../../registry/index.ts'
import { labelSelectorErrors, type StructuredLabelSelector } from '../../selectors/index.ts'
import { qualifiedNameErrors } from '../field-checks/index.ts'
import { nameErrors, tooManyErrors } from '../strategy/index.ts'

/** What webhooks and policies have in common: which requests they are asked about (kubernetes, apis/admissionregistration). */

type Names = readonly string[] | null

export type Selector = StructuredLabelSelector & JsonObject

export interface Rule extends JsonObject {
  readonly operations?: Names
  readonly apiGroups?: Names
  readonly apiVersions?: Names
  readonly resources?: Names
  readonly scope?: string
  /** Of rules of policies only. */
  readonly resourceNames?: Names
}

export interface MatchCondition extends JsonObject {
  readonly name: string
  readonly expression: string
}

export interface MatchResources extends JsonObject {
  readonly namespaceSelector?: Selector
  readonly objectSelector?: Selector
  readonly resourceRules?: readonly Rule[]
  readonly excludeResourceRules?: readonly Rule[]
  readonly matchPolicy?: string
}

export const FAILURE_POLICIES = ['Fail', 'Ignore']
export const MATCH_POLICIES = ['Equivalent', 'Exact']
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never']
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const SCOPES = ['*', 'Cluster', 'Namespaced']
const MOST_CONDITIONS = 64

export function withScope(rule: Rule): Rule {
  return { scope: '*', ...rule }
}

export function withMatchDefaults(match: MatchResources): MatchResources {
  const { resourceRules, excludeResourceRules } = match
  return {
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    ...match,
    ...(resourceRules ? { resourceRules: resourceRules.map(withScope) } : {}),
    ...(excludeResourceRules ? { excludeResourceRules: excludeResourceRules.map(withScope) } : {}),
  }
}

export function choiceErrors(
  value: string | undefined,
  choices: readonly string[],
  field: string,
): FieldError[] {
  return value === undefined || choices.includes(value) ? [] : [notSupported(field, value, choices)]
}

export function ruleErrors(rule: Rule, path: string): FieldError[] {
  const [operations, apiGroups, apiVersions] = [
    rule.operations ?? [],
    rule.apiGroups ?? [],
    rule.apiVersions ?? [],
  ]
  return [
    ...listErrors(operations, `${path}.operations`, 'operations'),
    ...operations.flatMap((operation, index) =>
      choiceErrors(operation, OPERATIONS, `${path}.operations[${index}]`),
    ),
    ...listErrors(apiGroups, `${path}.apiGroups`, 'API groups'),
    ...listErrors(apiVersions, `${path}.apiVersions`, 'API versions'),
    ...apiVersions.flatMap((version, index) =>
      version === '' ? [required(`${path}.apiVersions[${index}]`)] : [],
    ),
    ...resourceErrors(rule.resources ?? [], `${path}.resources`),
    ...choiceErrors(rule.scope, SCOPES, `${path}.scope`),
  ]
}

/** What stands for all of them stands alone. */
function listErrors(values: readonly string[], field: string, what: string): FieldError[] {
  if (values.length === 0) return [required(field)]
  if (values.length === 1 || !values.includes('*')) return []
  return [invalid(field, values, `if '*' is present, must not specify other ${what}`)]
}

function resourceErrors(resources: readonly string[], path: string): FieldError[] {
  const wholeResources = new Set<string>()
  const wholeSubresources = new Set<string>()
  const errors = resources.length === 0 ? [required(path)] : []
  let endsWithPlain = false
  resources.forEach((each, index) => {
    const field = `${path}[${index}]`
    if (each === '') {
      errors.push(required(field))
      return
    }
    const slash = each.indexOf('/')
    if (slash < 0) {
      // Of several, the original remembers the last.
      endsWithPlain = each !== '*'
      return
    }
    const [resource, subresource] = [each.slice(0, slash), each.slice(slash + 1)]
    const wrong = (whole: string) =>
      errors.push(invalid(field, each, `if '${whole}' is present, must not specify ${each}`))
    if (wholeResources.has(resource)) wrong(`${resource}/*`)
    if (wholeSubresources.has(subresource)) wrong(`*/${subresource}`)
    if (subresource === '*') wholeResources.add(resource)
    if (resource === '*') wholeSubresources.add(subresource)
  })
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && endsWithPlain) {
    const detail = "if '*' is present, must not specify other resources without subresources"
    errors.push(invalid(path, resources, detail))
  }
  return errors
}

export function matchResourcesErrors(match: MatchResources, path: string): FieldError[] {
  const { matchPolicy, resourceRules = [], excludeResourceRules = [] } = match
  return [
    ...(matchPolicy === undefined ? [required(`${path}.matchPolicy`)] : []),
    ...choiceErrors(matchPolicy, MATCH_POLICIES, `${path}.matchPolicy`),
    ...(['namespaceSelector', 'objectSelector'] as const).flatMap((name) => {
      const selector = match[name]
      return selector ? labelSelectorErrors(selector, `${path}.${name}`) : [required(`${path}.${name}`)]
    }),
    ...resourceRules.flatMap((rule, index) => namedRuleErrors(rule, `${path}.resourceRules[${index}]`)),
    ...excludeResourceRules.flatMap((rule, index) =>
      namedRuleErrors(rule, `${path}.excludeResourceRules[${index}]`),
    ),
  ]
}

function namedRuleErrors(rule: Rule, path: string): FieldError[] {
  const names = rule.resourceNames ?? []
  return [
    ...names.flatMap((name, index) => {
      const field = `${path}.resourceNames[${index}]`
      return [
        ...nameErrors(name, field, pathSegmentProblems),
        ...(names.indexOf(name) < index ? [duplicate(field, name)] : []),
      ]
    }),
    ...ruleErrors(rule, path),
  ]
}

/** Whether an expression is one, is found out when it is used. */
export function matchConditionErrors(conditions: readonly MatchCondition[] = [], path: string): FieldError[] {
  const names = conditions.map(({ name }) => name)
  return [
    ...tooManyErrors(conditions.length, MOST_CONDITIONS, path),
    ...conditions.flatMap(({ name, expression }, index) => {
      const at = `${path}[${index}]`
      return [
        ...(expression.trim() === '' ? [required(`${at}.expression`)] : []),
        ...(name === '' ? [required(`${at}.name`)] : qualifiedNameErrors(name, `${at}.name`)),
        ...(name !== '' && names.indexOf(name) < index ? [duplicate(`${at}.name`, name)] : []),
      ]
    }),
  ]
}
