import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** How long a process may take to end in order, in ms. */
const STOP_TIMEOUT_MS = 5_000
const SHOWN_LOG_LINES = 5

/**
 * Another process of this executable. Its log goes to a file, and it ends with us however we end: it is connected by an
 * IPC channel, whose loss it takes for the word to stop.
 */
export class ManagedProcess {
  readonly name: string
  readonly logFile: string
  readonly #child: ChildProcess

  constructor(name: string, args: readonly string[], options: { executable: string; logDir: string }) {
    this.name = name
    this.logFile = path.join(options.logDir, `${name}.log`)
    const log = openSync(this.logFile, 'w', 0o600)
    this.#child = spawn(process.execPath, [...process.execArgv, options.executable, ...args], {
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
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
