import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of this checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** What a user runs. */
export const CLUSTER_PROXY = path.join(ROOT, 'bin/cluster-proxy')

/** Some instructions for users are about curl, which not every machine has. */
export const hasCurl = spawnSync('curl', ['--version']).status === 0

/** A guard against hanging, generous since the machine may be busy; what is waited for takes a second at most. */
const GIVE_UP_AFTER_MS = 40_000

/** How much of a process's output an error shows. */
const SHOWN_CHARACTERS = 3_000

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Everything that comes on its standard input; without it, the input stays open and silent. */
  readonly input?: string
  /** In a process group of its own, as a shell starts a job: see `interrupt`. */
  readonly job?: boolean
  /** Without the IPC channel by whose loss our processes notice that the test run is gone. */
  readonly alone?: boolean
}

/** How a process ended: by itself with a status, or by a signal. */
export interface Exit {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly pid: number
  readonly err?: { readonly message: string; readonly stack?: string }
  readonly [field: string]: unknown
}

const running = new Set<TestProcess>()

// For test runs that are ended from outside. Ours end with their IPC channel in any case.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** To be an `afterEach` or `afterAll` of every test file that starts processes: no process outlives it. */
export async function endProcesses(): Promise<void> {
  await Promise.all([...running].map((child) => child.end()))
}

/** A process, with everything that it has said. */
export class TestProcess {
  readonly name: string
  stdout = ''
  stderr = ''
  /** Resolves when it is gone and its output is complete. */
  readonly exited: Promise<Exit>
  #exit: Exit | undefined
  readonly #child: ChildProcess
  readonly #job: boolean
  readonly #observers = new Set<() => void>()
  readonly #logLines: LogLine[] = []
  #parsed = 0

  /** Starts a program with arguments. */
  static start(command: string, args: readonly string[], options: StartOptions = {}): TestProcess {
    return new TestProcess(command, args, options)
  }

  /** Starts a command line, as a shell reads it, with more arguments behind it. */
  static startCommandLine(
    commandLine: string,
    args: readonly string[] = [],
    options: StartOptions = {},
  ): TestProcess {
    return new TestProcess('/bin/sh', ['-c', `exec ${commandLine} "$@"`, 'sh', ...args], options)
  }

  private constructor(command: string, args: readonly string[], options: StartOptions) {
    this.name = [command, ...args].join(' ')
    this.#job = options.job ?? false
    this.#child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      detached: this.#job,
      stdio: ['pipe', 'pipe', 'pipe', ...(options.alone ? [] : (['ipc'] as const))],
    })
    running.add(this)
    this.#child.stdin?.on('error', () => {}) // it may well not want it
    if (options.input !== undefined) this.#child.stdin?.end(options.input)
    this.#collect('stdout')
    this.#collect('stderr')
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (status, signal) => {
        running.delete(this)
        this.#exit = { status, signal }
        resolve(this.#exit)
        this.#notify()
      })
    })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error(`could not be started: ${this.name}`)
    return pid
  }

  get exit(): Exit | undefined {
    return this.#exit
  }

  get output(): string {
    return this.stdout + this.stderr
  }

  /** The lines of its log so far. */
  get log(): readonly LogLine[] {
    const end = this.stdout.lastIndexOf('\n') + 1
    for (const line of this.stdout.slice(this.#parsed, end).split('\n')) {
      if (line.startsWith('{')) this.#logLines.push(JSON.parse(line))
    }
    this.#parsed = end
    return this.#logLines
  }

  /** Resolves with what matches, once it has said it. What takes long is given longer. */
  said(pattern: RegExp, giveUpAfterMs?: number): Promise<RegExpExecArray> {
    return this.#until(
      () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr) ?? undefined,
      `${pattern}`,
      giveUpAfterMs,
    )
  }

  /** Resolves with the first line of its log that has this message, and what else is asked for. */
  logged(message: string, matches: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    return this.#until(
      () => this.log.find((line) => line.msg === message && matches(line)),
      `log ${JSON.stringify(message)}`,
    )
  }

  /** Sends a signal, unless it is gone already. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ctrl-C: SIGINT to all processes of the job. */
  interrupt(): void {
    if (!this.#job) throw new Error('not started as a job')
    process.kill(-this.pid, 'SIGINT')
  }

  /** Kills it, and waits until it is gone. */
  async end(): Promise<Exit> {
    this.#child.kill('SIGKILL')
    return this.exited
  }

  #collect(name: 'stdout' | 'stderr'): void {
    this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
      this[name] += text
      this.#notify()
    })
  }

  #notify(): void {
    for (const observer of this.#observers) observer()
  }

  #until<T>(look: () => T | undefined, what: string, giveUpAfterMs = GIVE_UP_AFTER_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.#observers.delete(observe)
        settle()
      }
      const observe = () => {
        const found = look()
        if (found !== undefined) finish(() => resolve(found))
        else if (this.#exit) finish(() => reject(this.#failure(`ended without ${what}`)))
      }
      const timer = setTimeout(
        () => finish(() => reject(this.#failure(`did not come to ${what}`))),
        giveUpAfterMs,
      )
      this.#observers.add(observe)
      observe()
    })
  }

  #failure(what: string): Error {
    const exit = this.#exit ? ` (${this.#exit.signal ?? `status ${this.#exit.status}`})` : ''
    return new Error(`${this.name} ${what}${exit}; it said:\n${this.output.slice(-SHOWN_CHARACTERS)}`)
  }
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Exit & { stdout: string; stderr: string }> {
  const child = TestProcess.start(command, args, options)
  const exit = await child.exited
  return { ...exit, stdout: child.stdout, stderr: child.stderr }
}

/** False also for a process that has ended and whose new parent has not taken notice, which in a container may take for ever. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return process.platform !== 'linux'
  }
}
