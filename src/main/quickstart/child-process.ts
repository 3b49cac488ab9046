import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { PROGRESS_ENV } from '../local-cluster/progress.ts'

/** How long a process may take to end in order, in ms. */
const STOP_TIMEOUT_MS = 10_000
const SHOWN_LOG_LINES = 5
/** Behind its log and the channel that ties it to us. */
const PROGRESS_FD = 4

export interface ManagedProcessOptions {
  readonly executable: string
  readonly logDir: string
  /** Node's own. @default those of this process */
  readonly nodeFlags?: readonly string[]
  /** Whether it says what it is doing, as local clusters do. @default false */
  readonly progress?: boolean
}

/**
 * Another process of this executable. Its log goes to a file, and it ends with us however we end: it is connected by an
 * IPC channel, whose loss it takes for the word to stop.
 */
export class ManagedProcess {
  readonly name: string
  readonly logFile: string
  readonly #child: ChildProcess

  constructor(name: string, args: readonly string[], options: ManagedProcessOptions) {
    const { executable, nodeFlags = process.execArgv, progress = false } = options
    this.name = name
    this.logFile = path.join(options.logDir, `${name}.log`)
    const log = openSync(this.logFile, 'w', 0o600)
    this.#child = spawn(process.execPath, [...nodeFlags, executable, ...args], {
      stdio: ['ignore', log, log, 'ipc', ...(progress ? (['pipe'] as const) : [])],
      env: progress ? { ...process.env, [PROGRESS_ENV]: String(PROGRESS_FD) } : process.env,
    })
    closeSync(log)
  }

  /** What it says of itself; nothing unless it was asked to. */
  get progress(): Readable | undefined {
    return (this.#child.stdio[PROGRESS_FD] ?? undefined) as Readable | undefined
  }

  /** Rejects when the process ends by itself, with the end of its log. */
  async failed(signal: AbortSignal): Promise<never> {
    const [code, killedBy] = await once(this.#child, 'exit', { signal })
    const lines = readFileSync(this.logFile, 'utf8').trim().split('\n').slice(-SHOWN_LOG_LINES).join('\n')
    const log = lines === '' ? 'its log is empty' : `its log ends:\n${lines}`
    throw new Error(`${this.name} ended by itself (${killedBy ?? `status ${code}`}); ${log}`)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    this.#child.kill('SIGTERM')
    await exited
    clearTimeout(timer)
  }
}
