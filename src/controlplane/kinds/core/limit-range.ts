import { duplicate, type FieldError, forbidden, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { compareQuantities, nanosOf, qualifiedNameErrors } from '../field-checks/index.ts'
import {
  containerResourceNameErrors,
  isOvercommitAllowed,
  type ResourceList,
  resourceListDefaults,
  resourceNameErrors,
} from '../pod/index.ts'
import { type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'

const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const
type ListName = (typeof LISTS)[number]

interface Limit extends JsonObject, Partial<Record<ListName, ResourceList>> {
  readonly type: string
}

interface LimitRange extends KubeObject {
  readonly spec?: JsonObject & { readonly limits?: readonly Limit[] | null }
}

const STANDARD_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']

/** Of `v1`. */
export function limitRangeKind(table: KindTable): KindEntry {
  const errors = (object: KubeObject) => limitRangeErrors(object as LimitRange)
  const strategy = strategyOf({
    allowsCreateOnUpdate: true,
    withDefaults: (object) => limitRangeDefaults(object as LimitRange),
    validate: errors,
    validateUpdate: errors,
  })
  return table.namespaced('limitranges', 'LimitRange', strategy)
}

function limitRangeDefaults(range: LimitRange): LimitRange {
  const { spec } = range
  if (!spec?.limits) return range
  return { ...range, spec: { ...spec, limits: spec.limits.map(limitDefaults) } }
}

/** What a container gets by default is what it may have at most, or needs at least. */
function limitDefaults(given: Limit): Limit {
  const rounded = LISTS.flatMap((name) => {
    const list = given[name]
    return list ? [[name, resourceListDefaults(list)] as const] : []
  })
  const limit: Limit = { ...given, ...Object.fromEntries(rounded) }
  if (limit.type !== 'Container') return limit
  const byDefault = { ...limit.max, ...limit.default }
  return {
    ...limit,
    default: byDefault,
    defaultRequest: { ...limit.min, ...byDefault, ...limit.defaultRequest },
  }
}

function limitRangeErrors({ spec }: LimitRange): FieldError[] {
  const limits = spec?.limits ?? []
  const types = new Set<string>()
  return limits.flatMap((limit, index) => {
    const path = `spec.limits[${index}]`
    const isRepeated = types.has(limit.type)
    types.add(limit.type)
    return [
      ...typeErrors(limit.type, `${path}.type`),
      ...(isRepeated ? [duplicate(`${path}.type`, limit.type)] : []),
      ...nameErrors(limit, ['max', 'min'], path),
      ...(limit.type === 'Pod'
        ? podErrors(limit, path)
        : nameErrors(limit, ['default', 'defaultRequest'], path)),
      ...(limit.type === 'PersistentVolumeClaim' && !limit.min?.storage && !limit.max?.storage
        ? [
            required(
              `${path}.limits`,
              'either minimum or maximum storage value is required, but neither was provided',
            ),
          ]
        : []),
      ...nameErrors(limit, ['maxLimitRequestRatio'], path),
      ...namesOf(limit).flatMap((name) => amountErrors(limit, name, path)),
    ]
  })
}

function typeErrors(type: string, path: string): FieldError[] {
  const errors = qualifiedNameErrors(type, path)
  if (errors.length > 0 || type.includes('/') || STANDARD_TYPES.includes(type)) return errors
  return [invalid(path, type, 'must be a standard limit type or fully qualified')]
}

function nameErrors(limit: Limit, lists: readonly ListName[], path: string): FieldError[] {
  const check =
    limit.type === 'Pod' || limit.type === 'Container' ? containerResourceNameErrors : resourceNameErrors
  return lists.flatMap((list) =>
    Object.keys(limit[list] ?? {}).flatMap((name) => check(name, `${path}.${list}[${name}]`)),
  )
}

function podErrors(limit: Limit, path: string): FieldError[] {
  return (['default', 'defaultRequest'] as const)
    .filter((list) => Object.keys(limit[list] ?? {}).length > 0)
    .map((list) => forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"))
}

function namesOf(limit: Limit): string[] {
  const lists = limit.type === 'Pod' ? (['max', 'min', 'maxLimitRequestRatio'] as const) : LISTS
  return [...new Set(lists.flatMap((list) => Object.keys(limit[list] ?? {})))].sort()
}

function amountErrors(limit: Limit, name: string, path: string): FieldError[] {
  const of = (list: ListName) => {
    const amounts = limit[list]
    return amounts && Object.hasOwn(amounts, name) ? amounts[name] : undefined
  }
  const isPod = limit.type === 'Pod'
  const [min, max, ratio] = [of('min'), of('max'), of('maxLimitRequestRatio')]
  const byDefault = isPod ? undefined : of('default')
  const request = isPod ? undefined : of('defaultRequest')
  const at = (list: ListName) => `${path}.${list}[${name}]`
  const ordered = (
    less: string | undefined,
    more: string | undefined,
    field: string,
    shown: string | undefined,
    detail: string,
  ) =>
    less !== undefined && more !== undefined && compareQuantities(less, more) > 0
      ? [invalid(field, shown, detail)]
      : []
  return [
    ...ordered(min, max, at('min'), min, `min value ${min} is greater than max value ${max}`),
    ...ordered(
      min,
      request,
      at('defaultRequest'),
      request,
      `min value ${min} is greater than default request value ${request}`,
    ),
    ...ordered(
      request,
      max,
      at('defaultRequest'),
      request,
      `default request value ${request} is greater than max value ${max}`,
    ),
    ...ordered(
      request,
      byDefault,
      at('defaultRequest'),
      request,
      `default request value ${request} is greater than default limit value ${byDefault}`,
    ),
    ...ordered(
      min,
      byDefault,
      at('default'),
      min,
      `min value ${min} is greater than default value ${byDefault}`,
    ),
    ...ordered(
      byDefault,
      max,
      at('default'),
      max,
      `default value ${byDefault} is greater than max value ${max}`,
    ),
    ...(ratio === undefined ? [] : ratioErrors(ratio, min, max, at('maxLimitRequestRatio'))),
    ...(byDefault !== undefined &&
    request !== undefined &&
    !isOvercommitAllowed(name) &&
    compareQuantities(byDefault, request) !== 0
      ? [
          invalid(
            at('defaultRequest'),
            request,
            `default value ${byDefault} must equal to defaultRequest value ${request} in ${name}`,
          ),
        ]
      : []),
  ]
}

function ratioErrors(
  ratio: string,
  min: string | undefined,
  max: string | undefined,
  path: string,
): FieldError[] {
  const errors =
    compareQuantities(ratio, '1') < 0 ? [invalid(path, ratio, `ratio ${ratio} is less than 1`)] : []
  if (min === undefined || max === undefined) return errors
  const most = Number(nanosOf(max)) / Number(nanosOf(min))
  if (!(Number(nanosOf(ratio)) / 1e9 > most)) return errors
  return [...errors, invalid(path, ratio, `ratio ${ratio} is greater than max/min = ${most.toFixed(6)}`)]
}
