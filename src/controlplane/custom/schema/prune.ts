import { type Draft, isList, membersOf, setMember } from '../../../common/json-tools.ts'
import { invalid } from '../../api/field-error.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { MalformedBody, normalizeMetadata } from '../../codec/index.ts'
import { additionalStructural, asResource, type Structural } from './structural.ts'

export interface Pruned {
  readonly object: JsonObject
  /** Sorted; such as `spec.ports[0].nme`. */
  readonly unknownFields: readonly string[]
}

/** What becomes of metadata of objects within an object, and of their kinds and versions, that are of wrong types. */
type Malformed = 'refuse' | 'drop' | 'keep'

interface Pruning {
  readonly malformed: Malformed
  readonly unknownFields: string[]
}

const META_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

/**
 * A whole object without the fields that its schema does not know (apiserver/schema/pruning), and with the metadata of objects within
 * it as Go writes it (apiserver/schema/objectmeta, Coerce).
 *
 * @throws MalformedBody where some of that is to be refused
 */
export function pruneResource(
  object: JsonObject,
  schema: Structural | undefined,
  malformed: 'refuse' | 'drop',
): Pruned {
  const pruning: Pruning = { malformed, unknownFields: [] }
  const pruned = prune(object, asResource(schema), '', pruning) as JsonObject
  return { object: pruned, unknownFields: pruning.unknownFields.sort() }
}

/** A value within an object. */
export function pruneValue(value: JsonValue, schema: Structural): JsonValue {
  return prune(value, schema, '', { malformed: 'keep', unknownFields: [] })
}

function prune(value: JsonValue, schema: Structural | undefined, path: string, pruning: Pruning): JsonValue {
  if (isList(value)) {
    const items = schema?.items
    if (schema?.preservesUnknownFields && !items) return value
    // Of a list that preserves what is in it, the items do as well.
    const within =
      schema?.preservesUnknownFields && items ? { ...items, preservesUnknownFields: true } : items
    return value.map((item, index) => prune(item, within, `${path}[${index}]`, pruning))
  }
  if (!isJsonObject(value)) return value
  const additional = schema && additionalStructural(schema)
  const kept: Draft = {}
  for (const [name, each] of membersOf(value)) {
    const inner = path === '' ? name : `${path}.${name}`
    const property = schema?.properties.get(name)
    if (schema?.isEmbeddedResource && META_FIELDS.has(name)) {
      const coerced = path === '' ? each : coerce(name, each, inner, pruning)
      if (coerced !== undefined) setMember(kept, name, coerced)
    } else if (property) setMember(kept, name, prune(each, property, inner, pruning))
    else if (schema?.additionalProperties !== undefined)
      setMember(kept, name, prune(each, additional, inner, pruning))
    else if (schema?.preservesUnknownFields) setMember(kept, name, each)
    else if (!META_FIELDS.has(name) || path !== '') pruning.unknownFields.push(inner)
  }
  return kept
}

/** What an object within another says of itself; undefined where that is dropped. */
function coerce(
  name: string,
  value: JsonValue,
  path: string,
  { malformed, unknownFields }: Pruning,
): JsonValue | undefined {
  if (name === 'metadata') {
    try {
      const metadata = normalizeMetadata(value)
      unknownFields.push(...metadata.unknownFields.map((field) => `${path}.${field}`))
      return metadata.object
    } catch (error) {
      if (!(error instanceof MalformedBody)) throw error
      if (malformed === 'refuse') throw refusal(path, value, error.message)
      return malformed === 'drop' ? wellFormed(value) : value
    }
  }
  if (typeof value === 'string' || malformed === 'keep') return value
  if (malformed === 'refuse') throw refusal(path, value, 'must be a string')
  return undefined
}

function refusal(path: string, value: JsonValue, problem: string): MalformedBody {
  const { field, message } = invalid(path, value, problem)
  return new MalformedBody(`${field}: ${message}`)
}

function wellFormed(metadata: JsonValue): JsonValue {
  if (!isJsonObject(metadata)) return metadata
  const kept: Draft = {}
  for (const [name, value] of membersOf(metadata)) {
    try {
      const field = normalizeMetadata({ [name]: value }).object[name]
      if (field !== undefined) setMember(kept, name, field)
    } catch (error) {
      if (!(error instanceof MalformedBody)) throw error
    }
  }
  return kept
}
