import { type ConfigIo, systemConfigIo } from '../common/config-io.ts'
import { ConfigError } from '../common/errors.ts'
import { helpText } from '../common/flag-help.ts'
import { requestedText } from '../common/parse-flags.ts'
import { didYouMean } from '../common/suggest.ts'
import type { Command } from './command-line/command.ts'
import { type CommandTable, childOf } from './command-line/command-tree.ts'
import { type FoundCommand, findCommand, isGlobalFlag } from './command-line/find-command.ts'
import { groupHelp, rootHelp } from './command-line/help.ts'
import { ROOT, SECTIONS } from './commands.ts'
import { explain } from './failure.ts'
import { Session } from './session.ts'
import { stderrLog } from './stderr-log.ts'
import type { Terminal } from './terminal.ts'

const EXIT_OK = 0
const EXIT_FAILED = 1
const EXIT_INTERRUPTED = 130

type FoundGroup = Extract<FoundCommand, { kind: 'group' }>

/** Runs one command line to its end, and resolves with the exit status. Never rejects for what a user can do. */
export async function runClusteradm(
  line: readonly string[],
  terminal: Terminal,
  io: ConfigIo = systemConfigIo,
): Promise<number> {
  if (line[0] === '__complete') {
    const { complete } = await import('./command-line/complete.ts')
    return complete(line.slice(1), terminal)
  }
  const found = await findCommand(ROOT, line[0] === 'help' ? [...line.slice(1), '--help'] : line)
  if (found.kind === 'group') return answerGroup(found, terminal)
  const command = await found.entry.load()
  return runCommand(command, found.argv, terminal, io)
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  terminal: Terminal,
  io: ConfigIo,
): Promise<number> {
  const { spec } = command
  let ready: ReturnType<Command['read']>
  try {
    if (requestedText(spec, argv) !== undefined) {
      terminal.writeOut(`${helpText(spec)}\n`)
      return EXIT_OK
    }
    ready = command.read(argv, terminal.env, io)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    terminal.writeError(`Error: ${error.message}\nSee 'clusteradm ${spec.name} --help' for usage.\n`)
    return EXIT_FAILED
  }
  for (const warning of ready.warnings) terminal.writeError(`${warning}\n`)
  const session = new Session(terminal, ready.globals, stderrLog(terminal, ready.globals.v))
  try {
    await ready.run(session)
    return EXIT_OK
  } catch (error) {
    session.progress.stop()
    if (terminal.signal.aborted) {
      const left = session.hasWritten ? ': what was changed stays; run it again to go on from there' : ''
      terminal.writeError(`Interrupted${left}\n`)
      return EXIT_INTERRUPTED
    }
    terminal.writeError(`Error: ${await explain(error, session)}\n`)
    return EXIT_FAILED
  } finally {
    await session.close()
  }
}

/** As the original: of a group, also one whose command is unknown, the help is shown, and that is no failure. */
function answerGroup(found: FoundGroup, terminal: Terminal): number {
  const { words, commands, unknown, argv } = found
  const path = ['clusteradm', ...words].join(' ')
  const flag = unknown === undefined ? argv.find(isForeignFlag) : found.unknownFlag
  if (flag !== undefined) {
    terminal.writeError(`Error: unknown flag: ${flag.split('=')[0]}\nSee '${path} --help' for usage.\n`)
    return EXIT_FAILED
  }
  if (unknown !== undefined) {
    const text = `unknown command ${JSON.stringify(unknown)} for ${JSON.stringify(path)}`
    const hint = didYouMean(unknown, Object.keys(commands))
    if (words.length === 0) {
      terminal.writeError(`Error: ${text}${hint}\nRun 'clusteradm --help' for usage.\n`)
      return EXIT_FAILED
    }
    terminal.writeError(`${text}${hint}\n`)
  }
  terminal.writeOut(words.length === 0 ? rootHelp(SECTIONS) : groupHelp(words, summaryOf(words), commands))
  return EXIT_OK
}

function isForeignFlag(text: string): boolean {
  return text.startsWith('-') && !isGlobalFlag(text)
}

function summaryOf(words: readonly string[]): string {
  let commands: CommandTable = ROOT
  let summary = ''
  for (const word of words) {
    const node = childOf(commands, word)
    summary = node?.summary ?? ''
    if (node?.kind === 'group') commands = node.commands
  }
  return summary
}
