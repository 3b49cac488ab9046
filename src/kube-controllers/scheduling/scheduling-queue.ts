import type { Node, Pod } from '../../apis/core/v1.ts'
import { loadOf, type NodeLoad } from './choose-node.ts'

export const SCHEDULER = 'default-scheduler'

/** Pods that wait for a node, the most important first, and of those the one that waits longest (kube-scheduler's PrioritySort). */
export function waitingPods(pods: readonly Pod[]): readonly Pod[] {
  return pods
    .filter(isWaiting)
    .toSorted(
      (one, other) =>
        (other.spec?.priority ?? 0) - (one.spec?.priority ?? 0) ||
        compareTexts(one.metadata.creationTimestamp, other.metadata.creationTimestamp) ||
        compareTexts(one.metadata.name, other.metadata.name),
    )
}

function isWaiting(pod: Pod): boolean {
  const { metadata, spec = {} } = pod
  const isOurs = (spec.schedulerName ?? SCHEDULER) === SCHEDULER
  const isGated = (spec.schedulingGates ?? []).length > 0
  return isOurs && !isGated && !spec.nodeName && !metadata.deletionTimestamp && !isOver(pod)
}

/** Nodes with what runs on them. `assumed`: nodes of Pods that are bound, which the Pods do not show yet, by the Pods' uids. */
export function loadsOf(
  nodes: readonly Node[],
  pods: readonly Pod[],
  assumed: ReadonlyMap<string, string>,
): NodeLoad[] {
  const byNode = Map.groupBy(
    pods.filter((pod) => !isOver(pod)),
    ({ metadata, spec }) => spec?.nodeName || assumed.get(metadata.uid ?? ''),
  )
  return nodes.map((node) => loadOf(node, byNode.get(node.metadata.name ?? '') ?? []))
}

function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

function compareTexts(one = '', other = ''): number {
  return one < other ? -1 : one > other ? 1 : 0
}
