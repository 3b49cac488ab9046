import { isDeepStrictEqual } from 'node:util'
import type { Node, NodeCondition, Taint } from '../../apis/core/v1.ts'
import { timeText } from '../../kube/index.ts'

/** What a kubelet says of its node, and nobody else does. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** Taints that say what conditions say. */
const CONDITION_TAINTS: ReadonlyMap<string, string> = new Map([
  ['MemoryPressure', 'node.kubernetes.io/memory-pressure'],
  ['DiskPressure', 'node.kubernetes.io/disk-pressure'],
  ['PIDPressure', 'node.kubernetes.io/pid-pressure'],
  ['NetworkUnavailable', 'node.kubernetes.io/network-unavailable'],
])
const NOT_READY = 'node.kubernetes.io/not-ready'
const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const OWN_TAINTS = new Set([...CONDITION_TAINTS.values(), NOT_READY, UNREACHABLE, UNSCHEDULABLE])

/** The node, of which nobody knows how it is; the same one if that is what it says already. */
export function unknownNode(node: Node, nowMs: number): Node {
  const conditions = node.status?.conditions ?? []
  const missing = KUBELET_CONDITIONS.filter((name) => !conditions.some(({ type }) => type === name))
  const wanted = [
    ...conditions.map((condition) => stopped(condition, nowMs)),
    ...missing.map((type): NodeCondition => {
      const lastHeartbeatTime = node.metadata.creationTimestamp ?? null
      const lastTransitionTime = timeText(nowMs)
      const message = 'Kubelet never posted node status.'
      const reason = 'NodeStatusNeverUpdated'
      return { type, status: 'Unknown', lastHeartbeatTime, lastTransitionTime, reason, message }
    }),
  ]
  if (isDeepStrictEqual(conditions, wanted)) return node
  return { ...node, status: { ...node.status, conditions: wanted } }
}

function stopped(condition: NodeCondition, nowMs: number): NodeCondition {
  if (!KUBELET_CONDITIONS.includes(condition.type) || condition.status === 'Unknown') return condition
  return {
    ...condition,
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: timeText(nowMs),
  }
}

/** The taints that go with how the node is, beside those that are somebody else's; undefined if there is nothing to change. */
export function taintsFor({ spec = {}, status }: Node, nowMs: number): readonly Taint[] | undefined {
  const existing = spec.taints ?? []
  const wanted = wantedTaints(status?.conditions ?? [], spec.unschedulable === true)
  const kept = existing.filter(
    (taint) => !OWN_TAINTS.has(taint.key) || wanted.some((each) => isSame(each, taint)),
  )
  const added = wanted.filter((each) => !existing.some((taint) => isSame(each, taint)))
  if (kept.length === existing.length && added.length === 0) return undefined
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: timeText(nowMs) }))]
}

function wantedTaints(conditions: readonly NodeCondition[], isUnschedulable: boolean): Taint[] {
  const statusOf = (name: string) => conditions.find(({ type }) => type === name)?.status
  const ready = statusOf('Ready')
  const absence = ready === 'False' ? NOT_READY : ready === 'Unknown' ? UNREACHABLE : undefined
  const keys = [
    ...[...CONDITION_TAINTS].flatMap(([type, key]) => (statusOf(type) === 'True' ? [key] : [])),
    ...(absence ? [absence] : []),
    ...(isUnschedulable ? [UNSCHEDULABLE] : []),
  ]
  return [
    ...keys.map((key) => ({ key, effect: 'NoSchedule' })),
    ...(absence ? [{ key: absence, effect: 'NoExecute' }] : []),
  ]
}

function isSame(one: Taint, other: Taint): boolean {
  return one.key === other.key && one.effect === other.effect
}
