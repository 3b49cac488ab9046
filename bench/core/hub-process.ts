import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const CLUSTER_PROXY = fileURLToPath(new URL('../../bin/cluster-proxy', import.meta.url))

/** Linux's, wherever Node runs. */
const TICKS_PER_SECOND = 100

/** What a process has cost so far. */
export interface Cost {
  readonly cpuSeconds: number
  readonly residentMiB: number
}

/** One of our processes, and what it costs. */
export class HubProcess {
  readonly name: string
  readonly #child: ChildProcess
  #said = ''

  /** `profileDirectory`: where V8 leaves a profile when it ends. */
  constructor(name: string, args: readonly string[], profileDirectory?: string) {
    this.name = name
    const profiling = profileDirectory && `--cpu-prof --cpu-prof-dir=${profileDirectory}/${name}`
    this.#child = spawn(CLUSTER_PROXY, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...(profiling && { NODE_OPTIONS: profiling }) },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text) => {
        this.#said = (this.#said + text).slice(-10_000)
        if (process.env.CORE_LOG) process.stderr.write(text)
      })
  }

  /** Resolves once it has said something like that. */
  async said(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#said)) {
      this.requireAlive()
      await Promise.race([once(this.#child.stdout as NodeJS.EventEmitter, 'data'), once(this.#child, 'exit')])
    }
  }

  requireAlive(): void {
    if (this.#child.exitCode !== null) throw new Error(`${this.name} has ended:\n${this.#said}`)
  }

  cost(): Cost {
    return costOf(this.#child.pid as number)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await ended
  }
}

export function costOf(pid: number): Cost {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    residentMiB: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024,
  }
}
