import { COMMON_FLAGS } from './command-line.ts'
import { formatDuration } from './duration.ts'
import { allFlags, type CommandSpec, type Flag, type FlagGroup, type FlagKind, isIgnored } from './flags.ts'

const DEFAULT_COLUMNS = 100
const HELP_COLUMN = 36
const INDENT = '  '

const PLACEHOLDERS: Readonly<Record<FlagKind, string>> = {
  string: 'TEXT',
  bool: '',
  int: 'NUMBER',
  bytes: 'BYTES',
  float: 'NUMBER',
  duration: 'DURATION',
  list: 'LIST',
  array: 'TEXT',
}

export const GENERAL_GROUP: FlagGroup = { title: 'General', flags: COMMON_FLAGS }

/** What `--help` prints: every flag that is not deprecated, by group, with its default. */
export function helpText(spec: CommandSpec, columns = DEFAULT_COLUMNS): string {
  const own = allFlags(spec)
  const general = Object.entries(COMMON_FLAGS).filter(([name]) => !Object.hasOwn(own, name))
  const groups = [...spec.groups, { ...GENERAL_GROUP, flags: Object.fromEntries(general) }].map((group) =>
    groupText(group, columns),
  )
  return [
    wrap(spec.description, columns).join('\n'),
    `Usage:\n  ${usageLine(spec)}`,
    ...groups,
    wrap(
      'A DURATION is written as in Go: 300ms, 30s, 1h30m. Lists are comma-separated, and their flags may be repeated.',
      columns,
    ).join('\n'),
  ].join('\n\n')
}

/** How a command is called: its name, its arguments, and that it has flags. */
export function usageLine({ program = 'cluster-proxy', name, arguments: expected }: CommandSpec): string {
  return [program, name, expected?.placeholder ?? '', '[flags]'].filter((word) => word !== '').join(' ')
}

function groupText(group: FlagGroup, columns: number): string {
  const rows = visibleFlags(group)
  const ignored = rows.filter(({ flag }) => isIgnored(flag)).map(({ name }) => `--${name}`)
  const lines = rows.filter(({ flag }) => !isIgnored(flag)).map((row) => flagLines(row, columns))
  if (ignored.length > 0) {
    const note = wrap(
      `Accepted for compatibility, without effect: ${ignored.join(', ')}.`,
      columns - INDENT.length,
    )
    lines.push(...note.map((line) => INDENT + line))
  }
  return [`${group.title}:`, ...lines].join('\n')
}

/** `--server-port PORT`, with its shorthand in front. */
export function flagUsage(name: string, flag: Flag): string {
  const placeholder = flag.placeholder ?? PLACEHOLDERS[flag.kind]
  const long = placeholder === '' ? `--${name}` : `--${name} ${placeholder}`
  if (flag.shorthand === undefined) return long
  return name === flag.shorthand ? `-${flag.shorthand} ${placeholder}` : `-${flag.shorthand}, ${long}`
}

/** The default as one would write it on the command line, or an empty text when there is none to speak of. */
export function flagDefault(flag: Flag): string {
  if (flag.defaultText !== undefined) return flag.defaultText
  const value = flag.defaultValue
  if (Array.isArray(value)) return value.join(',')
  return flag.kind === 'duration' ? formatDuration(Number(value)) : String(value)
}

interface FlagRow {
  readonly name: string
  readonly flag: Flag
}

function visibleFlags(group: FlagGroup): FlagRow[] {
  return Object.entries(group.flags).flatMap(([name, flag]) =>
    flag.kind === 'alias' || flag.deprecated !== undefined ? [] : [{ name, flag }],
  )
}

function flagLines({ name, flag }: FlagRow, columns: number): string {
  const shownDefault = flagDefault(flag)
  const isWorthShowing = shownDefault !== '' && !(flag.kind === 'bool' && flag.defaultValue === false)
  const text = isWorthShowing ? `${flag.help} (default ${shownDefault})` : flag.help
  const [first = '', ...rest] = wrap(text, columns - HELP_COLUMN)
  const usage = INDENT + flagUsage(name, flag)
  const indent = ' '.repeat(HELP_COLUMN)
  const head = usage.length < HELP_COLUMN ? [usage.padEnd(HELP_COLUMN) + first] : [usage, indent + first]
  return [...head, ...rest.map((line) => indent + line)].join('\n')
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
