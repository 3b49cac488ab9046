import type { Node, Pod, Taint, Toleration } from '../../apis/core/v1.ts'

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Whether the node is closed to the Pod (`kubectl cordon`). */
export function isClosed({ spec }: Node, pod: Pod): boolean {
  return spec?.unschedulable === true && !isTolerated(UNSCHEDULABLE, pod)
}

/** Taints of these effects that the Pod does not tolerate. */
export function untolerated({ spec }: Node, pod: Pod, effects: readonly string[]): readonly Taint[] {
  return (spec?.taints ?? []).filter((taint) => effects.includes(taint.effect) && !isTolerated(taint, pod))
}

export function isTolerated(taint: Taint, { spec }: Pod): boolean {
  return (spec?.tolerations ?? []).some((toleration) => tolerates(toleration, taint))
}

function tolerates({ key = '', operator, value = '', effect }: Toleration, taint: Taint): boolean {
  if (effect && effect !== taint.effect) return false
  if (key !== '' && key !== taint.key) return false
  return operator === 'Exists' || (key !== '' && value === (taint.value ?? ''))
}
