import { COMMON_FLAGS } from '../../common/command-line.ts'
import { allFlags, type FlagTable } from '../../common/flags.ts'
import {
  type CommandEntry,
  type CommandGroup,
  type CommandTable,
  childOf,
  entriesOf,
} from './command-tree.ts'
import { GLOBAL_TABLE } from './global-flags.ts'

export type FoundCommand =
  | {
      readonly kind: 'command'
      readonly words: readonly string[]
      readonly entry: CommandEntry
      /** The line without the words of the command. */
      readonly argv: readonly string[]
    }
  | {
      /** The line ends within a group: the root, or one of its commands. */
      readonly kind: 'group'
      readonly words: readonly string[]
      readonly commands: CommandTable
      /** The word that names none of them. */
      readonly unknown?: string
      /** The first flag that no command knows: what it was to be given may have been taken for a word. */
      readonly unknownFlag?: string
      readonly argv: readonly string[]
    }

type KnownFlag = FlagTable[string]

const EVERYWHERE: FlagTable = { ...GLOBAL_TABLE, ...COMMON_FLAGS }

/**
 * Finds the command that a line is for. Flags may stand before and between its words, also those of the command itself, as the
 * original takes them: `clusteradm --singleton=true --kubeconfig FILE join`.
 */
export async function findCommand(root: CommandTable, line: readonly string[]): Promise<FoundCommand> {
  const words: string[] = []
  const argv: string[] = []
  let unknownFlag: string | undefined
  let group: Pick<CommandGroup, 'commands'> = { commands: root }
  for (let at = 0; at < line.length; at += 1) {
    const text = line[at] as string
    if (text.startsWith('-') && text !== '-') {
      argv.push(text)
      const flag = await flagNamed(text, root)
      if (!flag) unknownFlag ??= text.split('=')[0]
      const value = line[at + 1]
      if (value === undefined || !takesNext(text, flag)) continue
      argv.push(value)
      at += 1
      continue
    }
    const node = childOf(group.commands, text)
    if (!node) {
      const unknown = { unknown: text, ...(unknownFlag !== undefined && { unknownFlag }) }
      return { kind: 'group', words, commands: group.commands, ...unknown, argv }
    }
    words.push(text)
    if (node.kind === 'command') {
      return { kind: 'command', words, entry: node, argv: [...argv, ...line.slice(at + 1)] }
    }
    group = node
  }
  return { kind: 'group', words, commands: group.commands, argv }
}

/** Whether what comes behind an argument is its value. */
export async function isValueNext(text: string | undefined, root: CommandTable): Promise<boolean> {
  return text?.startsWith('-') === true && takesNext(text, await flagNamed(text, root))
}

/** Whether the argument after a flag is its value. What no command knows is taken to have none. */
function takesNext(text: string, flag: KnownFlag | undefined): boolean {
  if (text.includes('=')) return false
  if (!text.startsWith('--') && text.length > 2) return false // -v4
  return flag !== undefined && flag.kind !== 'bool'
}

/** The flag of any command that an argument is for; of shorthands in one argument, the first. */
async function flagNamed(text: string, root: CommandTable): Promise<KnownFlag | undefined> {
  const isLong = text.startsWith('--')
  const name = text.replace(/^--?/, '').replace(/=.*$/s, '').replaceAll('_', '-')
  const key = isLong ? name : name.slice(0, 1)
  return flagIn(EVERYWHERE, key, isLong) ?? (await flagOfAny(root, key, isLong))
}

/** Whether a flag is one that every command takes. */
export function isGlobalFlag(text: string): boolean {
  const name = text.replace(/^--?/, '').replace(/=.*$/s, '').replaceAll('_', '-')
  return flagIn(EVERYWHERE, name, text.startsWith('--')) !== undefined
}

/** Only a line that begins with a flag of its command has all commands loaded. */
async function flagOfAny(root: CommandTable, name: string, isLong: boolean) {
  const commands = await Promise.all(entriesOf(root).map((entry) => entry.load()))
  for (const { spec } of commands) {
    const flag = flagIn(allFlags(spec), name, isLong)
    if (flag) return flag
  }
  return undefined
}

function flagIn(table: FlagTable, name: string, isLong: boolean) {
  if (isLong) return Object.hasOwn(table, name) ? table[name] : undefined
  return Object.values(table).find((flag) => flag.kind !== 'alias' && flag.shorthand === name)
}
