import type { ReplicaSet } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { controllerOf } from '../../kube/index.ts'
import type { OwnedObjects } from '../pods/owned-pods.ts'
import { isActive } from '../pods/pod-state.ts'

/**
 * How many active pods there are on a pod's node that have the same purpose: those of all ReplicaSets of the same controller.
 * So a Deployment that goes back to fewer pods thins out crowded nodes first.
 */
export function neighboursOnNode(
  set: ReplicaSet,
  { pods, ownedSets }: { pods: OwnedObjects<Pod>; ownedSets: OwnedObjects<ReplicaSet> },
): (pod: Pod) => number {
  const uid = controllerOf(set)?.uid
  const related = uid === undefined ? [set] : ownedSets.controlledBy({ metadata: { uid } })
  const counts = new Map<string, number>()
  for (const each of related) {
    for (const pod of pods.controlledBy(each).filter(isActive)) {
      const node = pod.spec?.nodeName ?? ''
      counts.set(node, (counts.get(node) ?? 0) + 1)
    }
  }
  return (pod) => counts.get(pod.spec?.nodeName ?? '') ?? 0
}
