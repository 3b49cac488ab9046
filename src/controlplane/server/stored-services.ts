import type { Allocation, Allocator } from '../endpoints/index.ts'
import { type Service, ServiceAddresses, type ServiceAddressesOptions } from '../kinds/core/index.ts'
import type { KubeObject } from '../registry/index.ts'
import type { ObjectSource } from './object-source.ts'

/** Addresses and node ports for Services, none of which another one that is kept has already. */
export class StoredServices implements Allocator {
  readonly #objects: ObjectSource
  readonly #addresses: ServiceAddresses
  #stop: (() => void) | undefined

  constructor(components: { readonly objects: ObjectSource }, options: ServiceAddressesOptions) {
    this.#objects = components.objects
    this.#addresses = new ServiceAddresses(options)
  }

  /** Learns of all Services that there are, and from now on of those that go. */
  start(): void {
    this.#stop = this.#objects.follow('services', (service, isGone) => {
      if (isGone) this.#addresses.release(service as Service)
      else this.#addresses.adopt(service as Service)
    })
  }

  stop(): void {
    this.#stop?.()
  }

  /** The address that the API server's own Service has. */
  get first(): string {
    return this.#addresses.first
  }

  assign(object: KubeObject, old?: KubeObject): Allocation {
    const assignment = this.#addresses.assign(object as Service, old as Service | undefined)
    return {
      object: assignment.service,
      keep: () => assignment.keep(),
      giveBack: () => assignment.giveBack(),
    }
  }
}
