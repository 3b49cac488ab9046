import type { Decision } from './authorizer.ts'
import type { PolicyRule } from './rbac-objects.ts'
import { aggregateTexts, missingRoleText, type ResolvedRules } from './rule-resolver.ts'

/** The status of a SubjectAccessReview and its kin. */
export interface AccessReviewStatus {
  readonly allowed: boolean
  readonly reason?: string
}

/** The status of a SelfSubjectRulesReview, its fields in the order of the original's. */
export interface RulesReviewStatus {
  readonly resourceRules: readonly PolicyRule[]
  readonly nonResourceRules: readonly PolicyRule[]
  readonly incomplete: boolean
  readonly evaluationError?: string
}

export function accessReviewStatus({ allowed, reason }: Decision): AccessReviewStatus {
  return reason === '' ? { allowed } : { allowed, reason }
}

export function rulesReviewStatus({ rules, missing }: ResolvedRules): RulesReviewStatus {
  return {
    resourceRules: rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs: verbs ?? [],
        ...(apiGroups?.length ? { apiGroups } : {}),
        ...(resources?.length ? { resources } : {}),
        ...(resourceNames?.length ? { resourceNames } : {}),
      })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs = [] }) => ({ verbs: verbs ?? [], nonResourceURLs })),
    incomplete: false,
    ...(missing.length === 0 ? {} : { evaluationError: aggregateTexts(missing.map(missingRoleText)) }),
  }
}
