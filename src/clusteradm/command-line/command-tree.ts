import type { Command } from './command.ts'

/** A command by its last word. Its modules are loaded when it is called. */
export interface CommandEntry {
  readonly kind: 'command'
  readonly summary: string
  load(): Promise<Command>
}

/** Commands that share their first word. */
export interface CommandGroup {
  readonly kind: 'group'
  readonly summary: string
  readonly commands: CommandTable
}

export type CommandNode = CommandEntry | CommandGroup
export type CommandTable = Readonly<Record<string, CommandNode>>

/** A part of the root's help text. */
export interface Section {
  readonly title: string
  readonly commands: CommandTable
}

export function childOf(table: CommandTable, word: string): CommandNode | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined
}

/** Every command of a table, at any depth. */
export function entriesOf(table: CommandTable): CommandEntry[] {
  return Object.values(table).flatMap((node) => (node.kind === 'command' ? [node] : entriesOf(node.commands)))
}
