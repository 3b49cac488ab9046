import type { Pod } from '../../apis/core/v1.ts'
import { inParallel } from '../../common/in-parallel.ts'
import { type Informer, type ResourceClient, removeFinalizer } from '../../kube/index.ts'
import { isTracked, TRACKING_FINALIZER } from './job-pods.ts'

const AT_ONCE = 16

/** Takes the finalizer off pods, and remembers of which, until that is seen: a pod must not be counted again meanwhile. */
export class PodReleases {
  readonly #pods: ResourceClient<Pod>
  readonly #released = new Set<string>()

  constructor(pods: ResourceClient<Pod>, informer: Informer<Pod>) {
    this.#pods = pods
    informer.addHandler({
      onUpdate: (_, pod) => {
        if (!isTracked(pod)) this.#released.delete(uidOf(pod))
      },
      onDelete: (pod) => {
        this.#released.delete(uidOf(pod))
      },
    })
  }

  /** The uids of those of the pods that still have the finalizer only because its removal was not seen. To be asked as they are read. */
  among(pods: readonly Pod[]): ReadonlySet<string> {
    return new Set(pods.map(uidOf).filter((uid) => this.#released.has(uid)))
  }

  async release(pod: Pod, signal: AbortSignal): Promise<void> {
    if (!isTracked(pod) || this.#released.has(uidOf(pod))) return
    this.#released.add(uidOf(pod))
    try {
      await removeFinalizer(this.#pods, pod, TRACKING_FINALIZER, { signal })
    } catch (error) {
      this.#released.delete(uidOf(pod))
      throw error
    }
  }

  /** Does what can be done: resolves with the uids of those that are released, and the first failure. */
  async releaseAll(
    pods: readonly Pod[],
    signal: AbortSignal,
  ): Promise<{ readonly released: ReadonlySet<string>; readonly failure?: unknown }> {
    const released = new Set<string>()
    let failure: unknown
    await inParallel(pods, AT_ONCE, async (pod) => {
      try {
        await this.release(pod, signal)
        released.add(uidOf(pod))
      } catch (error) {
        failure ??= error
      }
    })
    return { released, failure }
  }
}

function uidOf({ metadata }: Pod): string {
  return metadata.uid ?? ''
}
