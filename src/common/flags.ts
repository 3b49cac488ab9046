/** What a flag's text is read as. Durations are kept in milliseconds. */
export interface FlagValueTypes {
  readonly string: string
  readonly bool: boolean
  readonly int: number
  readonly bytes: number
  readonly float: number
  readonly duration: number
  /** Comma-separated, and repeated. */
  readonly list: readonly string[]
  /** Repeated, and never split: pflag's StringArray. */
  readonly array: readonly string[]
}

export type FlagKind = keyof FlagValueTypes

export interface FlagOptions {
  /** What stands for the value in the help text, such as `FILE`. */
  readonly placeholder?: string
  /** One letter that works behind a single hyphen. */
  readonly shorthand?: string
  /** An environment variable that counts where the flag is not given. */
  readonly env?: string
  /** Shown instead of the default, where that is not a constant. */
  readonly defaultText?: string
  /** Set on a flag that still works: what to do instead. It is left out of the help text. */
  readonly deprecated?: string
  /** The default is a path in a container. What is given has been mapped by whoever runs the Pod. */
  readonly inPod?: true
  /** Throws an Error that says what is wrong with a text of the right kind. */
  readonly check?: (text: string) => void
}

/** One row of a process's flag table. Its name is its key in the table. */
export interface Flag<Kind extends FlagKind = FlagKind> extends FlagOptions {
  readonly kind: Kind
  readonly defaultValue: FlagValueTypes[Kind]
  readonly help: string
}

/** A flag that is read and then forgotten, because manifests in the field have it. */
export interface IgnoredFlag<Kind extends FlagKind = FlagKind> extends Flag<Kind> {
  readonly ignored: true
}

/** Another, older name of a flag of the same table. */
export interface FlagAlias {
  readonly kind: 'alias'
  readonly of: string
  readonly deprecated: string
}

export type FlagTable = Readonly<Record<string, Flag | IgnoredFlag | FlagAlias>>

/** Flags that belong together in the help text. */
export interface FlagGroup {
  readonly title: string
  readonly flags: FlagTable
}

/** Words of a command line that belong to no flag, such as a name. */
export interface CommandArguments {
  /** As in the usage line, such as `NAME...`. */
  readonly placeholder: string
  readonly least: number
  readonly most: number
}

/** What one process of the multi-call executable is called and takes. */
export interface CommandSpec {
  /** The executable, as in `<program> <name>`. @default 'cluster-proxy' */
  readonly program?: string
  /** As in `cluster-proxy <name>`; of several words where commands are nested. */
  readonly name: string
  /** A paragraph for the head of its help text. */
  readonly description: string
  /** What it takes beside flags. @default nothing */
  readonly arguments?: CommandArguments
  readonly groups: readonly FlagGroup[]
}

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

type ConfigKey<Name extends string, Kind> = Kind extends 'duration'
  ? `${CamelCase<Name>}Ms`
  : Kind extends 'bytes'
    ? `${CamelCase<Name>}Bytes`
    : CamelCase<Name>

/** The values of a table by their names in code: `keepalive-time` is `keepaliveTimeMs`, in milliseconds. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table & string as Table[Name] extends IgnoredFlag | FlagAlias
    ? never
    : ConfigKey<Name, Table[Name]['kind']>]: Table[Name] extends Flag<infer Kind>
    ? FlagValueTypes[Kind]
    : never
}

function flagOf<Kind extends FlagKind>(kind: Kind) {
  return (defaultValue: FlagValueTypes[Kind], help: string, options: FlagOptions = {}): Flag<Kind> => ({
    kind,
    defaultValue,
    help,
    ...options,
  })
}

export const stringFlag = flagOf('string')
export const boolFlag = flagOf('bool')
export const intFlag = flagOf('int')
export const bytesFlag = flagOf('bytes')
export const floatFlag = flagOf('float')
export const durationFlag = flagOf('duration')
export const listFlag = flagOf('list')
export const arrayFlag = flagOf('array')

export function ignoredFlag<Kind extends FlagKind>(flag: Flag<Kind>): IgnoredFlag<Kind> {
  return { ...flag, ignored: true }
}

export function isIgnored(flag: Flag): flag is IgnoredFlag {
  return 'ignored' in flag
}

export function aliasFlag(of: string, deprecated: string): FlagAlias {
  return { kind: 'alias', of, deprecated }
}

/** All flags of a process in one table. */
export function allFlags(spec: CommandSpec): FlagTable {
  return Object.assign({}, ...spec.groups.map((group) => group.flags))
}

/** The name of a flag's value in a config object. */
export function configKey(name: string, kind: FlagKind): string {
  const camelCase = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  if (kind === 'duration') return `${camelCase}Ms`
  if (kind === 'bytes') return `${camelCase}Bytes`
  return camelCase
}
