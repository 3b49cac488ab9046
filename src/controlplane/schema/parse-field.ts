import type { JsonValue } from '../api/json.ts'
import {
  type Field,
  type FieldType,
  type Ownership,
  type PatchFacts,
  type PatchStrategy,
  SCALARS,
  WELL_KNOWN,
} from './type-facts.ts'

/** A row of the table: name, number, type, and the other facts as words. README.md says what they mean. */
export type FieldRow = readonly [name: string, number: number, type: string, facts?: string]

/** What a field's facts depend on of the type that it refers to. */
export interface TypeLookup {
  isAtomic(typeId: string): boolean
  isList(typeId: string): boolean
}

const LIST = '[]'
const MAP = 'map[string]'
const FLAGS = new Set(['inline', 'pointer', 'omitempty', 'omitzero', 'required', 'atomic', 'separable'])
const SETTINGS = new Set(['patch', 'list', 'default'])
const STRATEGIES = new Set(['merge', 'replace', 'retainKeys'])

/** Reads one row; a word that has no meaning throws an Error. */
export function parseField([name, number, typeText, facts = '']: FieldRow, types: TypeLookup): Field {
  const { flags, settings } = parseWords(facts)
  const type = parseType(typeText)
  const pointer = flags.has('pointer')
  const omitEmpty = flags.has('omitempty')
  return {
    name,
    number,
    type,
    inline: flags.has('inline'),
    pointer,
    omitEmpty,
    omitZero: flags.has('omitzero'),
    alwaysWritten: number !== 0 && !pointer && hasZeroInProtobuf(type, types),
    required: flags.has('required'),
    patch: parsePatch(settings.get('patch')),
    ownership: parseOwnership(type, settings.get('list'), flags, types),
    default: parseDefault(settings.get('default')) ?? impliedDefault(type, pointer, omitEmpty, types),
  }
}

function parseWords(facts: string) {
  const flags = new Set<string>()
  const settings = new Map<string, string>()
  for (const word of facts.split(' ').filter((each) => each !== '')) {
    const equals = word.indexOf('=')
    const key = word.slice(0, equals)
    if (equals < 0 && FLAGS.has(word)) flags.add(word)
    else if (equals > 0 && SETTINGS.has(key)) settings.set(key, word.slice(equals + 1))
    else throw new Error(`unknown fact ${JSON.stringify(word)}`)
  }
  return { flags, settings }
}

function parseType(text: string): FieldType {
  if (text.startsWith(LIST)) return { kind: 'list', element: parseType(text.slice(LIST.length)) }
  if (text.startsWith(MAP)) return { kind: 'map', value: parseType(text.slice(MAP.length)) }
  if (text.includes('/')) return { kind: 'message', id: text }
  if (isOneOf(SCALARS, text)) return { kind: 'scalar', name: text }
  if (isOneOf(WELL_KNOWN, text)) return { kind: 'wellKnown', name: text }
  throw new Error(`unknown type ${JSON.stringify(text)}`)
}

function isOneOf<T extends string>(names: readonly T[], text: string): text is T {
  return (names as readonly string[]).includes(text)
}

/** Of a Go value that is no pointer: whether it has a zero other than nil, which protobuf has no way to write. */
function hasZeroInProtobuf(type: FieldType, types: TypeLookup): boolean {
  switch (type.kind) {
    case 'list':
    case 'map':
      return false
    case 'scalar':
      return type.name !== 'bytes'
    case 'message':
      return !types.isList(type.id)
    case 'wellKnown':
      return true
  }
}

function parsePatch(text: string | undefined): PatchFacts | undefined {
  if (text === undefined) return undefined
  const [names = '', mergeKey] = text.split(':')
  const strategies = names.split(',')
  for (const each of strategies) {
    if (!STRATEGIES.has(each)) throw new Error(`unknown patch strategy ${JSON.stringify(each)}`)
  }
  return { strategies: strategies as PatchStrategy[], mergeKey }
}

function parseOwnership(
  type: FieldType,
  list: string | undefined,
  flags: ReadonlySet<string>,
  types: TypeLookup,
): Ownership {
  if (type.kind === 'list') return parseListOwnership(list)
  if (list !== undefined) throw new Error(`"list=${list}" on a field that is no list`)
  if (flags.has('atomic')) return { kind: 'atomic' }
  if (flags.has('separable')) return { kind: 'separable' }
  switch (type.kind) {
    case 'map':
      return { kind: 'separable' }
    case 'message':
      return { kind: types.isAtomic(type.id) || types.isList(type.id) ? 'atomic' : 'separable' }
    case 'wellKnown':
      return { kind: type.name === 'fieldsV1' ? 'separable' : 'atomic' }
    case 'scalar':
      return { kind: 'atomic' }
  }
}

function parseListOwnership(text: string | undefined): Ownership {
  if (text === undefined) return { kind: 'atomic' }
  if (text === 'set') return { kind: 'set' }
  if (text.startsWith('map:')) return { kind: 'map', keys: text.slice('map:'.length).split(',') }
  throw new Error(`unknown fact "list=${text}"`)
}

function parseDefault(text: string | undefined): JsonValue | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as JsonValue)
}

/** Kubernetes' schemas give a default to whatever Go always has a value for, and always writes. */
function impliedDefault(
  type: FieldType,
  pointer: boolean,
  omitEmpty: boolean,
  types: TypeLookup,
): JsonValue | undefined {
  if (pointer) return undefined
  if (type.kind === 'message') return types.isList(type.id) ? undefined : {}
  if (type.kind !== 'scalar' || omitEmpty) return undefined
  switch (type.name) {
    case 'string':
      return ''
    case 'bool':
      return false
    case 'int32':
    case 'int64':
    case 'double':
      return 0
    case 'bytes':
      return undefined
  }
}
