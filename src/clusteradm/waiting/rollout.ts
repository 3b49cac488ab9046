import type { Deployment } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { selects } from '../../kube/client.ts'
import { podStatus } from './pod-status.ts'

/**
 * Whether a Deployment runs as it is wanted now: nothing is left of what it was before, and one of its Pods at least is available,
 * unless none is wanted. As the original, which does not wait for all of several.
 */
export function isRolledOut({ metadata, spec, status }: Deployment): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {}
  const isSeen = observedGeneration >= (metadata.generation ?? 0)
  return isSeen && updatedReplicas === replicas && (spec.replicas === 0 || availableReplicas > 0)
}

/** Those of a Deployment that should be ready and are not. */
export function unreadyPods({ metadata, spec }: Deployment, pods: readonly Pod[]): Pod[] {
  return pods.filter(
    (pod) =>
      pod.metadata.namespace === metadata.namespace &&
      selects(spec.selector, pod.metadata.labels ?? {}) &&
      !pod.metadata.deletionTimestamp &&
      !isReady(pod),
  )
}

/** Why the Pods of a Deployment cannot be made, such as for a quota. */
export function replicaFailure({ status }: Deployment): string | undefined {
  const failure = status?.conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  )
  return failure && `${failure.reason}: ${failure.message}`
}

/** Why a Deployment is not rolled out, in a few words. */
export function rolloutStatus(deployment: Deployment, pods: readonly Pod[]): string {
  const { metadata, status } = deployment
  const title = `the Deployment ${metadata.namespace}/${metadata.name}`
  const unready = unreadyPods(deployment, pods).at(-1)
  if (unready) return podStatus(unready)
  const failure = replicaFailure(deployment)
  if (failure !== undefined) return failure
  const isSeen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0)
  if (!isSeen || (status?.replicas ?? 0) === 0)
    return `${title} has no Pods; do the controllers of the cluster run?`
  return `${title} is still rolling`
}

function isReady({ status }: Pod): boolean {
  return (
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ??
    false
  )
}
