import type { ObjectReference } from '../core/v1.ts'
import type { KubeObject } from '../meta/v1.ts'

export type AddressType = 'IPv4' | 'IPv6' | 'FQDN'

export interface Endpoint {
  /** All of one and the same endpoint. */
  readonly addresses: readonly string[]
  readonly conditions?: {
    /** Absent means yes. Never of a terminating one, unless the Service publishes all. */
    readonly ready?: boolean
    /** As `ready`, also of what is terminating. */
    readonly serving?: boolean
    readonly terminating?: boolean
  }
  readonly hostname?: string
  readonly targetRef?: ObjectReference
  readonly nodeName?: string
  readonly zone?: string
}

export interface EndpointPort {
  readonly name?: string
  readonly protocol?: string
  /** Absent: all ports. */
  readonly port?: number
  readonly appProtocol?: string
}

/** Endpoints of a Service (named by the label `kubernetes.io/service-name`), all of one address family and with the same ports. */
export interface EndpointSlice extends KubeObject {
  readonly addressType: AddressType
  readonly endpoints?: readonly Endpoint[] | null
  readonly ports?: readonly EndpointPort[] | null
}
