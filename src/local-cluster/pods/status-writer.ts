import { isDeepStrictEqual } from 'node:util'
import type { Pod, PodStatus } from '../../apis/core/v1.ts'
import type { Logger } from '../../common/log.ts'
import { type Clock, isConflict, isNotFound, type ResourceClient } from '../../kube/index.ts'

const RETRY_MS = 1000

export interface StatusWriterComponents {
  readonly pods: ResourceClient<Pod>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Writes the status of one Pod, the last one that it was told of; and nothing where that is written already. Patches, so that the
 * conditions of others stay; and only to the Pod with the uid.
 */
export class StatusWriter {
  readonly #components: StatusWriterComponents
  readonly #pod: Pod
  readonly #stopping = new AbortController()
  #wanted: PodStatus | undefined
  #written: PodStatus | undefined
  #writing: Promise<void> | undefined

  constructor(components: StatusWriterComponents, pod: Pod) {
    this.#components = components
    this.#pod = pod
  }

  /** Does not wait. */
  write(status: PodStatus): void {
    this.#wanted = status
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined
    })
  }

  /** Resolves when all is written, or cannot be any more. */
  async flush(): Promise<void> {
    await this.#writing
  }

  /** What is not written yet is left. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#writing
  }

  async #drain(): Promise<void> {
    const { clock, log } = this.#components
    const { signal } = this.#stopping
    while (!signal.aborted && this.#wanted && !isDeepStrictEqual(this.#wanted, this.#written)) {
      const status = this.#wanted
      try {
        await this.#patch(status, signal)
        this.#written = status
      } catch (err) {
        if (signal.aborted || isNotFound(err) || isConflict(err)) return // it is gone, or another one
        log.warn({ err }, 'could not write the status of a pod')
        await clock.sleep(RETRY_MS, signal).catch(() => {})
      }
    }
  }

  async #patch(status: PodStatus, signal: AbortSignal): Promise<void> {
    const { namespace, name = '', uid } = this.#pod.metadata
    const { reason = null, message = null, conditions = [], ...rest } = status
    const body = {
      metadata: { uid },
      status: {
        ...rest,
        reason,
        message,
        conditions: conditions.map((condition) => ({ reason: null, message: null, ...condition })),
      },
    }
    await this.#components.pods.patchStatus({ namespace, name }, { type: 'strategic', body }, { signal })
  }
}
