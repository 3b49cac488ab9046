import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../apis/apps/v1.ts'
import { PROGRESS, progressing, withCondition, without, withReplicaFailure } from './deployment-conditions.ts'
import { allOf, type Revisions, sumOf, sumOfReplicas } from './replica-set-lists.ts'
import { replicasOf, rolloutBounds } from './rollout-bounds.ts'

const SECOND_MS = 1000
const MAX_INT32 = 2 ** 31 - 1

/** The counts, and whether enough pods are available (kubernetes, pkg/controller/deployment, calculateStatus). */
export function deploymentStatus(
  deployment: Deployment,
  revisions: Revisions,
  nowMs: number,
): DeploymentStatus {
  const { metadata, status } = deployment
  const sets = allOf(revisions)
  const available = sumOf(sets, 'availableReplicas')
  const terminating = terminatingIn(sets)
  const counts = {
    observedGeneration: metadata.generation ?? 0,
    replicas: sumOf(sets, 'replicas'),
    updatedReplicas: revisions.current?.status?.replicas ?? 0,
    readyReplicas: sumOf(sets, 'readyReplicas'),
    availableReplicas: available,
    unavailableReplicas: Math.max(sumOfReplicas(sets) - available, 0),
  }
  const { replicas, maxUnavailable } = rolloutBounds(deployment)
  const availability: Parameters<typeof withCondition>[1] =
    available >= replicas - maxUnavailable
      ? {
          type: 'Available',
          status: 'True',
          reason: 'MinimumReplicasAvailable',
          message: 'Deployment has minimum availability.',
        }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        }
  return {
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(status?.collisionCount !== undefined && { collisionCount: status.collisionCount }),
    conditions: withCondition(status?.conditions, availability, nowMs),
  }
}

/** Undefined where a ReplicaSet does not say. */
function terminatingIn(sets: readonly ReplicaSet[]): number | undefined {
  let sum = 0
  for (const { status } of sets) {
    if (status?.terminatingReplicas === undefined && (status?.observedGeneration ?? 0) > 0) return undefined
    sum += status?.terminatingReplicas ?? 0
  }
  return sum
}

/** The status during a rollout, which also says whether that gets on, and what keeps it from that (syncRolloutStatus). */
export function rolloutStatus(deployment: Deployment, revisions: Revisions, nowMs: number): DeploymentStatus {
  const status = deploymentStatus(deployment, revisions, nowMs)
  const conditions = withProgress(deployment, revisions, status, nowMs)
  return {
    ...status,
    conditions: withReplicaFailure(conditions, [revisions.current, ...revisions.old], nowMs),
  }
}

function withProgress(
  deployment: Deployment,
  { current }: Revisions,
  status: DeploymentStatus,
  nowMs: number,
): readonly DeploymentCondition[] {
  if (!hasProgressDeadline(deployment)) return without(status.conditions, 'Progressing')
  const conditions = status.conditions ?? []
  const before = progressing(deployment.status)
  const isDone =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === PROGRESS.complete
  if (isDone) return conditions // pods that go and come again later are no rollout
  const subject = current
    ? `ReplicaSet ${JSON.stringify(current.metadata.name)}`
    : `Deployment ${JSON.stringify(deployment.metadata.name)}`
  const condition = (value: 'True' | 'False', reason: string, what: string) =>
    ({ type: 'Progressing', status: value, reason, message: `${subject} ${what}` }) as const
  if (isComplete(deployment, status)) {
    return withCondition(
      conditions,
      condition('True', PROGRESS.complete, 'has successfully progressed.'),
      nowMs,
    )
  }
  if (hasProgressed(deployment.status ?? {}, status)) {
    const news = condition('True', PROGRESS.updated, 'is progressing.')
    return withCondition(conditions, news, nowMs, { isNews: true })
  }
  if (hasTimedOut(deployment, status, nowMs)) {
    return withCondition(
      conditions,
      condition('False', PROGRESS.timedOut, 'has timed out progressing.'),
      nowMs,
    )
  }
  return conditions
}

export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== MAX_INT32
}

/** All pods are of the current template, and available. */
export function isComplete(deployment: Deployment, status: DeploymentStatus = {}): boolean {
  const wanted = replicasOf(deployment)
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status
  return (
    updatedReplicas === wanted &&
    replicas === wanted &&
    availableReplicas === wanted &&
    observedGeneration >= (deployment.metadata.generation ?? 0)
  )
}

function hasProgressed(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldOnes = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas
  return (
    (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    oldOnes(after) < oldOnes(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  )
}

function hasTimedOut(deployment: Deployment, status: DeploymentStatus, nowMs: number): boolean {
  const condition = progressing(status)
  if (!condition || condition.reason === PROGRESS.complete) return false
  return condition.reason === PROGRESS.timedOut || deadlineMs(deployment, condition) < nowMs
}

/** In how many ms to see whether there was any progress; undefined where that does not matter. */
export function progressCheckInMs(
  deployment: Deployment,
  status: DeploymentStatus,
  nowMs: number,
): number | undefined {
  const condition = progressing(status)
  if (!hasProgressDeadline(deployment) || !condition) return undefined
  if (isComplete(deployment, status) || condition.reason === PROGRESS.timedOut) return undefined
  return Math.max(deadlineMs(deployment, condition) - nowMs, 0) + SECOND_MS
}

function deadlineMs({ spec }: Deployment, { lastUpdateTime = '' }: DeploymentCondition): number {
  return Date.parse(lastUpdateTime) + (spec.progressDeadlineSeconds ?? 0) * SECOND_MS
}
