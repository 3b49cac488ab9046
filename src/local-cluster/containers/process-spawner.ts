import type { Logger } from '../../common/log.ts'
import { NamedPipes } from './named-pipes.ts'
import { ProcessPipes, type ProcessStreams } from './process-pipes.ts'
import { sendSignal } from './send-signal.ts'
import { SpawnHelper, type Started } from './spawn-helper.ts'
import type { SpawnRequest } from './spawn-messages.ts'

export interface SpawnOptions extends Omit<SpawnRequest, 'id' | 'paths'> {
  readonly hasInput: boolean
}

/** A process in a session and process group of its own, whose output may still have to be read when it has ended. */
export type SpawnedProcess = Started & ProcessStreams

/**
 * Starts processes whose standard streams are pipes, and whose descriptor 3 ends when this process does, whichever way. Owns the
 * helper that does so, and starts another where that has ended.
 */
export class ProcessSpawner {
  readonly #log: Logger
  /** For whoever needs one. */
  readonly pipes: NamedPipes
  readonly #stopping = new AbortController()
  #helper: Promise<SpawnHelper> | undefined

  /** @param folder for pipes; made if need be, and removed by `stop` */
  constructor({ log }: { readonly log: Logger }, { folder }: { readonly folder: string }) {
    this.#log = log
    this.pipes = new NamedPipes(folder)
  }

  /** Rejects with what the system has against it. */
  async spawn({ hasInput, ...options }: SpawnOptions): Promise<SpawnedProcess> {
    this.#helper ??= this.#startHelper()
    const helper = await this.#helper
    const pipes = await ProcessPipes.open(this.pipes, { hasInput })
    let started: Started
    try {
      started = await helper.spawn({ ...options, paths: pipes.paths })
    } catch (error) {
      await pipes.close()
      throw error
    }
    try {
      return { ...started, ...(await pipes.connect()) }
    } catch (error) {
      sendSignal(-started.pid, 'SIGKILL') // nobody knows it
      throw error
    }
  }

  /** What it has started ends, too. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const helper = await this.#helper?.catch(() => undefined)
    await helper?.stop()
    await this.pipes.remove()
  }

  async #startHelper(): Promise<SpawnHelper> {
    const forget = () => {
      this.#helper = undefined
    }
    try {
      const helper = await SpawnHelper.start()
      helper.ended.then(() => {
        forget()
        if (!this.#stopping.signal.aborted) this.#log.warn('the process that starts containers has ended')
      })
      return helper
    } catch (error) {
      forget()
      throw error
    }
  }
}
