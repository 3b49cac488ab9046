import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { shellWord } from '../../common/shell-word.ts'
import { findExecutable, StartError } from './find-executable.ts'
import type { NamedPipes } from './named-pipes.ts'
import { openFile } from './process-pipes.ts'
import type { TerminalSize } from './surroundings.ts'

const DEFAULT_SIZE: TerminalSize = { width: 80, height: 24 }

/**
 * The command's first word is `script`, which knows the way through a terminal; this is what runs in it. It has a size before its
 * name is told: whoever knows the name may set another at once.
 */
const INNER = 'stty rows $1 cols $2; tty >"$0"; shift 2; exec "$@"'

/**
 * A terminal between a command and pipes, which Node cannot open itself: util-linux' `script` does. Its size is set from outside,
 * by the terminal's name, which comes through a pipe of its own.
 */
export class Terminal {
  /** What to run instead of the command. */
  readonly command: readonly string[]
  readonly #pipe: string
  readonly #said: Socket
  /** Empty where the terminal ended before it had one. */
  readonly #name: Promise<string>

  /** Rejects with a StartError where there is no `script`. To be closed. */
  static async around(
    pipes: NamedPipes,
    command: readonly string[],
    size: TerminalSize = DEFAULT_SIZE,
  ): Promise<Terminal> {
    const script = await findExecutable('script', { env: {}, workingDir: '/' }).catch((cause) => {
      throw new StartError('a terminal needs the program "script" of util-linux on this machine', { cause })
    })
    const pipe = await pipes.take()
    // Whoever can only read is told that it is over before it has begun.
    const fd = await openFile(pipe, constants.O_RDWR | constants.O_NONBLOCK)
    return new Terminal({ pipe, fd }, script, command, size)
  }

  private constructor(
    { pipe, fd }: { readonly pipe: string; readonly fd: number },
    script: string,
    command: readonly string[],
    size: TerminalSize,
  ) {
    const inner = ['/bin/sh', '-c', INNER, pipe, String(size.height), String(size.width), ...command]
    this.#pipe = pipe
    this.#said = new Socket({ fd, readable: true, writable: false })
    this.#name = firstLine(this.#said)
    this.command =
      process.platform === 'darwin'
        ? [script, '-q', '/dev/null', ...inner]
        : [script, '-qefc', `exec ${inner.map(shellWord).join(' ')}`, '/dev/null']
  }

  /** Programs are told by SIGWINCH. A size that comes before there is a terminal is that of the terminal when it is there. */
  async resize({ width, height }: TerminalSize): Promise<void> {
    const name = await this.#name
    if (!name.startsWith('/dev/')) return
    const option = process.platform === 'darwin' ? '-f' : '-F'
    await new Promise<void>((resolve) => {
      execFile('stty', [option, name, 'rows', String(height), 'cols', String(width)], () => resolve())
    })
  }

  async follow(sizes: AsyncIterable<TerminalSize>): Promise<void> {
    for await (const size of sizes) await this.resize(size)
  }

  async close(): Promise<void> {
    this.#said.destroy()
    await rm(this.#pipe, { force: true })
  }
}

/** Never rejects. */
async function firstLine(socket: Socket): Promise<string> {
  const ended = new AbortController()
  socket.once('close', () => ended.abort())
  try {
    const [chunk] = (await once(socket, 'data', { signal: ended.signal })) as [Buffer] // one write, of less than a pipe takes at once
    return chunk.toString('utf8').trim()
  } catch {
    return ''
  } finally {
    socket.destroy()
  }
}
