import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { makeDirectory } from '../../common/make-directory.ts'
import { DEFAULT_PATH, findExecutable, StartError } from './find-executable.ts'

/** A process that makes one takes as long as one that makes many. */
const MADE_AT_ONCE = 64
/** With so few left, others are made before somebody has to wait for them. */
const FEW = 16

const run = promisify(execFile)

/**
 * Pipes with names (fifo(7)), in a folder of their own. Node connects processes with sockets, which cannot be opened by a name:
 * to a program that writes to `/dev/stderr` they are "No such device or address". Owns the folder, and not what was taken.
 */
export class NamedPipes {
  readonly #folder: string
  #ready: string[] = []
  #making: Promise<void> | undefined

  /** @param folder made if need be */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** The path of one that nobody else has. Rejects where there is no `mkfifo`, or the file system has no pipes or no room. */
  async take(): Promise<string> {
    for (;;) {
      const pipe = this.#ready.pop()
      if (pipe === undefined) {
        await this.#make()
        continue
      }
      if (this.#ready.length < FEW) this.#make().catch(() => {}) // whoever finds none tries again
      return pipe
    }
  }

  /** They may be gone with their folder: the next ones are made anew. */
  forget(): void {
    this.#ready = []
  }

  async remove(): Promise<void> {
    await this.#making?.catch(() => {})
    await rm(this.#folder, { recursive: true, force: true })
  }

  #make(): Promise<void> {
    this.#making ??= this.#makeMany().finally(() => {
      this.#making = undefined
    })
    return this.#making
  }

  async #makeMany(): Promise<void> {
    await makeDirectory(this.#folder, 0o700)
    const made = Array.from({ length: MADE_AT_ONCE }, () => path.join(this.#folder, randomUUID()))
    await run(await findMkfifo(), ['-m', '600', ...made])
    this.#ready.push(...made)
  }
}

/** @throws StartError */
async function findMkfifo(): Promise<string> {
  const env = { PATH: `${process.env.PATH ?? ''}:${DEFAULT_PATH}` }
  try {
    return await findExecutable('mkfifo', { env, workingDir: '/' })
  } catch (cause) {
    throw new StartError('containers need the program "mkfifo" of coreutils on this machine', { cause })
  }
}
