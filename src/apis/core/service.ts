import type { KubeObject } from '../meta/v1.ts'

/** The parts of Services and Endpoints (`v1`) that this project reads or writes. */

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName'
    readonly ports?: readonly ServicePort[]
    /** Absent: its endpoints are somebody else's business. */
    readonly selector?: Readonly<Record<string, string>> | null
    /** `None` makes it headless. */
    readonly clusterIP?: string
    readonly clusterIPs?: readonly string[]
    readonly ipFamilies?: readonly string[]
    readonly ipFamilyPolicy?: string
    readonly externalIPs?: readonly string[]
    readonly externalName?: string
    readonly publishNotReadyAddresses?: boolean
    readonly sessionAffinity?: 'ClientIP' | 'None'
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
    readonly internalTrafficPolicy?: string
    readonly externalTrafficPolicy?: string
  }
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[]
    }
  }
}

export interface ServicePort {
  readonly name?: string
  /** @default TCP */
  readonly protocol?: string
  readonly appProtocol?: string
  readonly port: number
  /** A number, or the name of a port of the Pods. @default port */
  readonly targetPort?: number | string
  readonly nodePort?: number
}

/** What a reference to an object in the same or a known place says. */
export interface ObjectReference {
  readonly apiVersion?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly fieldPath?: string
}

export interface EndpointAddress {
  readonly ip: string
  readonly hostname?: string
  readonly nodeName?: string
  readonly targetRef?: ObjectReference
}

export interface EndpointPort {
  readonly name?: string
  readonly port: number
  /** @default TCP */
  readonly protocol?: string
  readonly appProtocol?: string
}

/** Addresses that have the same ports. */
export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[]
  readonly notReadyAddresses?: readonly EndpointAddress[]
  readonly ports?: readonly EndpointPort[]
}

export interface Endpoints extends KubeObject {
  readonly subsets?: readonly EndpointSubset[] | null
}

/** Says on which node a Pod is to run. */
export interface Binding extends KubeObject {
  readonly target: ObjectReference
}
