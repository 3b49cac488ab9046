import { isDeepStrictEqual } from 'node:util'
import type { Node, NodeCondition } from '../../apis/core/v1.ts'
import { timeText } from '../../kube/index.ts'

/** kubelet's. */
const MOST_PODS = 110

export type NodeStatus = NonNullable<Node['status']>

/** What the node is, as far as it matters to Kubernetes. */
export interface Machine {
  readonly cpus: number
  readonly memoryBytes: number
  /** Such as `amd64`. */
  readonly architecture: string
  /** Such as `linux`. */
  readonly operatingSystem: string
  readonly kernelVersion: string
  readonly osImage: string
  readonly machineID: string
  readonly bootID: string
}

export interface NodeFacts {
  readonly name: string
  readonly hostIP: string
  /** Such as `v1.36.0`. */
  readonly kubeletVersion: string
  readonly runtimeVersion: string
  readonly machine: Machine
}

export function nodeLabels({ name, machine }: NodeFacts): Readonly<Record<string, string>> {
  const { architecture, operatingSystem } = machine
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': operatingSystem,
    'kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': operatingSystem,
    'beta.kubernetes.io/arch': architecture,
  }
}

/** What kubelet says of a node that works, or that is being shut down. Conditions keep the times of their last transition. */
export function nodeStatus(
  facts: NodeFacts,
  before: Node | undefined,
  { isReady, nowMs }: { readonly isReady: boolean; readonly nowMs: number },
): NodeStatus {
  const { name, hostIP, kubeletVersion, runtimeVersion, machine } = facts
  const capacity = {
    cpu: String(machine.cpus),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(MOST_PODS),
  }
  return {
    capacity,
    allocatable: capacity,
    conditions: conditionsOf(isReady).map((condition) => withTimes(condition, before, nowMs)),
    addresses: [
      { type: 'InternalIP', address: hostIP },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: {
      machineID: machine.machineID,
      systemUUID: machine.machineID,
      bootID: machine.bootID,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: runtimeVersion,
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: machine.operatingSystem,
      architecture: machine.architecture,
    },
  }
}

/** Whether two statuses say the same, at whatever time. */
export function saysTheSame(one: NodeStatus, other: NodeStatus): boolean {
  return isDeepStrictEqual(timeless(one), timeless(other))
}

function conditionsOf(isReady: boolean): readonly NodeCondition[] {
  return [
    sufficient('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    sufficient('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    sufficient('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    isReady
      ? {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          message: 'kubelet is posting ready status',
        }
      : {
          type: 'Ready',
          status: 'False',
          reason: 'KubeletNotReady',
          message: 'the local cluster has been stopped',
        },
  ]
}

function sufficient(type: string, reason: string, message: string): NodeCondition {
  return { type, status: 'False', reason, message }
}

function withTimes(condition: NodeCondition, before: Node | undefined, nowMs: number): NodeCondition {
  const existing = before?.status?.conditions?.find(({ type }) => type === condition.type)
  const isSame = existing?.status === condition.status
  const now = timeText(nowMs)
  return {
    ...condition,
    lastHeartbeatTime: now,
    lastTransitionTime: (isSame && existing.lastTransitionTime) || now,
  }
}

function timeless({ conditions = [], ...status }: NodeStatus): object {
  return { ...status, conditions: conditions.map(({ type, status: value, reason }) => [type, value, reason]) }
}
