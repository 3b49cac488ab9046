import { readFileSync } from 'node:fs'
import { deepFreeze } from '../../common/deep-freeze.ts'
import { type FieldRow, parseField } from './parse-field.ts'
import type { BuiltinType, Field, JsonField, TypeForm } from './type-facts.ts'

const TABLE_URL = new URL('./builtin-types.json', import.meta.url)

/** In the place of an apiVersion: kinds that every one of them has. */
const EVERY_API_VERSION = '*'

interface Table {
  readonly kinds: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly types: Readonly<Record<string, readonly FieldRow[]>>
  readonly atomicTypes: ReadonlySet<string>
  readonly listTypes: ReadonlySet<string>
  readonly unionTypes: ReadonlySet<string>
}

interface IndexedType {
  readonly type: BuiltinType
  readonly byNumber: ReadonlyMap<number, Field>
  readonly jsonFields: readonly JsonField[]
  readonly byJsonName: ReadonlyMap<string, JsonField>
}

// Constant facts, so one copy serves the process: the file is read with the first question, a type parsed with the first about it.
let loaded: Table | undefined
const indexed = new Map<string, IndexedType>()

/** The apiVersions that have kinds of their own, such as `v1` and `apps/v1`. */
export function builtinApiVersions(): string[] {
  return Object.keys(table().kinds).filter((each) => each !== EVERY_API_VERSION)
}

/** The kinds of an apiVersion, lists included; none for one that is not built in. */
export function kindsOf(apiVersion: string): string[] {
  return Object.keys(own(table().kinds, apiVersion) ?? {})
}

/** The type of a kind, or undefined when it is not built in. DeleteOptions and its like belong to every apiVersion. */
export function typeOfKind(apiVersion: string, kind: string): string | undefined {
  const { kinds } = table()
  return own(own(kinds, apiVersion) ?? {}, kind) ?? own(own(kinds, EVERY_API_VERSION) ?? {}, kind)
}

export function builtinTypeIds(): string[] {
  return Object.keys(table().types)
}

/** Throws an Error for an id that is not in the table, as do all functions that take one. */
export function builtinType(typeId: string): BuiltinType {
  return index(typeId).type
}

/** As in protobuf: in the order of their numbers, inline messages as one field. */
export function fieldsOf(typeId: string): readonly Field[] {
  return index(typeId).type.fields
}

export function fieldNumbered(typeId: string, number: number): Field | undefined {
  return index(typeId).byNumber.get(number)
}

/** As in JSON: the fields of inline messages instead of the messages. */
export function jsonFieldsOf(typeId: string): readonly JsonField[] {
  return index(typeId).jsonFields
}

export function jsonFieldNamed(typeId: string, name: string): JsonField | undefined {
  return index(typeId).byJsonName.get(name)
}

function index(typeId: string): IndexedType {
  const known = indexed.get(typeId)
  if (known) return known

  const type = parseType(typeId)
  const jsonFields = deepFreeze(type.fields.flatMap(flatten))
  const made: IndexedType = {
    type,
    byNumber: new Map(type.fields.filter(({ number }) => number !== 0).map((field) => [field.number, field])),
    jsonFields,
    byJsonName: new Map(jsonFields.map((each) => [each.field.name, each])),
  }
  indexed.set(typeId, made)
  return made
}

function flatten(field: Field): JsonField[] {
  if (!field.inline) return [{ field, path: [] }]
  if (field.type.kind !== 'message')
    throw new Error(`inline field ${JSON.stringify(field.name)} is no message`)
  return jsonFieldsOf(field.type.id).map((inner) => ({ field: inner.field, path: [field, ...inner.path] }))
}

function parseType(id: string): BuiltinType {
  const { types, atomicTypes, listTypes } = table()
  const rows = own(types, id)
  if (rows === undefined) throw new Error(`unknown built-in type ${JSON.stringify(id)}`)

  const lookup = {
    isAtomic: (typeId: string) => atomicTypes.has(typeId),
    isList: (typeId: string) => listTypes.has(typeId),
  }
  const fields = rows.map((row) => {
    try {
      return parseField(row, lookup)
    } catch (cause) {
      throw new Error(`table of built-in types: ${id}, field ${JSON.stringify(row[0])}`, { cause })
    }
  })
  return deepFreeze({ id, form: formOf(id), atomic: atomicTypes.has(id), fields })
}

function formOf(id: string): TypeForm {
  const { listTypes, unionTypes } = table()
  if (listTypes.has(id)) return 'list'
  return unionTypes.has(id) ? 'union' : 'object'
}

function table(): Table {
  loaded ??= readTable()
  return loaded
}

function readTable(): Table {
  const { kinds, types, atomicTypes, listTypes, unionTypes } = JSON.parse(readFileSync(TABLE_URL, 'utf8'))
  return {
    kinds,
    types,
    atomicTypes: new Set(atomicTypes),
    listTypes: new Set(listTypes),
    unionTypes: new Set(unionTypes),
  }
}

/** Names come out of requests: `constructor` must not find what every object inherits. */
function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
