import type { Pod, PodCondition, PodStatus } from '../../apis/core/v1.ts'
import { timeText } from '../../kube/index.ts'
import { type ContainerStatuses, isSidecar } from './pod-phase.ts'

type NewCondition = Omit<PodCondition, 'lastTransitionTime' | 'observedGeneration'>

export interface PodSituation {
  readonly phase: NonNullable<PodStatus['phase']>
  readonly statuses: ContainerStatuses
  /** Whether it has its volumes and its address. */
  readonly hasSandbox: boolean
}

const COMPLETED = { status: 'False', reason: 'PodCompleted' } as const
const FAILED = { status: 'False', reason: 'PodFailed' } as const

/**
 * The conditions that kubelet has to say something about. Those that have not changed keep their times.
 *
 * @param nowMs since the epoch
 */
export function podConditions(pod: Pod, situation: PodSituation, nowMs: number): readonly PodCondition[] {
  const before = pod.status?.conditions ?? []
  const containersReady = containersReadyCondition(pod, situation)
  const wanted: readonly NewCondition[] = [
    { type: 'PodReadyToStartContainers', status: situation.hasSandbox ? 'True' : 'False' },
    { type: 'Initialized', ...initialized(pod, situation) },
    { type: 'Ready', ...ready(pod, containersReady) },
    { type: 'ContainersReady', ...containersReady },
    ...(before.some(({ type }) => type === 'PodScheduled')
      ? []
      : [{ type: 'PodScheduled', status: 'True' } as const]),
  ]
  return wanted.map((condition) => {
    const existing = before.find(({ type }) => type === condition.type)
    const isSame = existing?.status === condition.status
    const lastTransitionTime = (isSame && existing.lastTransitionTime) || timeText(nowMs)
    const { generation } = pod.metadata
    return {
      ...condition,
      lastProbeTime: null,
      lastTransitionTime,
      ...(generation !== undefined && { observedGeneration: generation }),
    }
  })
}

type Verdict = Omit<NewCondition, 'type'>

function initialized({ spec }: Pod, { phase, statuses }: PodSituation): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  const incomplete = (spec?.initContainers ?? []).flatMap((container) => {
    const status = statuses.init.find(({ name }) => name === container.name)
    const isDone = isSidecar(container)
      ? status?.started === true || status?.lastState?.terminated !== undefined
      : status?.state?.terminated?.exitCode === 0
    return isDone ? [] : [container.name]
  })
  if (incomplete.length === 0 || statuses.main.some(({ state }) => state?.running)) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  }
}

function containersReadyCondition({ spec }: Pod, { phase, statuses }: PodSituation): Verdict {
  if (phase === 'Succeeded') return COMPLETED
  if (phase === 'Failed') return FAILED
  const sidecars = (spec?.initContainers ?? []).filter(isSidecar)
  const unready = [
    ...statuses.init.filter(({ name }) => sidecars.some((sidecar) => sidecar.name === name)),
    ...statuses.main,
  ]
    .filter(({ ready: isReady }) => !isReady)
    .map(({ name }) => name)
  if (unready.length === 0) return { status: 'True' }
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  }
}

function ready({ spec, status }: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady
  const messages = (spec?.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = status?.conditions?.find(({ type }) => type === conditionType)
    const name = JSON.stringify(conditionType)
    if (!condition) return [`corresponding condition of pod readiness gate ${name} does not exist.`]
    if (condition.status === 'True') return []
    return [`the status of pod readiness gate ${name} is not "True", but ${condition.status}`]
  })
  if (messages.length === 0) return { status: 'True' }
  return { status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') }
}
