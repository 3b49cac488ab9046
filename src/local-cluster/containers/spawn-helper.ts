import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '../../common/errors.ts'
import { LIFELINE_FD, type SpawnAnswer, type SpawnedExit, type SpawnRequest } from './spawn-messages.ts'

const EXTENSION = path.extname(fileURLToPath(import.meta.url)) // .ts in a checkout, .js when built
const PROGRAM = fileURLToPath(new URL(`./spawn-helper-process${EXTENSION}`, import.meta.url))
/** It has few objects, and is the faster the smaller it is. */
const NODE_FLAGS = ['--max-semi-space-size=1']

/** A process that was started, without its streams. */
export interface Started {
  readonly pid: number
  /** Resolves when it has ended; as killed, where the helper ended first. */
  readonly exited: Promise<SpawnedExit>
}

interface Asked {
  readonly started: PromiseWithResolvers<Started>
  readonly exited: PromiseWithResolvers<SpawnedExit>
}

/**
 * A process that starts others for this one. These have a descriptor that ends when this process does, whichever way, and also when
 * the helper has: what it has started is lost then.
 */
export class SpawnHelper {
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  readonly #asked = new Map<number, Asked>()
  #count = 0
  #hasEnded = false

  /** Rejects with what the system has against it. */
  static async start(): Promise<SpawnHelper> {
    const child = spawn(process.execPath, [...NODE_FLAGS, PROGRAM], {
      cwd: '/',
      detached: true, // a terminal's signals are not for it
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'], // LIFELINE_FD is the last
    })
    child.stdio[LIFELINE_FD]?.on('error', () => {})
    await once(child, 'spawn')
    return new SpawnHelper(child)
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: SpawnAnswer) => this.#hear(answer))
    child.on('error', () => {}) // a message that was not sent to one that has ended
    this.ended = once(child, 'exit').then(() => this.#end())
  }

  /** Rejects with what the system has against it. */
  spawn(request: Omit<SpawnRequest, 'id'>): Promise<Started> {
    if (this.#hasEnded) return Promise.reject(helperHasEnded())
    const id = this.#count++
    const asked = {
      started: Promise.withResolvers<Started>(),
      exited: Promise.withResolvers<SpawnedExit>(),
    }
    this.#asked.set(id, asked)
    if (this.#child.connected) this.#child.send({ id, ...request } satisfies SpawnRequest)
    return asked.started.promise
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    await this.ended
  }

  #hear(answer: SpawnAnswer): void {
    const asked = this.#asked.get(answer.id)
    if (!asked) return
    const { started, exited } = asked
    if ('pid' in answer) {
      started.resolve({ pid: answer.pid, exited: exited.promise })
      return
    }
    this.#asked.delete(answer.id)
    if ('exit' in answer) exited.resolve(answer.exit)
    else started.reject(new AppError('ERR_SPAWN', answer.error))
  }

  #end(): void {
    this.#hasEnded = true
    this.#child.stdio[LIFELINE_FD]?.destroy()
    for (const { started, exited } of this.#asked.values()) {
      started.reject(helperHasEnded())
      exited.resolve({ code: null, signal: 'SIGKILL' })
    }
    this.#asked.clear()
  }
}

function helperHasEnded(): AppError {
  return new AppError('ERR_SPAWN', 'the process that starts containers has ended')
}
