import { COMMON_FLAGS, readCommandLine } from './command-line.ts'
import { readConfigFile } from './config-file.ts'
import type { ConfigIo } from './config-io.ts'
import { LONGEST_TIMER_MS, parseDuration } from './duration.ts'
import { ConfigError, errorMessage } from './errors.ts'
import {
  allFlags,
  type CommandSpec,
  configKey,
  type Flag,
  type FlagKind,
  type FlagTable,
  type FlagValues,
  type FlagValueTypes,
  isIgnored,
} from './flags.ts'
import { parseGoBool, parseGoFloat, parseGoInt, parseGoList } from './go-values.ts'
import { podFile } from './pod-files.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface ParsedFlags<Table extends FlagTable> {
  /** The words that belong to no flag, as many as the command takes. */
  readonly words: readonly string[]
  readonly values: FlagValues<Table>
  /** Names of the flags that were set anywhere, and so are not just defaults. */
  readonly given: ReadonlySet<string>
  /** What the user should know although the process starts. */
  readonly warnings: readonly string[]
}

const parsers: { readonly [Kind in FlagKind]: (text: string) => FlagValueTypes[Kind] } = {
  string: (text) => text,
  bool: parseGoBool,
  int: parseGoInt,
  bytes: parseGoInt,
  float: parseGoFloat,
  duration: (text) => Math.min(parseDuration(text), LONGEST_TIMER_MS),
  list: parseGoList,
  array: (text) => [text],
}

/**
 * Puts the values of a process's flags together. What is on the command line wins over the environment, that over the
 * configuration file, and that over the default. Throws a ConfigError that names what is wrong and where.
 */
export function parseFlags<Table extends FlagTable>(
  spec: CommandSpec,
  argv: readonly string[],
  env: Env,
  io: Pick<ConfigIo, 'readFile'>,
): ParsedFlags<Table> {
  const table = allFlags(spec)
  const commandLine = readCommandLine(spec, argv)
  const { words } = commandLine
  if (spec.arguments && words.length < spec.arguments.least)
    throw new ConfigError(`${spec.arguments.placeholder} is missing`)
  const values = new Map<string, unknown>()

  for (const { name, flag, text, shownAs } of commandLine.given) {
    const value = parseGiven(flag, text, shownAs)
    const earlier = values.get(name)
    values.set(name, Array.isArray(earlier) && Array.isArray(value) ? [...earlier, ...value] : value)
  }
  for (const [name, entry] of Object.entries(table)) {
    if (entry.kind === 'alias' || values.has(name) || entry.env === undefined) continue
    const text = env[entry.env]
    if (text) values.set(name, parse(entry, text, `invalid value ${JSON.stringify(text)} in $${entry.env}`))
  }
  const file = values.get('config')
  if (typeof file === 'string' && file !== '') {
    for (const { name, flag, texts } of readConfigFile(file, table, io)) {
      if (values.has(name)) continue
      const parsed = texts.map((text) =>
        parse(flag, text, `invalid value ${JSON.stringify(text)} for ${JSON.stringify(name)} in ${file}`),
      )
      values.set(name, Array.isArray(flag.defaultValue) ? parsed.flat() : parsed[0])
    }
  }

  const byKey = Object.entries(table).flatMap(([name, entry]) =>
    entry.kind === 'alias' || isIgnored(entry)
      ? []
      : [[configKey(name, entry.kind), values.get(name) ?? defaultOf(entry, env)]],
  )
  const { warnings } = commandLine
  return { words, values: Object.fromEntries(byKey), given: new Set(values.keys()), warnings }
}

/** Which of the texts that end a process at once was asked for, if the command line can be read that far. */
export function requestedText(spec: CommandSpec, argv: readonly string[]): 'help' | 'version' | undefined {
  for (const { name, flag, text, shownAs } of readCommandLine(spec, argv).given) {
    if (
      (name === 'help' || name === 'version') &&
      flag === COMMON_FLAGS[name] &&
      parseGiven(flag, text, shownAs)
    )
      return name
  }
  return undefined
}

function defaultOf({ defaultValue, inPod }: Flag, env: Env): unknown {
  return inPod && typeof defaultValue === 'string' ? podFile(defaultValue, env) : defaultValue
}

function parseGiven(flag: Flag, text: string, shownAs: string): unknown {
  return parse(flag, text, `invalid argument ${JSON.stringify(text)} for ${JSON.stringify(shownAs)} flag`)
}

function parse(flag: Flag, text: string, context: string): unknown {
  try {
    flag.check?.(text)
    return parsers[flag.kind](text)
  } catch (error) {
    throw new ConfigError(`${context}: ${errorMessage(error)}`, { cause: error })
  }
}
