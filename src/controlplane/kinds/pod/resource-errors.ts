import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts'
import {
  compareQuantities,
  isWholeQuantity,
  labelNameErrors,
  nanosOf,
  notFoundField,
  qualifiedNameErrors,
} from '../field-checks/index.ts'
import type { ResourceClaim, ResourceRequirements } from './pod-shape.ts'

/** What is wrong with amounts of resources, and with what is asked of them (kubernetes, apis/core/validation). */

/** Without a group, these are all the names of what a container can be given. */
const CONTAINER_RESOURCES = new Set(['cpu', 'ephemeral-storage', 'memory'])
/** Of these, there are no parts of one. */
const WHOLE_RESOURCES = new Set([
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
])
/** Names that need no group, besides those of a container. */
const STANDARD_RESOURCES = new Set([
  ...WHOLE_RESOURCES,
  'storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
])
const QUOTA_RESOURCES = new Set(
  [...STANDARD_RESOURCES, 'cpu', 'memory', 'ephemeral-storage'].filter((name) => name !== 'storage'),
)
/** What a pod as a whole can be given. */
const POD_RESOURCES = ['cpu', 'memory']

const HUGE_PAGES = 'hugepages-'
const REQUESTED_HUGE_PAGES = 'requests.hugepages-'

type NameErrors = (name: string, path: string) => FieldError[]

export function containerResourcesErrors(
  resources: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  path: string,
): FieldError[] {
  return requirementsErrors(resources, claimNames, containerResourceNameErrors, path)
}

/** Of `spec.resources` of a pod. */
export function podResourcesErrors(
  resources: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  path: string,
): FieldError[] {
  return [
    ...(resources.claims
      ? [forbidden(`${path}.claims`, 'claims cannot be set for Resources at pod-level')]
      : []),
    ...requirementsErrors(resources, claimNames, podResourceNameErrors, path),
  ]
}

export function resourceNameErrors(name: string, path: string): FieldError[] {
  const errors = qualifiedNameErrors(name, path)
  if (errors.length > 0 || name.includes('/') || isStandard(name)) return errors
  return [invalid(path, name, 'must be a standard resource type or fully qualified')]
}

export function quotaResourceNameErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path)
  if (name.includes('/') || isStandardForQuota(name)) return errors
  return [...errors, invalid(path, name, 'must be a standard resource for quota')]
}

export function containerResourceNameErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path)
  if (!name.includes('/')) {
    if (CONTAINER_RESOURCES.has(name) || name.startsWith(HUGE_PAGES)) return errors
    return [...errors, invalid(path, name, 'must be a standard resource for containers')]
  }
  if (isNative(name) || isExtended(name)) return errors
  return [...errors, invalid(path, name, "doesn't follow extended resource name standard")]
}

/** An amount is not negative, and some things come whole. */
export function resourceQuantityErrors(name: string, quantity: string, path: string): FieldError[] {
  return [
    ...(nanosOf(quantity) < 0n ? [invalid(path, quantity, 'must be greater than or equal to 0')] : []),
    ...(isWhole(name) && !isWholeQuantity(quantity) ? [invalid(path, quantity, 'must be an integer')] : []),
  ]
}

/** More may be promised than there is, of what is not counted in pieces. */
export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !name.startsWith(HUGE_PAGES)
}

/** `cpu`, or of a group of Kubernetes' own. */
export function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/')
}

function requirementsErrors(
  { limits = {}, requests = {}, claims = [] }: ResourceRequirements,
  claimNames: ReadonlySet<string>,
  nameErrors: NameErrors,
  path: string,
): FieldError[] {
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  const lonelyPages =
    names.some((name) => name.startsWith(HUGE_PAGES)) &&
    !names.some((name) => name === 'cpu' || name === 'memory')
  return [
    ...Object.entries(limits).flatMap(([name, quantity]) =>
      amountErrors(name, quantity, nameErrors, `${path}.limits[${name}]`),
    ),
    ...Object.entries(requests).flatMap(([name, quantity]) => [
      ...basicAmountErrors(name, quantity, nameErrors, `${path}.requests[${name}]`),
      ...requestErrors(name, quantity, Object.hasOwn(limits, name) ? limits[name] : undefined, path),
      ...hugePagesErrors(name, quantity, `${path}.requests[${name}]`),
    ]),
    ...(lonelyPages ? [forbidden(path, 'HugePages require cpu or memory')] : []),
    ...claimErrors(claims, claimNames, `${path}.claims`),
  ]
}

