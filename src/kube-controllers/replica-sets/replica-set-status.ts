import type { ReplicaSet, ReplicaSetCondition, ReplicaSetStatus } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { timeText } from '../../kube/index.ts'
import { availableInMs, isReady } from '../pods/pod-state.ts'

const REPLICA_FAILURE = 'ReplicaFailure'

export interface ReplicaSetFindings {
  readonly active: readonly Pod[]
  /** How many are being deleted and have not ended. */
  readonly terminating: number
  /** Why pods could not be created or deleted. */
  readonly failure?: unknown
}

/** The status that goes with the pods (kubernetes, pkg/controller/replicaset, calculateStatus). Counts of none are left out. */
export function replicaSetStatus(
  { metadata, spec, status }: ReplicaSet,
  { active, terminating, failure }: ReplicaSetFindings,
  nowMs: number,
): ReplicaSetStatus {
  const { minReadySeconds = 0, replicas = 1, template } = spec
  const wanted = Object.entries(template.metadata?.labels ?? {})
  const count = (holds: (pod: Pod) => boolean) => active.filter(holds).length
  const fullyLabeled = count(({ metadata: { labels = {} } }) =>
    wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value),
  )
  const ready = count(isReady)
  const available = count((pod) => availableInMs(pod, minReadySeconds, nowMs) === 0)
  const conditions = failureConditions(status?.conditions, active.length - replicas, failure, nowMs)
  return {
    replicas: active.length,
    ...(fullyLabeled > 0 && { fullyLabeledReplicas: fullyLabeled }),
    ...(ready > 0 && { readyReplicas: ready }),
    ...(available > 0 && { availableReplicas: available }),
    terminatingReplicas: terminating,
    ...(metadata.generation && { observedGeneration: metadata.generation }),
    ...(conditions.length > 0 && { conditions }),
  }
}

/** The first failure is shown until there is none. */
function failureConditions(
  conditions: readonly ReplicaSetCondition[] = [],
  excess: number,
  failure: unknown,
  nowMs: number,
): readonly ReplicaSetCondition[] {
  const others = conditions.filter(({ type }) => type !== REPLICA_FAILURE)
  if (failure === undefined) return others
  if (others.length < conditions.length) return conditions
  const condition: ReplicaSetCondition = {
    type: REPLICA_FAILURE,
    status: 'True',
    lastTransitionTime: timeText(nowMs),
    reason: excess < 0 ? 'FailedCreate' : 'FailedDelete',
    message: failure instanceof Error ? failure.message : String(failure),
  }
  return [...others, condition]
}

/**
 * In how many ms the next of the ready pods becomes available, so that the status must be looked at again; undefined where
 * none is to.
 */
export function nextAvailableInMs(
  { spec: { minReadySeconds = 0 } }: ReplicaSet,
  active: readonly Pod[],
  nowMs: number,
): number | undefined {
  const waits = active
    .map((pod) => availableInMs(pod, minReadySeconds, nowMs))
    .filter((ms) => ms > 0 && Number.isFinite(ms))
  return waits.length > 0 ? Math.min(...waits) : undefined
}
