import type { Rule } from '../../kinds/admissionregistration/index.ts'
import type { AdmissionRequest } from '../admission.ts'

/** What rules look at. */
export type MatchTarget = Pick<
  AdmissionRequest,
  'operation' | 'group' | 'version' | 'resource' | 'subresource' | 'namespace' | 'name'
>

const ALL = '*'

const CONFIGURATION_GROUP = 'admissionregistration.k8s.io'
const CONFIGURATIONS = [
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
]

/** Nobody is asked about these, or a bad configuration could keep itself from being mended. */
export function isExempt({ group, resource }: MatchTarget): boolean {
  return group === CONFIGURATION_GROUP && CONFIGURATIONS.includes(resource)
}

/** Whether a rule is about a request (k8s.io/apiserver, webhook/predicates/rules). */
export function ruleMatches(rule: Rule, target: MatchTarget): boolean {
  return (
    scopeMatches(rule.scope ?? ALL, target) &&
    includes(rule.operations, target.operation) &&
    includes(rule.apiGroups, target.group) &&
    includes(rule.apiVersions, target.version) &&
    (rule.resources ?? []).some((each) => resourceMatches(each, target))
  )
}

function includes(items: Rule['operations'], wanted: string): boolean {
  return items?.some((item) => item === ALL || item === wanted) === true
}

/** `pods`, `pods/status`, `pods/*`, `*`, which is everything but subresources, and so on. */
function resourceMatches(text: string, { resource, subresource }: MatchTarget): boolean {
  const slash = text.indexOf('/')
  const [own, part] = slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)]
  return (own === ALL || own === resource) && (part === ALL || part === subresource)
}

/** A namespace counts as what it is, although requests for it have a namespace. */
function scopeMatches(scope: string, { group, resource, namespace }: MatchTarget): boolean {
  const isCluster = namespace === '' || (group === '' && resource === 'namespaces')
  return scope === ALL || scope === (isCluster ? 'Cluster' : 'Namespaced')
}

/** A rule of a policy may be about objects of some names only. */
export function namedRuleMatches(rule: Rule, target: MatchTarget): boolean {
  const names = rule.resourceNames ?? []
  return ruleMatches(rule, target) && (names.length === 0 || names.includes(target.name))
}
