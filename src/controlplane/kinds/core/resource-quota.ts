import { type FieldError, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import {
  quotaResourceNameErrors,
  type ResourceList,
  resourceListDefaults,
  resourceQuantityErrors,
} from '../pod/index.ts'
import { type KindEntry, type KindTable, statusStrategy, strategyWithStatus } from '../strategy/index.ts'

interface ScopeRequirement extends JsonObject {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

interface QuotaSpec extends JsonObject {
  readonly hard?: ResourceList
  readonly scopes?: readonly string[]
  readonly scopeSelector?: JsonObject & { readonly matchExpressions?: readonly ScopeRequirement[] }
}

interface ResourceQuota extends KubeObject {
  readonly spec?: QuotaSpec
  readonly status?: JsonObject & { readonly hard?: ResourceList; readonly used?: ResourceList }
}

const PLAIN_SCOPES = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'CrossNamespacePodAffinity',
]
const SCOPES = [...PLAIN_SCOPES, 'PriorityClass', 'VolumeAttributesClass']
/** More than there are. */
const MOST_SCOPES = 16
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
]
/** What pods are counted by, besides which scopes of pods mean nothing. */
const POD_RESOURCES = new Set([
  'cpu',
  'memory',
  'pods',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
])

/** Of `v1`. */
export function resourceQuotaKind(table: KindTable): KindEntry {
  const quota = strategyWithStatus({
    withDefaults: (object) => quotaDefaults(object as ResourceQuota),
    validate: (object) => quotaErrors(specOf(object)),
    validateUpdate: (object, old) => [
      ...quotaErrors(specOf(object)),
      ...scopeChangeErrors(specOf(object).scopes ?? [], specOf(old).scopes ?? []),
    ],
  })
  const status = statusStrategy(quota, {
    validateUpdate: (object) => {
      const { hard = {}, used = {} } = (object as ResourceQuota).status ?? {}
      return [...amountErrors(hard, 'status.hard'), ...amountErrors(used, 'status.used')]
    },
  })
  return table.namespaced('resourcequotas', 'ResourceQuota', quota, { subresources: { status } })
}

function specOf(object: KubeObject): QuotaSpec {
  return (object as ResourceQuota).spec ?? {}
}

function quotaDefaults(quota: ResourceQuota): ResourceQuota {
  const { spec, status } = quota
  const rounded = (list: ResourceList | undefined) => (list ? resourceListDefaults(list) : undefined)
  const hard = rounded(spec?.hard)
  const [given, used] = [rounded(status?.hard), rounded(status?.used)]
  return {
    ...quota,
    ...(spec ? { spec: { ...spec, ...(hard ? { hard } : {}) } } : {}),
    ...(status
      ? { status: { ...status, ...(given ? { hard: given } : {}), ...(used ? { used } : {}) } }
      : {}),
  }
}

/** Every one of these errors shows all of the list, so a list that is nonsense is not looked at to its end. */
function fewOf<Element>(list: readonly Element[]): readonly Element[] {
  return list.slice(0, MOST_SCOPES)
}

function quotaErrors(spec: QuotaSpec): FieldError[] {
  const { hard = {}, scopes = [], scopeSelector } = spec
  return [
    ...amountErrors(hard, 'spec.hard'),
    ...fewOf(scopes).flatMap((scope) => [
      ...(SCOPES.includes(scope) ? [] : [invalid('spec.scopes', scopes, 'unsupported scope')]),
      ...misplacedErrors(scope, hard, 'spec.scopes', scopes),
    ]),
    ...oppositeErrors(scopes, 'spec.scopes', scopes),
    ...(scopeSelector ? selectorErrors(scopeSelector.matchExpressions ?? [], spec) : []),
  ]
}

function amountErrors(list: ResourceList, path: string): FieldError[] {
  return Object.entries(list).flatMap(([name, quantity]) => [
    ...quotaResourceNameErrors(name, `${path}[${name}]`),
    ...resourceQuantityErrors(name, quantity, `${path}[${name}]`),
  ])
}

function selectorErrors(requirements: readonly ScopeRequirement[], spec: QuotaSpec): FieldError[] {
  const path = 'spec.scopeSelector.matchExpressions'
  const printed = { MatchExpressions: requirements.map(internalRequirement) }
  const names = requirements.map(({ scopeName }) => scopeName)
  return [
    ...fewOf(requirements).flatMap((requirement) => [
      ...(SCOPES.includes(requirement.scopeName)
        ? []
        : [invalid(`${path}.scopeName`, requirement.scopeName, 'unsupported scope')]),
      ...misplacedErrors(requirement.scopeName, spec.hard ?? {}, path, printed),
      ...requirementErrors(requirement, path),
    ]),
    ...oppositeErrors(names, path, spec.scopes ?? null),
  ]
}

function requirementErrors(
  { scopeName, operator, values = [] }: ScopeRequirement,
  path: string,
): FieldError[] {
  const only =
    "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
  return [
    ...(PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists'
      ? [invalid(`${path}.operator`, operator, only)]
      : []),
    ...operatorErrors(operator, values, path),
  ]
}

function operatorErrors(operator: string, values: readonly string[], path: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      return values.length > 0 ? [] : [required(`${path}.values`, detail)]
    }
    case 'Exists':
    case 'DoesNotExist': {
      const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      return values.length === 0 ? [] : [invalid(`${path}.values`, values, detail)]
    }
    default:
      return [invalid(`${path}.operator`, operator, 'not a valid selector operator')]
  }
}

function misplacedErrors(
  scope: string,
  hard: ResourceList,
  path: string,
  printed: JsonObject | readonly string[],
): FieldError[] {
  const isPlaced = (name: string) =>
    scope === 'BestEffort' ? name === 'pods' : !PLAIN_SCOPES.includes(scope) || POD_RESOURCES.has(name)
  return Object.keys(hard)
    .filter(
      (name) => quotaResourceNameErrors(name, '').length === 0 && !name.includes('/') && !isPlaced(name),
    )
    .slice(0, MOST_SCOPES)
    .map(() => invalid(path, printed, 'unsupported scope applied to resource'))
}

function oppositeErrors(
  scopes: readonly string[],
  path: string,
  printed: readonly string[] | null,
): FieldError[] {
  return OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() =>
    invalid(path, printed, 'conflicting scopes'),
  )
}

function scopeChangeErrors(scopes: readonly string[], old: readonly string[]): FieldError[] {
  const [now, before] = [new Set(scopes), new Set(old)]
  const isSame = now.size === before.size && scopes.every((scope) => before.has(scope))
  return isSame ? [] : [invalid('spec.scopes', scopes.length > 0 ? scopes : null, 'field is immutable')]
}

/** The original prints its internal type. */
function internalRequirement({ scopeName, operator, values }: ScopeRequirement): JsonObject {
  return { ScopeName: scopeName, Operator: operator, Values: values ?? null }
}
