import type { KubeObject, MicroTime } from '../meta/v1.ts'

export interface LeaseSpec {
  /** Empty or absent when nobody holds the Lease. */
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: MicroTime
  readonly renewTime?: MicroTime
  /** How often the Lease went from one holder to another. */
  readonly leaseTransitions?: number
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec
}
