import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { shellWord } from '../../common/shell-word.ts'
import { ROOT } from './checkout.ts'

const PROMPT = '$ '
const INDENT = '  '
/** Of what a command said before it failed. */
const SHOWN_LINES = 20

export interface ShownCommand {
  /** As a person would type it, such as `clusteradm`. */
  readonly program: string
  readonly args: readonly string[]
}

/** What the person at the terminal sees: every command that is run, in words that can be pasted, and what it answers. */
export class Terminal {
  readonly #out: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly #env: NodeJS.ProcessEnv

  /** @param env of the commands */
  constructor(out: NodeJS.WritableStream & { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv) {
    this.#out = out
    this.#env = env
  }

  say(text = ''): void {
    this.#out.write(`${text}\n`)
  }

  show(command: string): void {
    this.say(this.#out.isTTY ? `\u001b[1m${PROMPT}${command}\u001b[0m` : `${PROMPT}${command}`)
  }

  /** What a command that was shown has answered. */
  answer(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.say(line === '' ? '' : `${INDENT}${line}`)
  }

  /** Shows a command of this checkout and, as it comes, what it writes. Rejects with the end of that when it fails. */
  async run(command: ShownCommand, signal: AbortSignal): Promise<void> {
    this.show(commandLine(command))
    verify(command, await this.#spawn(command, signal, (line) => this.answer(line)))
  }

  /** Runs commands side by side, and shows each with all it has written when it has ended. */
  async runTogether(commands: readonly ShownCommand[], signal: AbortSignal): Promise<void> {
    await Promise.all(
      commands.map(async (command) => {
        const outcome = await this.#spawn(command, signal)
        this.show(commandLine(command))
        this.answer(verify(command, outcome).lines.join('\n'))
      }),
    )
  }

  /** Resolves with what a command writes to its standard output, which is not for showing. */
  async ask(command: ShownCommand, signal: AbortSignal): Promise<string> {
    return verify(command, await this.#spawn(command, signal)).stdout.join('\n')
  }

  async #spawn(
    { program, args }: ShownCommand,
    signal: AbortSignal,
    heard: (line: string) => void = () => {},
  ): Promise<Outcome> {
    const child = spawn(path.join(ROOT, 'bin', program), args, {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    })
    const stdout: string[] = []
    const lines: string[] = []
    const onLine = (line: string) => {
      lines.push(line)
      heard(line)
    }
    createInterface({ input: child.stdout }).on('line', (line) => {
      stdout.push(line)
      onLine(line)
    })
    createInterface({ input: child.stderr }).on('line', onLine)
    const [status] = (await once(child, 'close')) as [number | null]
    return { status, stdout, lines }
  }
}

interface Outcome {
  readonly status: number | null
  readonly stdout: readonly string[]
  /** Of standard output and standard error. */
  readonly lines: readonly string[]
}

function verify(command: ShownCommand, outcome: Outcome): Outcome {
  if (outcome.status === 0) return outcome
  const said = outcome.lines.slice(-SHOWN_LINES).join('\n')
  throw new Error(`${commandLine(command)}\nended with status ${outcome.status}:\n${said}`)
}

/** For a POSIX shell. */
export function commandLine({ program, args }: ShownCommand): string {
  return [program, ...args].map(shellWord).join(' ')
}
