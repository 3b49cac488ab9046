import { MANAGED_CLUSTERS } from '../../apis/cluster/v1.ts'
import { systemConfigIo } from '../../common/config-io.ts'
import { AppError } from '../../common/errors.ts'
import { allFlags, isIgnored } from '../../common/flags.ts'
import { ROOT } from '../commands.ts'
import { Session } from '../session.ts'
import { stderrLog } from '../stderr-log.ts'
import type { Terminal } from '../terminal.ts'
import type { Command } from './command.ts'
import { type FoundCommand, findCommand, isValueNext } from './find-command.ts'

/** A shell waits for us: rather no names than late ones. */
const NAMES_TIMEOUT_MS = 1500

const CLUSTER_NAME_FLAGS = ['--cluster', '--clusters', '-c']

interface Candidate {
  readonly text: string
  readonly description: string
}

/** What could come next: `clusteradm __complete get clus`. The last word is the one that is being written; it may be empty. */
export async function complete(line: readonly string[], terminal: Terminal): Promise<number> {
  const isPlain = line[0] === '--no-descriptions'
  const words = withoutEquals(isPlain ? line.slice(1) : line)
  const written = words.at(-1) ?? ''
  const found = await findCommand(ROOT, words.slice(0, -1))
  const candidates = await candidatesFor(found, words.slice(0, -1), written, terminal)
  for (const { text, description } of candidates) {
    if (text.startsWith(written)) terminal.writeOut(isPlain ? `${text}\n` : `${text}\t${description}\n`)
  }
  return 0
}

/** bash breaks words at `=`, and hands it over as one: `--clusters=c1` in three, `--clusters=` in two. */
function withoutEquals(words: readonly string[]): readonly string[] {
  const rest = words.filter((word) => word !== '=')
  return words.at(-1) === '=' ? [...rest, ''] : rest
}

async function candidatesFor(
  found: FoundCommand,
  before: readonly string[],
  written: string,
  terminal: Terminal,
): Promise<readonly Candidate[]> {
  if (found.kind === 'group') {
    if (found.unknown !== undefined || (await isValueNext(before.at(-1), ROOT))) return []
    return Object.entries(found.commands).map(([text, { summary }]) => ({ text, description: summary }))
  }
  const command = await found.entry.load()
  if (CLUSTER_NAME_FLAGS.includes(before.at(-1) ?? '')) {
    const listed = written.replace(/[^,]*$/, '') // those of a list that are there already
    return (await clusterNames(command, found.argv.slice(0, -1), terminal)).map((name) => ({
      text: `${listed}${name}`,
      description: 'managed cluster',
    }))
  }
  return written.startsWith('-') ? flagsOf(command) : []
}

function flagsOf({ spec }: Command): Candidate[] {
  return Object.entries(allFlags(spec)).flatMap(([name, flag]) =>
    flag.kind === 'alias' || isIgnored(flag) ? [] : [{ text: `--${name}`, description: flag.help }],
  )
}

/** Of the hub that the line so far names. None where it cannot be asked. */
async function clusterNames(
  command: Command,
  argv: readonly string[],
  terminal: Terminal,
): Promise<string[]> {
  try {
    const { globals } = command.read(argv, terminal.env, systemConfigIo)
    const session = new Session(terminal, globals, stderrLog(terminal, 0))
    try {
      const { items } = await session.cluster
        .resource(MANAGED_CLUSTERS)
        .list({ timeoutMs: NAMES_TIMEOUT_MS, signal: terminal.signal })
      return items.map(({ metadata }) => metadata.name ?? '').sort()
    } finally {
      await session.close()
    }
  } catch (error) {
    if (error instanceof AppError) return [] // there is nobody to tell
    throw error
  }
}
