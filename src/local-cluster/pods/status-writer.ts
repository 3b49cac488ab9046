import { isDeepStrictEqual } from 'node:util'
import type { Pod, PodStatus } from '../../apis/core/v1.ts'
import type { Logger } from '../../common/log.ts'
import type { Clock, ResourceClient } from '../../kube/index.ts'

const RETRY_MS = 1000

/** The list is to be as it is given; else a strategic merge would add to it. */
const REPLACE = { $patch: 'replace' }

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
    if (!this.#isWritten()) this.#writing ??= this.#drain()
  }

  /** Resolves when all is written, or `stop` has been called. */
  async flush(): Promise<void> {
    await this.#writing
  }

  /** What is not written yet is left. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#writing
  }

  #isWritten(): boolean {
    return isDeepStrictEqual(this.#wanted, this.#written)
  }

  async #drain(): Promise<void> {
    while (!this.#stopping.signal.aborted && !this.#isWritten()) await this.#writeOnce()
    this.#writing = undefined
  }

  async #writeOnce(): Promise<void> {
    const { clock, log } = this.#components
    const { signal } = this.#stopping
    const status = this.#wanted ?? {}
    try {
      await this.#patch(status, signal)
      this.#written = status
    } catch (err) {
      if (signal.aborted) return
      log.warn({ err }, 'could not write the status of a pod')
      await clock.sleep(RETRY_MS, signal).catch(() => {})
    }
  }

  async #patch(status: PodStatus, signal: AbortSignal): Promise<void> {
    const { namespace, name = '', uid } = this.#pod.metadata
    const { reason = null, message = null, conditions = [], podIPs, hostIPs, ...rest } = status
    const body = {
      metadata: { uid },
      status: {
        ...rest,
        ...(podIPs && { podIPs: [REPLACE, ...podIPs] }),
        ...(hostIPs && { hostIPs: [REPLACE, ...hostIPs] }),
        reason,
        message,
        conditions: conditions.map((condition) => ({ reason: null, message: null, ...condition })),
      },
    }
    await this.#components.pods.patchStatus({ namespace, name }, { type: 'strategic', body }, { signal })
  }
}
