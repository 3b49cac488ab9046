import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type {
  CommandStreams,
  LogOptions,
  PodName,
  PodRuntime,
  TerminalSize,
} from '../../src/controlplane/index.ts'

/** Pods whose containers are this machine: commands are processes, ports are ports of the loopback address. */
export class ProcessPods implements PodRuntime {
  /** What was asked for, in order. */
  readonly logRequests: LogOptions[] = []
  readonly terminalSizes: TerminalSize[] = []
  /** What a container says, and whether it goes on. */
  log: (options: LogOptions, signal: AbortSignal) => AsyncIterable<Uint8Array> = async function* () {}
  readonly #processes = new Set<ChildProcess>()
  readonly #connections = new Set<net.Socket>()

  /** Commands that run, and connections to ports. */
  get open(): number {
    return this.#processes.size + this.#connections.size
  }

  async logs(_pod: PodName, options: LogOptions, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    this.logRequests.push(options)
    return this.log(options, signal)
  }

  async exec(
    _pod: PodName,
    { command }: { readonly command: readonly string[] },
    streams: CommandStreams,
    signal: AbortSignal,
  ): Promise<{ exitCode: number }> {
    void this.#follow(streams.resizes)
    const [file = '', ...args] = command
    const child = spawn(file, args, { stdio: 'pipe', detached: true })
    this.#processes.add(child)
    const kill = () => killGroup(child.pid as number)
    signal.addEventListener('abort', kill, { once: true })
    try {
      if (streams.stdin) pipeline(streams.stdin, child.stdin).catch(() => {})
      else child.stdin.end()
      const outputs = [copy(child.stdout, streams.stdout), copy(child.stderr, streams.stderr)]
      const [code] = await once(child, 'close')
      await Promise.all(outputs)
      return { exitCode: (code as number | null) ?? 137 }
    } finally {
      signal.removeEventListener('abort', kill)
      child.stdin.destroy()
      this.#processes.delete(child)
    }
  }

  /** As if the container were `cat`, and said hello first. */
  async attach(
    _pod: PodName,
    _options: { readonly container: string },
    { stdin, stdout, resizes }: CommandStreams,
    signal: AbortSignal,
  ): Promise<void> {
    void this.#follow(resizes)
    stdout?.write('hello\n')
    if (stdin) for await (const piece of stdin) stdout?.write(piece)
    else await once(signal, 'abort')
  }

  async connect(_pod: PodName, port: number): Promise<Duplex> {
    const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    this.#connections.add(socket)
    socket.once('close', () => this.#connections.delete(socket))
    await once(socket, 'connect')
    return socket
  }

  async #follow(sizes: AsyncIterable<TerminalSize> = (async function* () {})()): Promise<void> {
    for await (const size of sizes) this.terminalSizes.push(size)
  }
}

/** Its leader may be gone, and the rest of it. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Reads to the end, whoever listens. */
async function copy(from: NodeJS.ReadableStream, to: Writable | undefined): Promise<void> {
  if (!to) {
    from.resume()
    await finished(from)
    return
  }
  await pipeline(from, to, { end: false }).catch(() => from.resume())
}
