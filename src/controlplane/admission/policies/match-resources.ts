import { notFound } from '../../api/status.ts'
import type { MatchResources, Rule } from '../../kinds/admissionregistration/index.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import { compileLabelSelector } from '../../selectors/index.ts'
import type { AdmissionRequest } from '../admission.ts'
import { namedRuleMatches, namespaceMatches, objectMatches, type RequestVersions } from '../match/index.ts'
import type { NamespaceSource } from '../namespace-lifecycle.ts'

export interface MatchContext {
  readonly request: AdmissionRequest
  readonly versions: RequestVersions
  readonly namespaces: NamespaceSource
}

/**
 * The version of the resource in which a policy, or a binding, wants to look at a request; undefined when it does not (k8s.io/apiserver,
 * policy/matching).
 *
 * @throws StatusError NotFound when the namespace is not there
 */
export function matchedResource(
  match: MatchResources,
  { request, versions, namespaces }: MatchContext,
): ServedResource | undefined {
  const { resourceRules = [], excludeResourceRules = [] } = match
  const isEquivalent = match.matchPolicy === 'Equivalent'
  if (!objectMatches(compileLabelSelector(match.objectSelector ?? {}), request)) return undefined
  if (matchedByRules(excludeResourceRules, isEquivalent, request, versions)) return undefined
  const matched =
    resourceRules.length === 0 ? versions.own : matchedByRules(resourceRules, isEquivalent, request, versions)
  const selector = compileLabelSelector(match.namespaceSelector ?? {})
  return matched && namespaceMatches(selector, request, namespaces) ? matched : undefined
}

/**
 * That which expressions see: of a request for what is in it, not for itself.
 *
 * @throws StatusError NotFound
 */
export function namespaceOf(
  { namespace, group, resource }: AdmissionRequest,
  namespaces: NamespaceSource,
): KubeObject | undefined {
  if (namespace === '' || (group === '' && resource === 'namespaces')) return undefined
  const found = namespaces.get(namespace)
  if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace)
  return found
}

function matchedByRules(
  rules: readonly Rule[],
  isEquivalent: boolean,
  request: AdmissionRequest,
  versions: RequestVersions,
): ServedResource | undefined {
  if (rules.length === 0) return undefined
  if (rules.some((rule) => namedRuleMatches(rule, request))) return versions.own
  if (!isEquivalent) return undefined
  for (const rule of rules) {
    const found = versions.others.find(({ group, version, resource }) =>
      namedRuleMatches(rule, { ...request, group, version, resource }),
    )
    if (found) return found
  }
  return undefined
}
