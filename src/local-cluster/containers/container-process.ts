import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type Readable, Writable } from 'node:stream'
import { type Clock, timeText } from '../../kube/index.ts'
import type { ContainerLog } from './container-log.ts'
import { EarlyOutput } from './early-output.ts'
import { findExecutable } from './find-executable.ts'
import { killMarked } from './marked-processes.ts'
import type { MemoryGroup } from './memory-groups.ts'
import type { ProcessSpawner } from './process-spawner.ts'
import type { CommandStreams, ContainerSurroundings, ExitedContainer } from './surroundings.ts'
import { Terminal } from './terminal.ts'
import { type ProcessExit, WatchedProcess, type WatchedProcessOptions } from './watched-process.ts'

export type { ContainerSurroundings, ExitedContainer } from './surroundings.ts'

/** What an exec of a probe may say; the rest is dropped. */
const LONGEST_OUTPUT_BYTES = 10 * 1024

/** For somebody who is attached and reads too slowly. */
const LONGEST_BACKLOG_BYTES = 1024 * 1024

export interface ContainerProcessComponents {
  readonly clock: Clock
  readonly spawner: ProcessSpawner
  /** Is closed when the container has ended. */
  readonly log: ContainerLog
  /** Is removed when the container has ended. */
  readonly memory?: MemoryGroup | undefined
}

export interface ContainerProcessOptions {
  readonly command: readonly string[]
  readonly surroundings: ContainerSurroundings
  /** Whether it has an input, which is open until somebody closes it. */
  readonly stdin?: boolean | undefined
  /** Whether the first who attaches and leaves closes the input. */
  readonly stdinOnce?: boolean | undefined
  readonly tty?: boolean | undefined
}

export interface ExecOptions {
  readonly command: readonly string[]
  readonly tty?: boolean
}

/**
 * A running container: a process with its log, and the commands that others run beside it. Owns all of these: they end with it.
 */
export class ContainerProcess {
  readonly pid: number
  /** RFC 3339 with seconds. */
  readonly startedAt: string
  /** Resolves when it has ended with all that it and its commands have started, and its log is complete. */
  readonly exited: Promise<ExitedContainer>
  readonly #process: WatchedProcess
  readonly #components: ContainerProcessComponents
  readonly #options: ContainerProcessOptions
  readonly #terminal: Terminal | undefined
  readonly #mark: string
  readonly #executions = new Set<WatchedProcess>()
  readonly #attached = new Set<CommandStreams>()
  /** Where the container is run for one who attaches. */
  readonly #early: EarlyOutput | undefined
  #hasExited = false

  /** Rejects with a StartError. */
  static async start(
    components: ContainerProcessComponents,
    options: ContainerProcessOptions,
  ): Promise<ContainerProcess> {
    const { command, surroundings, stdin = false, tty = false } = options
    const mark = randomUUID()
    const { process, terminal } = await launch(
      components.spawner,
      { command, tty },
      { surroundings, mark, hasInput: stdin, controlGroup: components.memory?.directory },
    )
    return new ContainerProcess({ process, terminal, mark }, components, options)
  }

