import type { ConfigIo } from '../../common/config-io.ts'
import type { CommandArguments, CommandSpec, FlagTable, FlagValues } from '../../common/flags.ts'
import { parseFlags } from '../../common/parse-flags.ts'
import type { Session } from '../session.ts'
import { GLOBAL_GROUPS, type GLOBAL_TABLE } from './global-flags.ts'

/** What a command was called with. */
export interface Invocation<Table extends FlagTable = FlagTable> {
  /** The words that belong to no flag. */
  readonly words: readonly string[]
  readonly flags: FlagValues<Table>
  /** Names of the flags that were set, and so are not just defaults. */
  readonly given: ReadonlySet<string>
}

export interface NewCommand<Table extends FlagTable> {
  /** All its words, such as `get clusters`. */
  readonly name: string
  readonly description: string
  /** @default any number, which the command judges, as in the original */
  readonly arguments?: CommandArguments
  readonly flags: Table
  run(session: Session, invocation: Invocation<Table>): Promise<void>
}

export type GlobalFlags = FlagValues<typeof GLOBAL_TABLE>

/** A command whose line has been read: ready to run. */
export interface ReadyCommand {
  readonly globals: GlobalFlags
  readonly warnings: readonly string[]
  run(session: Session): Promise<void>
}

/** One leaf of the tree. */
export interface Command {
  readonly spec: CommandSpec
  /** Throws a ConfigError that says what is wrong with the line. */
  read(argv: readonly string[], env: Env, io: Pick<ConfigIo, 'readFile'>): ReadyCommand
}

type Env = Readonly<Record<string, string | undefined>>

export function command<Table extends FlagTable>(definition: NewCommand<Table>): Command {
  const { name, description, flags, run } = definition
  const spec: CommandSpec = {
    program: 'clusteradm',
    name,
    description,
    arguments: definition.arguments ?? { placeholder: '', least: 0, most: Number.POSITIVE_INFINITY },
    groups: [{ title: 'Flags', flags }, ...GLOBAL_GROUPS],
  }
  return {
    spec,
    read: (argv, env, io) => {
      const parsed = parseFlags<Table & typeof GLOBAL_TABLE>(spec, argv, env, io)
      const invocation = { words: parsed.words, flags: parsed.values, given: parsed.given }
      return {
        globals: parsed.values as GlobalFlags,
        warnings: parsed.warnings,
        run: (session) => run(session, invocation as unknown as Invocation<Table>),
      }
    },
  }
}
