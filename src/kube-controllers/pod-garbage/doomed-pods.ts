import type { Node, Pod } from '../../apis/core/v1.ts'

const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

export interface PodsAndNodes {
  readonly pods: readonly Pod[]
  readonly nodeOf: (name: string) => Node | undefined
  /** Names of nodes that are gone for good. */
  readonly goneNodes: ReadonlySet<string>
  /** More Pods than that are not kept when they are over. */
  readonly mostTerminated: number
}

/** A Pod that nobody else will delete, and why if that is to be said. */
export interface DoomedPod {
  readonly pod: Pod
  readonly reason?: string
}

/** Which Pods are to be deleted, each once (kubernetes, controller/podgc). */
export function doomedPods({ pods, nodeOf, goneNodes, mostTerminated }: PodsAndNodes): readonly DoomedPod[] {
  const terminated = pods.filter(isOver).toSorted(compareOver)
  const surplus = new Set(terminated.slice(0, Math.max(terminated.length - mostTerminated, 0)))
  return pods.flatMap((pod) => {
    const nodeName = pod.spec?.nodeName ?? ''
    if (goneNodes.has(nodeName)) return [{ pod, reason: 'PodGC: node no longer exists' }]
    const isEnding = pod.metadata.deletionTimestamp !== undefined
    const isLeft = isEnding && (nodeName === '' || isOutOfService(nodeOf(nodeName)))
    return isLeft || surplus.has(pod) ? [{ pod }] : []
  })
}

export function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed'
}

/** Those that were evicted first, and then the oldest. */
function compareOver(one: Pod, other: Pod): number {
  const keyOf = ({ status, metadata }: Pod) => [
    status?.phase === 'Failed' && status.reason === 'Evicted' ? '0' : '1',
    metadata.creationTimestamp ?? '',
    metadata.name ?? '',
  ]
  const [left, right] = [keyOf(one).join(' '), keyOf(other).join(' ')]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Somebody has said that it will not come back as it was. */
function isOutOfService(node: Node | undefined): boolean {
  const isReady = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  return !isReady && (node?.spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE)
}
