import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { findExecutable, StartError } from './find-executable.ts'
import type { TerminalSize } from './surroundings.ts'

const DEFAULT_SIZE: TerminalSize = { width: 80, height: 24 }

/** The command's first word is `script`, which knows the way through a terminal; this is what runs in it. */
const INNER = 'tty >"$0"; stty rows $1 cols $2; shift 2; exec "$@"'

let count = 0

/**
 * A terminal between a command and pipes, which Node cannot open itself: util-linux' `script` does. Its size is set from outside,
 * by the terminal's name.
 */
export class Terminal {
  /** What to run instead of the command. */
  readonly command: readonly string[]
  readonly #nameFile: string

  /** Rejects with a StartError where there is no `script`. */
  static async around(command: readonly string[], size: TerminalSize = DEFAULT_SIZE): Promise<Terminal> {
    const script = await findExecutable('script', { env: {}, workingDir: '/' }).catch((cause) => {
      throw new StartError('a terminal needs the program "script" of util-linux on this machine', { cause })
    })
    count += 1
    const nameFile = path.join(os.tmpdir(), `cluster-proxy-terminal-${process.pid}-${count}`)
    return new Terminal(script, nameFile, command, size)
  }

  private constructor(script: string, nameFile: string, command: readonly string[], size: TerminalSize) {
    const inner = ['/bin/sh', '-c', INNER, nameFile, String(size.height), String(size.width), ...command]
    this.#nameFile = nameFile
    this.command =
      process.platform === 'darwin'
        ? [script, '-q', '/dev/null', ...inner]
        : [script, '-qefc', `exec ${inner.map(quoted).join(' ')}`, '/dev/null']
  }

  /** Programs are told by SIGWINCH. Sizes that come before there is a terminal are of no use to anybody. */
  async resize({ width, height }: TerminalSize): Promise<void> {
    const name = (await readFile(this.#nameFile, 'utf8').catch(() => '')).trim()
    if (!name.startsWith('/dev/')) return
    const option = process.platform === 'darwin' ? '-f' : '-F'
    await new Promise<void>((resolve) => {
      execFile('stty', [option, name, 'rows', String(height), 'cols', String(width)], () => resolve())
    })
  }

  async follow(sizes: AsyncIterable<TerminalSize>): Promise<void> {
    for await (const size of sizes) await this.resize(size)
  }

  close(): Promise<void> {
    return rm(this.#nameFile, { force: true })
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
