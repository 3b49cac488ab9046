import type { Node, Pod } from '../../apis/core/v1.ts'
import { isWanted } from './node-affinity.ts'
import { type Amounts, amountsOf, podRequests, sum } from './pod-requests.ts'
import { isClosed, untolerated } from './taints.ts'

/** A node, and the Pods that are on it or on their way to it. */
export interface NodeLoad {
  readonly node: Node
  readonly pods: readonly Pod[]
}

export type NodeChoice = { readonly node: Node } | { readonly message: string }

/** Where the Pod is to run; or why it cannot, in kube-scheduler's words. */
export function chooseNode(pod: Pod, loads: readonly NodeLoad[]): NodeChoice {
  if (loads.length === 0) return { message: 'no nodes available to schedule pods' }
  const requests = podRequests(pod)
  const counts = new Map<string, number>()
  const fitting = loads.filter((load) => {
    const reasons = reasonsAgainst(pod, requests, load)
    for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    return reasons.length === 0
  })
  const [best] = fitting.toSorted((one, other) => compareLoads(one, other, pod))
  if (best) return { node: best.node }
  const histogram = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted()
  return { message: `0/${loads.length} nodes are available: ${histogram.join(', ')}.` }
}

/** The first thing that is in the way; of resources, all that lack. */
function reasonsAgainst(pod: Pod, requests: Amounts, load: NodeLoad): readonly string[] {
  const { node } = load
  if (isClosed(node, pod)) return ['node(s) were unschedulable']
  if (untolerated(node, pod, ['NoSchedule', 'NoExecute']).length > 0) {
    return ['node(s) had untolerated taint(s)']
  }
  if (!isWanted(node, pod)) return ["node(s) didn't match Pod's node affinity/selector"]
  return lackOf(requests, load)
}

function lackOf(requests: Amounts, { node, pods }: NodeLoad): readonly string[] {
  const allocatable = amountsOf(node.status?.allocatable)
  const used = pods.map(podRequests).reduce(sum, new Map())
  const isFull = BigInt(pods.length + 1) * 10n ** 9n > (allocatable.get('pods') ?? 0n)
  const insufficient = [...requests]
    .filter(([name, asked]) => asked > 0n && asked > (allocatable.get(name) ?? 0n) - (used.get(name) ?? 0n))
    .map(([name]) => `Insufficient ${name}`)
  return isFull ? ['Too many pods', ...insufficient] : insufficient
}

/** The node that would rather be left alone comes last; else the one that has less to do comes first. */
function compareLoads(one: NodeLoad, other: NodeLoad, pod: Pod): number {
  const reluctance = ({ node }: NodeLoad) => untolerated(node, pod, ['PreferNoSchedule']).length
  const nameOf = ({ node }: NodeLoad) => node.metadata.name ?? ''
  return (
    reluctance(one) - reluctance(other) ||
    one.pods.length - other.pods.length ||
    (nameOf(one) < nameOf(other) ? -1 : 1)
  )
}