function amountErrors(name: string, quantity: string, nameErrors: NameErrors, path: string): FieldError[] {
  return [...basicAmountErrors(name, quantity, nameErrors, path), ...hugePagesErrors(name, quantity, path)]
}

function basicAmountErrors(
  name: string,
  quantity: string,
  nameErrors: NameErrors,
  path: string,
): FieldError[] {
  return [...nameErrors(name, path), ...resourceQuantityErrors(name, quantity, path)]
}

function requestErrors(
  name: string,
  quantity: string,
  limit: string | undefined,
  path: string,
): FieldError[] {
  if (limit === undefined) {
    if (isOvercommitAllowed(name)) return []
    return [required(`${path}.limits`, 'Limit must be set for non overcommitable resources')]
  }
  const difference = compareQuantities(quantity, limit)
  if (difference !== 0 && !isOvercommitAllowed(name))
    return [invalid(`${path}.requests`, quantity, `must be equal to ${name} limit of ${limit}`)]
  if (difference <= 0) return []
  return [invalid(`${path}.requests`, quantity, `must be less than or equal to ${name} limit of ${limit}`)]
}

function hugePagesErrors(name: string, quantity: string, path: string): FieldError[] {
  if (!name.startsWith(HUGE_PAGES) || isMultipleOfPage(name, quantity)) return []
  return [invalid(path, quantity, `${quantity} is not positive integer multiple of ${name}`)]
}

function isMultipleOfPage(name: string, quantity: string): boolean {
  const page = name.slice(HUGE_PAGES.length)
  if (!/^\d+[KMGTPE]?i?$/.test(page)) return false
  const pageNanos = nanosOf(page)
  return pageNanos > 0n && nanosOf(quantity) % pageNanos === 0n
}

function podResourceNameErrors(name: string, path: string): FieldError[] {
  const errors = resourceNameErrors(name, path)
  if (errors.length > 0 || POD_RESOURCES.includes(name) || name.startsWith(HUGE_PAGES)) return errors
  return [notSupported(path, name, POD_RESOURCES)]
}

function claimErrors(
  claims: readonly ResourceClaim[],
  claimNames: ReadonlySet<string>,
  path: string,
): FieldError[] {
  const seen = new Set<string>()
  const partly = new Set<string>()
  return claims.flatMap(({ name, request = '' }, index) => {
    const at = `${path}[${index}]`
    if (name === '') return [required(at)]
    const key = request === '' ? name : `${name}/${request}`
    const isTaken = seen.has(name) || seen.has(key) || (request === '' && partly.has(name))
    const taken = seen.has(key) && !seen.has(name) ? key : name
    const badRequest = request !== '' && !seen.has(name) ? labelNameErrors(request, `${at}.request`) : []
    seen.add(key)
    if (request !== '') partly.add(name)
    return [
      ...badRequest,
      ...(isTaken ? [duplicate(at, taken)] : []),
      ...(claimNames.has(name) ? [] : [notFoundField(at, name, whichClaims(claimNames))]),
    ]
  })
}

function whichClaims(names: ReadonlySet<string>): string {
  const start = 'must be one of the names in pod.spec.resourceClaims'
  return names.size === 0 ? `${start} which is empty` : `${start}: ${[...names].sort().join(', ')}`
}

function isStandard(name: string): boolean {
  return (
    STANDARD_RESOURCES.has(name) ||
    CONTAINER_RESOURCES.has(name) ||
    name.startsWith(HUGE_PAGES) ||
    name.startsWith(REQUESTED_HUGE_PAGES)
  )
}

function isStandardForQuota(name: string): boolean {
  return QUOTA_RESOURCES.has(name) || name.startsWith(HUGE_PAGES) || name.startsWith(REQUESTED_HUGE_PAGES)
}

function isWhole(name: string): boolean {
  return WHOLE_RESOURCES.has(name) || isExtended(name)
}

/** What devices are called: `example.com/gpu`. */
function isExtended(name: string): boolean {
  if (isNative(name) || name.startsWith('requests.')) return false
  return qualifiedNameErrors(`requests.${name}`, '').length === 0
}
