import type { Node } from 'yaml'
import type { ConfigIo } from './config-io.ts'
import { ConfigError, errorMessage } from './errors.ts'
import type { Flag, FlagTable } from './flags.ts'
import { onDemand } from './on-demand.ts'
import { didYouMean } from './suggest.ts'

const yaml = onDemand<typeof import('yaml')>('yaml')

/** One key of a configuration file, still as text: it is read by the same parsers as a command line. */
export interface FileEntry {
  readonly name: string
  readonly flag: Flag
  /** One text, or as many as the file's list has. */
  readonly texts: readonly string[]
}

/** Reads a YAML mapping from flag names, with hyphens or in camelCase, to values. */
export function readConfigFile(path: string, table: FlagTable, io: Pick<ConfigIo, 'readFile'>): FileEntry[] {
  const document = yaml().parseDocument(read(path, io), { schema: 'failsafe' }) // every scalar stays the text that was written
  const [syntaxError] = document.errors
  if (syntaxError)
    throw new ConfigError(`cannot read ${path}: ${syntaxError.message}`, { cause: syntaxError })
  if (document.contents === null || (yaml().isScalar(document.contents) && document.contents.value === ''))
    return []
  if (!yaml().isMap(document.contents))
    throw new ConfigError(`${path} must hold a mapping from flag names to values`)

  const entries = new Map<string, FileEntry>()
  for (const pair of document.contents.items) {
    const key = yaml().isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
    const name = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    const flag = Object.hasOwn(table, name) ? table[name] : undefined
    if (flag === undefined || flag.kind === 'alias') {
      throw new ConfigError(
        `unknown key ${JSON.stringify(key)} in ${path}${didYouMean(name, Object.keys(table))}`,
      )
    }
    if (entries.has(name)) throw new ConfigError(`key ${JSON.stringify(key)} stands twice in ${path}`)
    entries.set(name, { name, flag, texts: textsOf(pair.value as Node | null, flag, key, path) })
  }
  return [...entries.values()]
}

function read(path: string, io: Pick<ConfigIo, 'readFile'>): string {
  try {
    return io.readFile(path)
  } catch (error) {
    throw new ConfigError(
      `cannot read ${path} (set by --config): ${errorMessage(error)}; check that it is a file and may be read`,
      { cause: error },
    )
  }
}

function textsOf(node: Node | null, flag: Flag, key: string, path: string): string[] {
  if (yaml().isScalar(node)) return [String(node.value)]
  if (
    yaml().isSeq(node) &&
    Array.isArray(flag.defaultValue) &&
    node.items.every((item) => yaml().isScalar(item))
  ) {
    return node.items.map((item) => String(item.value))
  }
  const expected = Array.isArray(flag.defaultValue) ? 'a text or a list of texts' : 'a single value'
  throw new ConfigError(`key ${JSON.stringify(key)} in ${path} must be ${expected}`)
}
