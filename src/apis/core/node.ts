import type { ConditionStatus, KubeObject, Time } from '../meta/v1.ts'

/** The parts of a Node (`v1`) that this project reads or writes, and what Pods say of the nodes that they want. */

export interface Node extends KubeObject {
  readonly spec?: {
    readonly podCIDR?: string
    readonly podCIDRs?: readonly string[]
    readonly providerID?: string
    readonly unschedulable?: boolean
    readonly taints?: readonly Taint[]
  }
  readonly status?: {
    readonly capacity?: ResourceList
    /** What Pods may ask for. */
    readonly allocatable?: ResourceList
    readonly conditions?: readonly NodeCondition[]
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port: number } }
    readonly nodeInfo?: Readonly<Record<string, string>>
  }
}

/** Quantities by the names of resources, such as `cpu`. */
export type ResourceList = Readonly<Record<string, string>>

/** Unlike other kinds' conditions, it says when it was last looked at. */
export interface NodeCondition {
  readonly type: string
  readonly status: ConditionStatus
  readonly lastHeartbeatTime?: Time | null
  readonly lastTransitionTime?: Time | null
  readonly reason?: string
  readonly message?: string
}

/** Keeps Pods away that do not tolerate it. */
export interface Taint {
  readonly key: string
  readonly value?: string
  /** `NoSchedule`, `PreferNoSchedule` or `NoExecute`. */
  readonly effect: string
  readonly timeAdded?: Time
}

export interface NodeSelectorRequirement {
  readonly key: string
  /** `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`. */
  readonly operator: string
  readonly values?: readonly string[]
}

/** All requirements must hold; a term without any holds for no node. */
export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[]
  /** Of fields there is but one: `metadata.name`. */
  readonly matchFields?: readonly NodeSelectorRequirement[]
}

export interface NodeAffinity {
  /** One of the terms must hold. */
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    readonly nodeSelectorTerms: readonly NodeSelectorTerm[]
  }
}
