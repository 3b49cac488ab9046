import { parseArgs } from 'node:util'
import { ConfigError } from './errors.ts'
import { allFlags, boolFlag, type CommandSpec, type Flag, type FlagTable, stringFlag } from './flags.ts'
import { didYouMean } from './suggest.ts'

/** Flags that every process has, and that are no part of its configuration. One that has a flag of the name keeps its own. */
export const COMMON_FLAGS = {
  config: stringFlag('', 'YAML file with flags by name. The command line and the environment win over it.', {
    placeholder: 'FILE',
  }),
  help: boolFlag(false, 'Print this text and exit.', { shorthand: 'h' }),
  version: boolFlag(false, 'Print the version and exit.'),
} as const

/** One flag as it stood on the command line. */
export interface GivenFlag {
  /** Its name in the table, even if an alias or underscores were used. */
  readonly name: string
  readonly flag: Flag
  readonly text: string
  /** As pflag shows it in errors: `--server-port`, `-v, --v`. */
  readonly shownAs: string
}

export interface CommandLine {
  /** The words that belong to no flag, as many as the command takes. */
  readonly words: readonly string[]
  readonly given: readonly GivenFlag[]
  readonly warnings: readonly string[]
}

/**
 * Reads a command line the way pflag does, which is what the manifests in the field are written for: `--flag value`,
 * `--flag=value`, bare booleans that never take the next argument, `-v4`, underscores for hyphens.
 */
export function readCommandLine(spec: CommandSpec, argv: readonly string[]): CommandLine {
  const table: FlagTable = { ...COMMON_FLAGS, ...allFlags(spec) }
  const words: string[] = []
  const given: GivenFlag[] = []
  const warnings: string[] = []

  for (const token of tokensOf(table, argv)) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') {
      if (words.length >= (spec.arguments?.most ?? 0))
        throw new ConfigError(unexpectedArgument(spec, token.value, given.at(-1)))
      words.push(token.value)
      continue
    }

    const entry = Object.hasOwn(table, token.name) ? table[token.name] : undefined
    if (entry === undefined) throw new ConfigError(unknownFlag(token, table))
    const name = entry.kind === 'alias' ? entry.of : token.name
    const flag = entry.kind === 'alias' ? targetOf(table, entry.of) : entry
    if (entry.deprecated !== undefined) {
      warnings.push(`Flag --${token.name} has been deprecated, ${entry.deprecated}`)
    }
    const text = flag.kind === 'bool' ? (token.value ?? 'true') : token.value
    if (text === undefined) throw new ConfigError(`flag needs an argument: ${token.rawName}`)
    given.push({ name, flag, text, shownAs: shownName(token.name, flag) })
  }
  return { words, given, warnings }
}

/** A flag as an error message names it. */
export function shownName(name: string, flag: Flag): string {
  return flag.shorthand === undefined ? `--${name}` : `-${flag.shorthand}, --${name}`
}

function tokensOf(table: FlagTable, argv: readonly string[]) {
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = {}
  for (const [name, entry] of Object.entries(table)) {
    const flag = entry.kind === 'alias' ? targetOf(table, entry.of) : entry
    const type = flag.kind === 'bool' ? 'boolean' : 'string'
    options[name] = flag.shorthand === undefined ? { type } : { type, short: flag.shorthand }
  }
  const args = argv.map(withHyphens)
  const { tokens } = parseArgs({
    args,
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  // -v=4, -R=false: behind a boolean's shorthand, each letter of the value is a token of its own
  const assigned = (index: number) => /^-[^-]=(.*)$/s.exec(args[index] ?? '')?.[1]
  return tokens
    .filter(({ index }, at) => tokens[at - 1]?.index !== index || assigned(index) === undefined)
    .map((token) => {
      const value = token.kind === 'option' ? assigned(token.index) : undefined
      return value === undefined ? token : { ...token, value }
    })
}

function withHyphens(argument: string): string {
  return argument.replace(/^--[^=]+/, (name) => name.replaceAll('_', '-'))
}

function targetOf(table: FlagTable, name: string): Flag {
  const flag = table[name]
  if (flag === undefined || flag.kind === 'alias') throw new Error(`alias of --${name}, which is no flag`)
  return flag
}

function unknownFlag(token: { name: string; rawName: string }, table: FlagTable): string {
  if (!token.rawName.startsWith('--')) return `unknown shorthand flag: '${token.name}' in ${token.rawName}`
  return `unknown flag: --${token.name}${didYouMean(token.name, Object.keys(table), '--')}`
}

function unexpectedArgument(
  { arguments: expected }: CommandSpec,
  argument: string,
  previous: GivenFlag | undefined,
): string {
  const cure = expected ? `it takes ${expected.placeholder} and flags` : 'everything is set by flags'
  const message = `unexpected argument ${JSON.stringify(argument)}: ${cure}`
  if (previous?.flag.kind !== 'bool') return message
  return `${message} (a value for --${previous.name} is written --${previous.name}=${argument})`
}
