import type { Job, JobCondition, JobConditionType } from '../../apis/batch/v1.ts'
import type { ConditionStatus } from '../../apis/meta/v1.ts'
import { timeText } from '../../kube/index.ts'

type Conditions = readonly JobCondition[]

export function jobCondition(
  type: JobConditionType,
  reason: string,
  message: string,
  nowMs: number,
  status: ConditionStatus = 'True',
): JobCondition {
  const now = timeText(nowMs)
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message }
}

export function trueCondition(job: Job, type: JobConditionType): JobCondition | undefined {
  return job.status?.conditions?.find((each) => each.type === type && each.status === 'True')
}

/** It has come to its end, and nothing is done about it any more. */
export function isFinished(job: Job): boolean {
  return trueCondition(job, 'Complete') !== undefined || trueCondition(job, 'Failed') !== undefined
}

/** The same array where nothing changes. That something is not so is said only after it was so. */
export function withJobCondition(conditions: Conditions = [], wanted: JobCondition): Conditions {
  const before = conditions.find(({ type }) => type === wanted.type)
  if (!before) return wanted.status === 'False' ? conditions : [...conditions, wanted]
  const isSame =
    before.status === wanted.status && before.reason === wanted.reason && before.message === wanted.message
  return isSame ? conditions : conditions.map((each) => (each === before ? wanted : each))
}
