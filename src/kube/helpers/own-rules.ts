import type { KubeObject } from '../../apis/meta/v1.ts'
import { SELF_SUBJECT_RULES_REVIEWS } from '../../apis/resources.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { KubeApiError } from '../errors.ts'
import type { ResourceAccess } from './own-access.ts'

const ALL = '*'

/** As SelfSubjectRulesReviews have it. */
export interface ResourceRule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

interface SelfSubjectRulesReview extends KubeObject {
  readonly spec: { readonly namespace: string }
  readonly status?: { readonly resourceRules?: readonly ResourceRule[] }
}

/**
 * What of `accesses` no rule allows that holds for the client in `namespace` or in the whole cluster, found out by one request
 * (SelfSubjectRulesReview); all of it, where the API does not tell rules. It may be allowed all the same, by authorizers that know no rules.
 *
 * It is for learning early what will not work, and no base for decisions: an authorizer without rules may also deny what a rule allows, and
 * rules of the namespace are taken to hold for objects outside of it.
 */
export async function unlistedAccess(
  client: KubeClient,
  accesses: readonly ResourceAccess[],
  namespace: string,
  signal?: AbortSignal,
): Promise<readonly ResourceAccess[]> {
  const reviews = client.resource<SelfSubjectRulesReview>(SELF_SUBJECT_RULES_REVIEWS)
  try {
    const { status } = await reviews.create({ metadata: {}, spec: { namespace } }, { signal })
    const rules = status?.resourceRules ?? []
    return accesses.filter((access) => !rules.some((rule) => allows(rule, access)))
  } catch (error) {
    if (error instanceof KubeApiError) return accesses
    throw error
  }
}

/** As RBAC has it. */
export function allows(
  { verbs = [], apiGroups = [], resources = [], resourceNames = [] }: ResourceRule,
  { verb, group = '', resource, subresource, name = '' }: ResourceAccess,
): boolean {
  const wanted = subresource ? [`${resource}/${subresource}`, `${ALL}/${subresource}`] : [resource]
  return (
    (verbs.includes(verb) || verbs.includes(ALL)) &&
    (apiGroups.includes(group) || apiGroups.includes(ALL)) &&
    (resources.includes(ALL) || wanted.some((each) => resources.includes(each))) &&
    (resourceNames.length === 0 || resourceNames.includes(name))
  )
}
