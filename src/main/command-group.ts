import { didYouMean } from '../common/suggest.ts'

const EXIT_FAILED = 1

export interface GroupedCommand {
  readonly summary: string
  /** Runs it with its own arguments. Its modules are loaded only now. */
  start(argv: readonly string[]): Promise<void>
}

export interface CommandGroupOptions {
  /** As in `cluster-proxy <name> <command>`. */
  readonly name: string
  /** A line for the head of the help text. */
  readonly description: string
  readonly commands: Readonly<Record<string, GroupedCommand>>
}

/** A process that consists of several: the first word says which. */
export function commandGroup(group: CommandGroupOptions): (argv: readonly string[]) => Promise<void> {
  const { name, commands } = group
  const find = (word: string) => (Object.hasOwn(commands, word) ? commands[word] : undefined)
  return async ([word = '--help', ...argv]) => {
    if (['help', '--help', '-h'].includes(word)) {
      const topic = argv[0] === undefined ? undefined : find(argv[0])
      if (topic) return topic.start(['--help'])
      process.stdout.write(usage(group))
      return
    }
    const command = find(word)
    if (command) return command.start(argv)
    process.stderr.write(
      `cluster-proxy ${name}: unknown command ${JSON.stringify(word)}${didYouMean(word, Object.keys(commands))}\n`,
    )
    process.stderr.write(`Run "cluster-proxy ${name} --help" for the list.\n`)
    process.exitCode = EXIT_FAILED
  }
}

function usage({ name, description, commands }: CommandGroupOptions): string {
  const list = Object.entries(commands).map(([word, { summary }]) => `  ${word.padEnd(16)}${summary}`)
  return [
    description,
    '',
    'Usage:',
    `  cluster-proxy ${name} <command> [flags]`,
    '',
    'Commands:',
    ...list,
    '',
  ].join('\n')
}
