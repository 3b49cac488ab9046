import { readFileSync } from 'node:fs'
import {
  META_DEFINITIONS,
  typeOfDefinition,
  VERSION_DEFINITION,
  WELL_KNOWN_DEFINITIONS,
} from './definition-names.ts'
import { groupVersionKindsOf } from './group-version-kinds.ts'

type ByTypeAndField<T> = Readonly<Record<string, Readonly<Record<string, T>>>>

/** In the place of a field's name: what is said of the type. */
const TYPE_ITSELF = ''
const LIST_SUFFIX = 'List'

/** What these fields mean is the same in all kinds. */
export const KIND_FIELD_DESCRIPTIONS = {
  apiVersion: 'The group and version in which the object is written.',
  kind: 'The kind of the object.',
  metadata: 'What every object has, such as its name and its labels.',
  items: 'The objects.',
} as const

const KIND_FIELDS: ReadonlyMap<string, string> = new Map(Object.entries(KIND_FIELD_DESCRIPTIONS))

const DEFINITION_DESCRIPTIONS: ReadonlyMap<string | undefined, string> = new Map([
  [WELL_KNOWN_DEFINITIONS.quantity, 'An amount with a unit, such as `500m`, `2` or `1Gi`.'],
  [WELL_KNOWN_DEFINITIONS.intOrString, 'A number, or text such as a name or a percentage.'],
  [WELL_KNOWN_DEFINITIONS.rawExtension, 'Any object.'],
  [WELL_KNOWN_DEFINITIONS.json, 'Any value.'],
  [WELL_KNOWN_DEFINITIONS.time, 'A time in the form of RFC 3339, in seconds.'],
  [WELL_KNOWN_DEFINITIONS.microTime, 'A time in the form of RFC 3339, in microseconds.'],
  [
    WELL_KNOWN_DEFINITIONS.fieldsV1,
    'A set of fields as a tree: `f:` names a field, `k:` an element by its keys, `v:` one by its value, `.` the node itself.',
  ],
  [META_DEFINITIONS.patch, 'A patch, in the form that the content type says.'],
  [VERSION_DEFINITION, 'The version of the server.'],
])

let descriptions: ByTypeAndField<string> | undefined
let values: ByTypeAndField<readonly string[]> | undefined

/** What a definition is, where there is something to say. */
export function describeDefinition(name: string): string | undefined {
  const said = DEFINITION_DESCRIPTIONS.get(name)
  const typeId = typeOfDefinition(name)
  if (said !== undefined || typeId === undefined) return said
  descriptions ??= read('./descriptions.json')
  const own = find(descriptions, typeId, TYPE_ITSELF)
  if (own !== undefined || !typeId.endsWith(LIST_SUFFIX) || !isKind(typeId)) return own
  const element = typeId.slice(typeId.lastIndexOf('.') + 1, -LIST_SUFFIX.length)
  return `A list of ${element} objects.`
}

export function describeField(typeId: string, field: string): string | undefined {
  descriptions ??= read('./descriptions.json')
  const own = find(descriptions, typeId, field)
  return own ?? (isKind(typeId) ? KIND_FIELDS.get(field) : undefined)
}

/** The only values that a field, or an element of it, may have. */
export function valuesOfField(typeId: string, field: string): readonly string[] | undefined {
  values ??= read('./field-values.json')
  return find(values, typeId, field)
}

function isKind(typeId: string): boolean {
  return groupVersionKindsOf(typeId).length > 0
}

function read<T>(file: string): ByTypeAndField<T> {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as ByTypeAndField<T>
}

function find<T>(table: ByTypeAndField<T>, typeId: string, field: string): T | undefined {
  const fields = Object.hasOwn(table, typeId) ? table[typeId] : undefined
  return fields && Object.hasOwn(fields, field) ? fields[field] : undefined
}
