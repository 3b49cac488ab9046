import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type BigIntStats, existsSync, lstatSync, renameSync, rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { dirname } from 'node:path'
import { errorMessage } from '../common/errors.ts'
import { ListenError } from '../common/listen.ts'
import type { Logger } from '../common/log.ts'

export interface SocketFileOptions {
  readonly path: string
  /** Remove a socket file that an earlier process has left behind. */
  readonly deleteExistingSocket: boolean
}

/**
 * The file of a unix socket that a server listens on.
 *
 * A successor may take over the path while this process still serves its last connections. libuv removes whatever is at the
 * path when it closes a listener, which would make the successor unreachable; hence `close`.
 */
export class SocketFile {
  readonly #log: Logger
  readonly #path: string
  readonly #deleteExisting: boolean
  #own: BigIntStats | undefined

  constructor(log: Logger, { path, deleteExistingSocket }: SocketFileOptions) {
    this.#log = log
    this.#path = path
    this.#deleteExisting = deleteExistingSocket
  }

  /** Rejects with a ListenError. The socket is for its owner and group only: whoever can open it can dial. */
  async listen(server: Server): Promise<void> {
    if (this.#deleteExisting) this.#removeExisting()
    const listening = once(server, 'listening')
    const umask = process.umask(0o007)
    try {
      server.listen(this.#path)
    } finally {
      process.umask(umask)
    }
    try {
      await listening
    } catch (cause) {
      // libuv says EACCES where the folder is missing.
      const reason = existsSync(dirname(this.#path)) ? errorMessage(cause) : 'bind: no such file or directory'
      throw new ListenError(`listen unix ${this.#path}: ${reason} (set by --uds-name)`, { cause })
    }
    this.#own = this.#look()
  }

  /** Listens no more, and removes the file unless it is somebody else's by now. */
  close(server: Server): void {
    const aside = server.listening && this.#isTakenOver() ? this.#putAside() : undefined
    server.close()
    if (aside !== undefined) renameSync(aside, this.#path)
  }

  /** Where the file is for the moment that libuv needs. Undefined when it may not be renamed, so nor will it be removed. */
  #putAside(): string | undefined {
    const aside = `${this.#path}.${randomUUID()}`
    try {
      renameSync(this.#path, aside)
      return aside
    } catch {
      return undefined
    }
  }

  #removeExisting(): void {
    try {
      rmSync(this.#path, { force: true })
    } catch (err) {
      this.#log.error({ err, path: this.#path }, 'cannot remove the socket file')
    }
  }

  /** The number of an inode is not given away again as long as a socket is bound to it. */
  #isTakenOver(): boolean {
    const found = this.#look()
    return found !== undefined && (found.dev !== this.#own?.dev || found.ino !== this.#own.ino)
  }

  #look(): BigIntStats | undefined {
    try {
      return lstatSync(this.#path, { bigint: true })
    } catch {
      return undefined // there is none, or none that we could reach
    }
  }
}
