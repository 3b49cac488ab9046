import type { AdmissionChain } from '../admission/index.ts'
import type { ObjectRegistry } from '../registry/index.ts'
import type { ObjectStore } from '../storage/index.ts'
import type { Allocator } from './allocation.ts'

/** What requests for objects are carried out with. */
export interface EndpointComponents {
  readonly store: ObjectStore
  readonly registry: ObjectRegistry
  readonly admission: AdmissionChain
  /** By the resources of the store whose objects need something. */
  readonly allocators: ReadonlyMap<string, Allocator>
  /** In milliseconds since 1970. */
  readonly now: () => number
}
