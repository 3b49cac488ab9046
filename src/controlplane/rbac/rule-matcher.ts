import type { Attributes } from './authorizer.ts'
import type { Names, PolicyRule } from './rbac-objects.ts'

const ALL = '*'

/** A request as rules look at it: prepared once, compared with many. */
export interface PreparedRequest {
  readonly attributes: Attributes
  /** `pods/log` */
  readonly combined: string
  /** `*\/log`, which stands for that subresource of any resource; empty without one. */
  readonly ofAny: string
}

export type RuleMatcher = (request: PreparedRequest) => boolean

type NameMatcher = (name: string) => boolean

export function prepareRequest(attributes: Attributes): PreparedRequest {
  if (!attributes.isResource) return { attributes, combined: '', ofAny: '' }
  const { resource, subresource } = attributes
  if (subresource === '') return { attributes, combined: resource, ofAny: '' }
  return { attributes, combined: `${resource}/${subresource}`, ofAny: `*/${subresource}` }
}

/**
 * Compiles a rule. `*` stands for everything, among resources also for all subresources; `*\/log` for one subresource of any
 * resource; but `pods/*` only for itself. Names of objects are compared with what the request names, which for a create or a
 * list is often nothing.
 */
export function compileRule(rule: PolicyRule): RuleMatcher {
  const verb = oneOf(rule.verbs)
  const group = oneOf(rule.apiGroups)
  const resource = resourceMatcher(rule.resources)
  const name = (rule.resourceNames ?? []).length === 0 ? anything : exactly(rule.resourceNames)
  const path = pathMatcher(rule.nonResourceURLs)
  return (request) => {
    const { attributes } = request
    if (!verb(attributes.verb)) return false
    return attributes.isResource
      ? group(attributes.group) && resource(request) && name(attributes.name)
      : path(attributes.path)
  }
}

/** Whether what `owner` allows includes all that a path of another rule does. */
export function pathIncludes(owner: string, path: string): boolean {
  return owner === path || (owner.endsWith(ALL) && path.startsWith(withoutStars(owner)))
}

function anything(): boolean {
  return true
}

function oneOf(names: Names | undefined): NameMatcher {
  return names?.includes(ALL) ? anything : exactly(names)
}

/** Most lists have one or two names, for which a set would be slower. */
function exactly(names: Names | undefined): NameMatcher {
  const [first, ...more] = names ?? []
  if (first === undefined) return () => false
  if (more.length === 0) return (name) => name === first
  const set = new Set(names)
  return (name) => set.has(name)
}

function resourceMatcher(resources: Names | undefined): RuleMatcher {
  const isNamed = oneOf(resources)
  const hasAnyOf = (resources ?? []).some((each) => each.startsWith('*/'))
  if (!hasAnyOf) return ({ combined }) => isNamed(combined)
  return ({ combined, ofAny }) => isNamed(combined) || (ofAny !== '' && isNamed(ofAny))
}

function pathMatcher(paths: Names | undefined): NameMatcher {
  const exact = exactly(paths)
  const prefixes = (paths ?? []).filter((path) => path.endsWith(ALL)).map(withoutStars)
  return (path) => exact(path) || prefixes.some((prefix) => path.startsWith(prefix))
}

function withoutStars(path: string): string {
  return path.replace(/\*+$/, '')
}