  private constructor(
    { process, terminal, mark }: Launched & { readonly mark: string },
    components: ContainerProcessComponents,
    options: ContainerProcessOptions,
  ) {
    this.#process = process
    this.#terminal = terminal
    this.#mark = mark
    this.#components = components
    this.#options = options
    this.#early = options.stdin && options.stdinOnce ? new EarlyOutput() : undefined
    this.pid = process.pid
    this.startedAt = timeText(components.clock.now())
    const { log } = components
    const recorded = Promise.all([
      log.record('stdout', this.#observed('stdout', process.stdout)),
      log.record('stderr', this.#observed('stderr', process.stderr)),
    ])
    this.exited = this.#watch(recorded)
  }

  /** To its process, as a container runtime does. */
  signal(name: NodeJS.Signals): void {
    this.#process.signal(name)
  }

  /** Ends all of its processes at once. */
  kill(): void {
    this.#process.kill()
  }

  /**
   * Runs another command in the same surroundings, and resolves with its exit code when all of its output has been handed over.
   * It ends when `signal` is aborted, and when the container ends; what has left its process group only with that. Rejects with a StartError.
   */
  async exec(options: ExecOptions, streams: CommandStreams, signal: AbortSignal): Promise<ProcessExit> {
    const { surroundings } = this.#options
    signal.throwIfAborted()
    const { process, terminal } = await launch(this.#components.spawner, options, {
      surroundings,
      mark: this.#mark,
      hasInput: streams.stdin !== undefined,
      controlGroup: this.#components.memory?.directory,
    })
    const kill = () => process.kill()
    signal.addEventListener('abort', kill, { once: true })
    this.#executions.add(process)
    if (signal.aborted || this.#hasExited) kill()
    if (terminal && streams.resizes) terminal.follow(streams.resizes).catch(() => {})
    if (process.stdin) streams.stdin?.pipe(process.stdin)
    try {
      const [exit] = await Promise.all([
        process.exited,
        pump(process.stdout, streams.stdout),
        pump(process.stderr, streams.stderr),
      ])
      return exit
    } finally {
      if (process.stdin) streams.stdin?.unpipe(process.stdin)
      process.stdin?.destroy()
      signal.removeEventListener('abort', kill)
      this.#executions.delete(process)
      await terminal?.close()
    }
  }

  /**
   * Hands over what the container writes from now on, and its input; of a container that has but one input, to the first who comes
   * also what it has written before. Resolves when the container has ended, `signal` is aborted,
   * or the input of a container that has but one is over.
   */
  async attach(streams: CommandStreams, signal: AbortSignal): Promise<void> {
    const { stdin } = this.#process
    const { stdinOnce = false } = this.#options
    const leave = new AbortController()
    this.#early?.handTo(streams)
    this.#attached.add(streams)
    if (stdin && streams.stdin) streams.stdin.pipe(stdin, { end: stdinOnce })
    if (this.#terminal && streams.resizes) this.#terminal.follow(streams.resizes).catch(ignore)
    try {
      const aborted = once(signal, 'abort', { signal: leave.signal }).catch(ignore)
      if (!signal.aborted) await Promise.race([this.exited, aborted])
    } finally {
      leave.abort()
      this.#attached.delete(streams)
      if (stdin) streams.stdin?.unpipe(stdin)
      if (stdinOnce) stdin?.end()
    }
  }

  /** What a probe or hook wants to know of a command. It is killed after its time. */
  async run(
    command: readonly string[],
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly output: string; readonly isTimedOut: boolean }> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const collector = new Collector()
    const { exitCode } = await this.exec(
      { command },
      { stdout: collector.writable, stderr: collector.writable },
      AbortSignal.any([signal, timeout]),
    )
    return { exitCode, output: collector.text, isTimedOut: timeout.aborted }
  }

  async #watch(recorded: Promise<unknown>): Promise<ExitedContainer> {
    const { clock, log, memory } = this.#components
    const exit = await this.#process.exited
    this.#hasExited = true
    const finishedAt = timeText(clock.now())
    for (const execution of this.#executions) execution.kill()
    await Promise.all([recorded, killMarked(this.#mark)])
    await log.close()
    await this.#terminal?.close()
    const isOutOfMemory = exit.exitCode !== 0 && ((await memory?.oomKills()) ?? 0) > 0
    await memory?.remove()
    const reason = isOutOfMemory ? 'OOMKilled' : exit.exitCode === 0 ? 'Completed' : 'Error'
    return { ...exit, startedAt: this.startedAt, finishedAt, reason }
  }

  /** What is read for the log, on its way past who is attached. Who does not keep up misses some. */
  async *#observed(name: 'stdout' | 'stderr', output: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of output) {
      this.#early?.add(name, chunk)
      for (const streams of this.#attached) {
        const sink = streams[name]
        if (sink?.writable && sink.writableLength < LONGEST_BACKLOG_BYTES) sink.write(chunk)
      }
      yield chunk
    }
  }
}

interface Launched {
  readonly process: WatchedProcess
  readonly terminal: Terminal | undefined
}

/** Starts a process, where it wants a terminal in one of the kind that container runtimes say they have. Rejects with a StartError. */
async function launch(
  spawner: ProcessSpawner,
  { command, tty = false }: ExecOptions,
  { surroundings, ...options }: Omit<WatchedProcessOptions, 'command'>,
): Promise<Launched> {
  const program = await resolved(command, surroundings)
  const terminal = tty ? await Terminal.around(spawner.pipes, program) : undefined
  const env = terminal ? { TERM: 'xterm', ...surroundings.env } : surroundings.env
  try {
    const process = await WatchedProcess.start(spawner, {
      ...options,
      command: terminal?.command ?? program,
      surroundings: { ...surroundings, env },
    })
    return { process, terminal }
  } catch (error) {
    await terminal?.close()
    throw error
  }
}

async function resolved(
  [name = '', ...args]: readonly string[],
  surroundings: ContainerSurroundings,
): Promise<readonly string[]> {
  return [await findExecutable(name, surroundings), ...args]
}

/** Hands over all of it, or drops it when nobody takes it (any more). */
async function pump(output: Readable, sink: Writable | undefined): Promise<void> {
  try {
    for await (const chunk of output) {
      if (sink?.writable && !sink.write(chunk)) await drained(sink)
    }
  } catch {
    // it was cut off
  }
}

async function drained(sink: Writable): Promise<void> {
  const done = new AbortController()
  const { signal } = done
  try {
    await Promise.race([once(sink, 'drain', { signal }), once(sink, 'close', { signal })])
  } finally {
    done.abort()
  }
}

/** The beginning of what is written. */
class Collector {
  readonly #chunks: Buffer[] = []
  #bytes = 0
  readonly writable = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      const part = chunk.subarray(0, LONGEST_OUTPUT_BYTES - this.#bytes)
      this.#chunks.push(part)
      this.#bytes += part.length
      done()
    },
  })

  get text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

function ignore(): void {}
