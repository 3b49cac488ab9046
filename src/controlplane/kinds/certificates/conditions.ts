import { type Condition, conditionsOf, type SigningRequest } from './signing-request.ts'

/** Conditions that only those write who may approve. */
export const APPROVALS = ['Approved', 'Denied']

/** Conditions that stay once they are there, and then are true. */
export const LASTING = [...APPROVALS, 'Failed']

export function conditionsOfType(csr: SigningRequest, type: string): readonly Condition[] {
  return conditionsOf(csr).filter((each) => each.type === type)
}

/** With the times that are not given: a condition keeps the time of its transition while its status is the same. */
export function timed(csr: SigningRequest, old: SigningRequest, now: string): readonly Condition[] {
  return conditionsOf(csr).map((condition) => {
    const { type, status, lastUpdateTime, lastTransitionTime } = condition
    const before = conditionsOf(old).find(
      (each) => each.type === type && each.status === status && each.lastTransitionTime,
    )
    return {
      ...condition,
      lastUpdateTime: lastUpdateTime ?? now,
      lastTransitionTime: lastTransitionTime ?? before?.lastTransitionTime ?? now,
    }
  })
}

/** With approvals as they were, if there are as many of them; more or fewer are an error. */
export function withOldApprovals(csr: SigningRequest, old: SigningRequest): SigningRequest {
  const kept = new Map(
    APPROVALS.map((type) => [type, conditionsOfType(old, type)] as const).filter(
      ([type, before]) => conditionsOfType(csr, type).length === before.length,
    ),
  )
  const seen = new Map<string, number>()
  const conditions = conditionsOf(csr).map((condition) => {
    const index = seen.get(condition.type) ?? 0
    seen.set(condition.type, index + 1)
    return kept.get(condition.type)?.[index] ?? condition
  })
  return { ...csr, status: { ...csr.status, conditions } }
}
