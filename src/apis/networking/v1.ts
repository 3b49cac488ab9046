import type { KubeObject, LabelSelector } from '../meta/v1.ts'

export interface NetworkPolicyPort {
  readonly protocol?: 'SCTP' | 'TCP' | 'UDP'
  /** A number, or a name of a port of the Pods. */
  readonly port?: number | string
  readonly endPort?: number
}

/** Pods, namespaces, or addresses. */
export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}

export interface NetworkPolicySpec {
  /** The Pods that this is about. */
  readonly podSelector?: LabelSelector
  readonly policyTypes?: readonly ('Egress' | 'Ingress')[]
  readonly ingress?: readonly {
    readonly ports?: readonly NetworkPolicyPort[]
    readonly from?: readonly NetworkPolicyPeer[]
  }[]
  readonly egress?: readonly {
    readonly ports?: readonly NetworkPolicyPort[]
    readonly to?: readonly NetworkPolicyPeer[]
  }[]
}

export interface NetworkPolicy extends KubeObject {
  readonly spec?: NetworkPolicySpec
}
