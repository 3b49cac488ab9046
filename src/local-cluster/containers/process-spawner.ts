import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { NamedPipes } from './named-pipes.ts'
import { type PipePaths, ProcessPipes, type ProcessStreams } from './process-pipes.ts'

export interface SpawnOptions {
  /** The first is the absolute path of a program. */
  readonly command: readonly string[]
  readonly cwd: string
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly hasInput: boolean
}

/** As Node tells it: one of them is null. */
export interface SpawnedExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process in a session and process group of its own. */
export interface SpawnedProcess extends ProcessStreams {
  readonly pid: number
  /** Resolves when it has ended; its output may still have to be read. */
  readonly exited: Promise<SpawnedExit>
}

/**
 * Starts processes whose standard streams are pipes, and whose descriptor 3 ends when this process does, whichever way.
 */
export class ProcessSpawner {
  readonly #pipes: NamedPipes

  /** @param folder for pipes; made if need be, and removed by `stop` */
  constructor({ folder }: { readonly folder: string }) {
    this.#pipes = new NamedPipes(folder)
  }

  /** Rejects with what the system has against it. */
  async spawn({ hasInput, ...options }: SpawnOptions): Promise<SpawnedProcess> {
    const pipes = await ProcessPipes.open(this.#pipes, { hasInput })
    try {
      const started = await spawnWith(pipes.paths, options)
      return { ...started, ...(await pipes.connect()) }
    } catch (error) {
      await pipes.close()
      throw error
    }
  }

  /** To be called when all have ended. */
  async stop(): Promise<void> {
    await this.#pipes.remove()
  }
}

async function spawnWith(
  [stdin, stdout, stderr]: PipePaths,
  { command: [program = '', ...args], cwd, env }: Omit<SpawnOptions, 'hasInput'>,
): Promise<Pick<SpawnedProcess, 'pid' | 'exited'>> {
  const ends: number[] = []
  const opened = (path: string, flags: number) => {
    const end = openEnd(path, flags)
    ends.push(end)
    return end
  }
  try {
    const stdio = [
      stdin === undefined ? ('ignore' as const) : opened(stdin, constants.O_RDONLY),
      opened(stdout, constants.O_WRONLY),
      opened(stderr, constants.O_WRONLY),
      'pipe' as const,
    ]
    const child = spawn(program, args, { cwd, env, detached: true, stdio })
    child.stdio[3]?.on('error', () => {})
    const exited = new Promise<SpawnedExit>((resolve) => {
      child.once('exit', (code, signal) => {
        child.stdio[3]?.destroy()
        resolve({ code, signal })
      })
    })
    await once(child, 'spawn')
    return { pid: child.pid as number, exited } // it has one since it was spawned
  } finally {
    for (const end of ends) closeSync(end)
  }
}

/** To open one end of a pipe waits for the other, which its owner may have closed by now. */
function openEnd(path: string, flags: number): number {
  const both = openSync(path, constants.O_RDWR)
  try {
    return openSync(path, flags)
  } finally {
    closeSync(both)
  }
}
