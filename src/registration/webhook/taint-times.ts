import type { ManagedCluster, Taint } from '../../apis/cluster/v1.ts'
import { type AdmissionDecision, denyBadRequest, type PatchOperation } from '../../kube/webhook/index.ts'

/**
 * Stamps taints with the time at which they were added or changed. Who creates a cluster may write any time, which is overwritten;
 * who updates one may not: then it is a denial.
 */
export function stampTaints(
  cluster: ManagedCluster,
  previous: ManagedCluster | undefined,
  now: string,
): readonly PatchOperation[] | AdmissionDecision {
  const taints = cluster.spec?.taints ?? []
  const refused: string[] = []
  const operations: PatchOperation[] = []
  for (const [index, taint] of taints.entries()) {
    if (previous && !isTimeAllowed(taint, existingTaint(previous, taint.key))) refused.push(taint.key)
    else if (!previous || !isUnchanged(taint, existingTaint(previous, taint.key)))
      operations.push({ op: 'add', path: `/spec/taints/${index}/timeAdded`, value: now })
  }
  if (refused.length === 0) return operations
  const keys = JSON.stringify(refused.join(','))
  return denyBadRequest(`It is not allowed to set TimeAdded of Taint ${keys}.`)
}

/** The first of its key: an effect that changes makes no new taint. */
function existingTaint(cluster: ManagedCluster, key: string): Taint | undefined {
  return cluster.spec?.taints?.find((taint) => taint.key === key)
}

function isTimeAllowed(taint: Taint, existing: Taint | undefined): boolean {
  return isUnchanged(taint, existing) ? timeOf(taint) === timeOf(existing) : timeOf(taint) === undefined
}

function isUnchanged(taint: Taint, existing: Taint | undefined): boolean {
  return (
    existing !== undefined &&
    (existing.value ?? '') === (taint.value ?? '') &&
    existing.effect === taint.effect
  )
}

/** In ms since the epoch: one time may be written in several ways. Undefined when there is none. */
function timeOf(taint: Taint | undefined): number | undefined {
  return taint?.timeAdded ? Date.parse(taint.timeAdded) : undefined
}
