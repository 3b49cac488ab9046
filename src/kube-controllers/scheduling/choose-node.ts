import type { Node, Pod } from '../../apis/core/v1.ts'
import { isWanted } from './node-affinity.ts'
import { type Amounts, amountsOf, podRequests, sum } from './pod-requests.ts'
import { isClosed, untolerated } from './taints.ts'

const NANOS = 10n ** 9n

/** A node, and what the Pods take that are on it or on their way to it. */
export interface NodeLoad {
  readonly node: Node
  readonly podCount: number
  readonly allocatable: Amounts
  readonly used: Amounts
}

export function loadOf(node: Node, pods: readonly Pod[]): NodeLoad {
  const used = pods.map(podRequests).reduce(sum, new Map())
  return { node, podCount: pods.length, allocatable: amountsOf(node.status?.allocatable), used }
}

/** The load with one Pod more. */
export function withPod(load: NodeLoad, pod: Pod): NodeLoad {
  return { ...load, podCount: load.podCount + 1, used: sum(load.used, podRequests(pod)) }
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

function lackOf(requests: Amounts, { podCount, allocatable, used }: NodeLoad): readonly string[] {
  const isFull = BigInt(podCount + 1) * NANOS > (allocatable.get('pods') ?? 0n)
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
    one.podCount - other.podCount ||
    (nameOf(one) < nameOf(other) ? -1 : 1)
  )
}
