import type { DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../apis/apps/v1.ts'
import { timeText } from '../../kube/index.ts'

/** Reasons of the condition Progressing. */
export const PROGRESS = {
  updated: 'ReplicaSetUpdated',
  createFailed: 'ReplicaSetCreateError',
  created: 'NewReplicaSetCreated',
  found: 'FoundNewReplicaSet',
  complete: 'NewReplicaSetAvailable',
  timedOut: 'ProgressDeadlineExceeded',
  paused: 'DeploymentPaused',
  resumed: 'DeploymentResumed',
} as const

type Conditions = readonly DeploymentCondition[]
type NewCondition = Pick<DeploymentCondition, 'type' | 'status'> & {
  readonly reason: string
  readonly message: string
}

export function progressing(status: DeploymentStatus | undefined): DeploymentCondition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Progressing')
}

export function without(conditions: Conditions = [], type: DeploymentCondition['type']): Conditions {
  return conditions.filter((each) => each.type !== type)
}

/** A condition that says the same for the same reason stays as it is; with `isNews` it has been updated now nevertheless. */
export function withCondition(
  conditions: Conditions = [],
  wanted: NewCondition,
  nowMs: number,
  { isNews = false } = {},
): Conditions {
  const before = conditions.find(({ type }) => type === wanted.type)
  if (!isNews && before?.status === wanted.status && before.reason === wanted.reason) return conditions
  const now = timeText(nowMs)
  const since = before?.status === wanted.status ? before.lastTransitionTime : undefined
  const { type, status, reason, message } = wanted
  const condition = { type, status, lastUpdateTime: now, lastTransitionTime: since ?? now, reason, message }
  return [...without(conditions, wanted.type), condition]
}

/** What keeps a ReplicaSet from having its pods keeps the Deployment: the current one first. */
export function withReplicaFailure(
  conditions: Conditions | undefined,
  sets: readonly (ReplicaSet | undefined)[],
  nowMs: number,
): Conditions {
  const failure = sets
    .flatMap((set) => set?.status?.conditions ?? [])
    .find(({ type }) => type === 'ReplicaFailure')
  if (!failure) return without(conditions, 'ReplicaFailure')
  const { status, reason = '', message = '' } = failure
  return withCondition(conditions, { type: 'ReplicaFailure', status, reason, message }, nowMs)
}
