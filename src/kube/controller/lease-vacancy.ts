import type { Lease } from '../../apis/coordination/v1.ts'
import type { ResourceClient } from '../client/resource-client.ts'
import type { Clock } from '../clock.ts'
import { Informer } from '../watch/informer.ts'

export interface LeaseVacancyComponents {
  readonly leases: ResourceClient<Lease>
  readonly clock: Clock
}

/**
 * Notices when a Lease is given up, or deleted, for those who wait to lead: the next leader need not find out at its next look, which may
 * be half a minute later. Where watching is not allowed, the looks have to do.
 */
export class LeaseVacancy {
  readonly #clock: Clock
  readonly #informer: Informer<Lease>
  #isVacant = false
  #wake: (() => void) | undefined

  constructor(
    { leases, clock }: LeaseVacancyComponents,
    { namespace, name }: { readonly namespace: string; readonly name: string },
  ) {
    this.#clock = clock
    this.#informer = new Informer<Lease>(
      { resource: leases, clock },
      { namespace, fieldSelector: `metadata.name=${name}`, streamInitialObjects: false },
    )
    this.#informer.addHandler({
      onAdd: (lease) => this.#look(lease),
      onUpdate: (_, lease) => this.#look(lease),
      onDelete: () => this.#notice(),
    })
  }

  /** Waits until the Lease is vacant, or has been since the last call, and no longer than `ms`. Rejects with the reason of `signal`. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#informer.start()
    const waking = new AbortController()
    this.#wake = () => waking.abort()
    if (!this.#isVacant) await this.#clock.sleep(ms, AbortSignal.any([signal, waking.signal])).catch(() => {})
    this.#wake = undefined
    this.#isVacant = false
    signal.throwIfAborted()
  }

  stop(): Promise<void> {
    return this.#informer.stop()
  }

  #look({ spec }: Lease): void {
    if (!spec?.holderIdentity) this.#notice()
  }

  #notice(): void {
    this.#isVacant = true
    this.#wake?.()
  }
}
