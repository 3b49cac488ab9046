import type { EndpointSlice } from '../../apis/discovery/v1.ts'
import { type Informer, isNotFound, keyOf, type ResourceClient } from '../../kube/index.ts'
import { isTerminatingError } from '../service-accounts/terminating.ts'
import type { SlicePlan } from './plan-slices.ts'

/** An informer that has not told of a new slice by then will not tell of it any more. */
const UNSEEN_FOR_MS = 30_000

export interface SliceWriterComponents {
  readonly informer: Informer<EndpointSlice>
  readonly slices: ResourceClient<EndpointSlice>
  readonly clock: { monotonic(): number }
}

/**
 * Writes slices, and remembers which new ones the informer has not told of yet: their names are the server's, so that who plans
 * without them would make them twice.
 */
export class SliceWriter {
  readonly #components: SliceWriterComponents
  /** By the slice's key: whose it is, and when it was made. */
  readonly #unseen = new Map<string, { readonly owner: string; readonly at: number }>()

  constructor(components: SliceWriterComponents) {
    this.#components = components
    const see = (slice: EndpointSlice) => this.#unseen.delete(keyOf(slice))
    components.informer.addHandler({ onAdd: see, onDelete: see })
  }

  /** Whether there are slices of the owner that the informer has yet to tell of. Each of them is an event to come. */
  isBehind(owner: string): boolean {
    const now = this.#components.clock.monotonic()
    for (const [key, { at }] of this.#unseen) {
      if (now - at > UNSEEN_FOR_MS) this.#unseen.delete(key)
    }
    return [...this.#unseen.values()].some((unseen) => unseen.owner === owner)
  }

  async write(owner: string, { create, update, remove }: SlicePlan, signal: AbortSignal): Promise<void> {
    const { slices } = this.#components
    for (const slice of create) {
      try {
        this.#created(owner, await slices.create(slice, { signal }))
      } catch (error) {
        if (isTerminatingError(error)) return
        throw error
      }
    }
    for (const slice of update) await slices.update(slice, { signal })
    for (const { metadata } of remove) {
      const { namespace, name = '', uid } = metadata
      const options = { ...(uid && { preconditions: { uid } }), signal }
      await slices.delete({ namespace, name }, options).catch((error) => {
        if (!isNotFound(error)) throw error
      })
    }
  }

  #created(owner: string, slice: EndpointSlice): void {
    const { informer, clock } = this.#components
    const key = keyOf(slice)
    if (!informer.store.get(key)) this.#unseen.set(key, { owner, at: clock.monotonic() })
  }
}
