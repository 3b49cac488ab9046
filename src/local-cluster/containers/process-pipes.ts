import { close, constants, open, rm } from 'node:fs'
import { Socket } from 'node:net'
import { type Readable, Writable } from 'node:stream'
import { promisify } from 'node:util'
import type { NamedPipes } from './named-pipes.ts'

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** Other than that of `fs/promises`, what it gives is closed by nobody but a socket's owner. */
export const openFile = promisify(open)
const closeFile = promisify(close)
const remove = promisify(rm)

/** Paths of a process's standard input, output and error; null where it has no input. */
export type PipePaths = readonly [stdin: string | null, stdout: string, stderr: string]

export interface ProcessStreams {
  readonly stdin: Writable | undefined
  readonly stdout: Readable
  readonly stderr: Readable
}

/**
 * Our ends of the pipes of a process. They are open before the other ends are, so that nobody waits for anybody or takes what is not
 * connected yet for over. Becomes the streams (`connect`), or is closed.
 */
export class ProcessPipes {
  readonly paths: PipePaths
  #ends: readonly number[]

  static async open(pipes: NamedPipes, { hasInput }: { readonly hasInput: boolean }): Promise<ProcessPipes> {
    try {
      return await openOnce(pipes, hasInput)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      pipes.forget()
      return openOnce(pipes, hasInput)
    }
  }

  constructor(paths: PipePaths, ends: readonly number[]) {
    this.paths = paths
    this.#ends = ends
  }

  /** To be called when the process has the other ends. Where it rejects, all is closed. */
  async connect(): Promise<ProcessStreams> {
    const [stdout, stderr, input] = this.#ends as [number, number, number?]
    try {
      const stdin = input === undefined ? undefined : await this.#writer()
      this.#ends = input === undefined ? [] : [input]
      return { stdin, stdout: reader(stdout), stderr: reader(stderr) }
    } finally {
      await this.close()
    }
  }

  async close(): Promise<void> {
    const ends = this.#ends
    this.#ends = []
    await Promise.all(ends.map((end) => closeFile(end)))
    await Promise.all(
      this.paths.map((path) => path !== null && remove(path, { force: true }).catch(() => {})),
    )
  }

  /** Our own end for both directions has kept the pipe open: with it, nobody would be told when the process reads no more. */
  async #writer(): Promise<Writable> {
    try {
      const fd = await openFile(this.paths[0] ?? '', O_WRONLY | O_NONBLOCK)
      return new Socket({ fd, readable: false, writable: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
      return new Writable({ write: (_chunk, _encoding, done) => done() }) // it reads no more already
    }
  }
}

async function openOnce(pipes: NamedPipes, hasInput: boolean): Promise<ProcessPipes> {
  const ends: number[] = []
  const opened = async (flags: number) => {
    const path = await pipes.take()
    ends.push(await openFile(path, flags | O_NONBLOCK))
    return path
  }
  try {
    const [stdout, stderr] = [await opened(O_RDONLY), await opened(O_RDONLY)]
    return new ProcessPipes([hasInput ? await opened(O_RDWR) : null, stdout, stderr], ends)
  } catch (error) {
    await Promise.all(ends.map((end) => closeFile(end)))
    throw error
  }
}

function reader(fd: number): Readable {
  return new Socket({ fd, readable: true, writable: false })
}
