import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Change, Journal, JournalContents } from './journal.ts'
import { packChanges, unpackChanges } from './packed-changes.ts'
import type { WorkerAnswer, WorkerOptions, WorkerRequest } from './sqlite-protocol.ts'
import { StorageError, type StorageErrorCode } from './storage-error.ts'

/** What SQLite says without a cure, by the code that the worker gives it. */
const CURES: Partial<Record<StorageErrorCode, string>> = {
  ERR_STORAGE_LOCKED: 'is in use by another control plane: stop that one, or choose another data directory',
  ERR_STORAGE_FULL: 'cannot grow: no space left for it: make some, or choose another data directory',
}

/**
 * Keeps changes in an SQLite file. An append is on the disk when it resolves (write-ahead log, fsync on every commit), so it
 * survives kill -9 and the loss of power. The file belongs to one process at a time.
 */
export class SqliteJournal implements Journal {
  readonly #options: WorkerOptions
  readonly #opened = Promise.withResolvers<JournalContents>()
  readonly #broken = Promise.withResolvers<StorageError>()
  /** Waiting for their answers, in the order of the requests. */
  #waiting: PromiseWithResolvers<void>[] = []
  #worker: Worker | undefined
  #changes: Change[] = []

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  get broken(): Promise<StorageError> {
    return this.#broken.promise
  }

  /** Once: whoever cannot wait for who will read it may open it before. */
  open(): Promise<JournalContents> {
    if (!this.#worker) this.#start()
    return this.#opened.promise
  }

  #start(): void {
    const extension = path.extname(fileURLToPath(import.meta.url)) // .ts in a checkout, .js when built
    this.#worker = new Worker(new URL(`./sqlite-worker${extension}`, import.meta.url), {
      workerData: this.#options,
      execArgv: [], // what the process was started with may not suit a worker
    })
    this.#worker.on('message', (answer: WorkerAnswer) => this.#handleAnswer(answer))
    this.#worker.on('error', (cause) =>
      this.#fail(new StorageError('ERR_STORAGE_IO', cause.message, { cause })),
    )
    this.#worker.on('exit', () =>
      this.#fail(new StorageError('ERR_STORAGE_CLOSED', `${this.#options.file} is closed`)),
    )
  }

  append(changes: readonly Change[]): Promise<void> {
    const packed = packChanges(changes)
    return this.#ask({ type: 'append', ...packed }, [packed.bytes.buffer])
  }

  compact(revision: number, obsolete: readonly number[]): Promise<void> {
    return this.#ask({ type: 'compact', revision, obsolete })
  }

  async close(): Promise<void> {
    const worker = this.#worker
    if (!worker) return
    await this.#ask({ type: 'close' })
    this.#worker = undefined
    await worker.terminate()
  }

  /** @param handedOver what is the worker's from now on */
  #ask(request: WorkerRequest, handedOver: ArrayBuffer[] = []): Promise<void> {
    const worker = this.#worker
    if (!worker)
      return Promise.reject(new StorageError('ERR_STORAGE_CLOSED', `${this.#options.file} is not open`))
    const answer = Promise.withResolvers<void>()
    this.#waiting.push(answer)
    worker.postMessage(request, handedOver)
    return answer.promise
  }

  #handleAnswer(answer: WorkerAnswer): void {
    switch (answer.type) {
      case 'contents':
        this.#changes.push(...unpackChanges(answer))
        if (answer.compactedRevision === undefined) return
        this.#opened.resolve({ compactedRevision: answer.compactedRevision, changes: this.#changes })
        this.#changes = []
        return
      case 'done':
        this.#waiting.shift()?.resolve()
        return
      case 'failed': {
        const { code } = answer
        const { [code]: known } = CURES
        const error = new StorageError(code, known ? `${this.#options.file} ${known}` : answer.message)
        const waiting = this.#waiting.shift()
        if (waiting) waiting.reject(error)
        else this.#fail(error)
        return
      }
      default:
        throw new Error(`unknown answer ${answer satisfies never}`)
    }
  }

  /** The worker is of no use any more, or has never been. */
  #fail(error: StorageError): void {
    if (this.#worker) this.#broken.resolve(error)
    void this.#worker?.terminate()
    this.#worker = undefined
    this.#opened.reject(error)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error)
  }
}
