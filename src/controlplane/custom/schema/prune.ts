import { type Draft, isList, membersOf, setMember } from '../../../common/json-tools.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../api/json.ts'
import { OBJECT_META_FIELDS } from '../../api/object-meta-fields.ts'
import { additionalStructural, asResource, type Structural } from './structural.ts'

export interface Pruned {
  readonly object: JsonObject
  /** Sorted; such as `spec.ports[0].nme`. */
  readonly unknownFields: readonly string[]
}

const META_FIELDS = new Set(['apiVersion', 'kind', 'metadata'])

const METADATA_FIELDS: ReadonlySet<string> = new Set(OBJECT_META_FIELDS)

/** A whole object without the fields that its schema does not know (apiserver/schema/pruning). */
export function pruneResource(object: JsonObject, schema: Structural | undefined): Pruned {
  const unknownFields: string[] = []
  const pruned = prune(object, asResource(schema), '', unknownFields) as JsonObject
  return { object: pruned, unknownFields: unknownFields.sort() }
}

/** A value within an object. */
export function pruneValue(value: JsonValue, schema: Structural): JsonValue {
  return prune(value, schema, '', [])
}

function prune(value: JsonValue, schema: Structural | undefined, path: string, unknown: string[]): JsonValue {
  if (isList(value)) {
    const items = schema?.items
    if (schema?.preservesUnknownFields && !items) return value
    // Of a list that preserves what is in it, the items do as well.
    const within =
      schema?.preservesUnknownFields && items ? { ...items, preservesUnknownFields: true } : items
    return value.map((item, index) => prune(item, within, `${path}[${index}]`, unknown))
  }
  if (!isJsonObject(value)) return value
  const additional = schema && additionalStructural(schema)
  const kept: Draft = {}
  for (const [name, each] of membersOf(value)) {
    const inner = path === '' ? name : `${path}.${name}`
    const property = schema?.properties.get(name)
    if (schema?.isEmbeddedResource && META_FIELDS.has(name)) {
      const isInner = name === 'metadata' && path !== '' && isJsonObject(each)
      setMember(kept, name, isInner ? pruneMetadata(each, inner, unknown) : each)
    } else if (property) setMember(kept, name, prune(each, property, inner, unknown))
    else if (schema?.additionalProperties !== undefined)
      setMember(kept, name, prune(each, additional, inner, unknown))
    else if (schema?.preservesUnknownFields) setMember(kept, name, each)
    else if (!META_FIELDS.has(name) || path !== '') unknown.push(inner)
  }
  return kept
}

/** Of the metadata of an object within another, what is empty goes as well (apiserver/schema/objectmeta). */
function pruneMetadata(metadata: JsonObject, path: string, unknown: string[]): JsonValue {
  const kept: Draft = {}
  for (const [name, value] of membersOf(metadata)) {
    if (!METADATA_FIELDS.has(name)) unknown.push(`${path}.${name}`)
    else if (!isEmpty(value)) setMember(kept, name, value)
  }
  return kept
}

function isEmpty(value: JsonValue): boolean {
  if (isList(value)) return value.length === 0
  if (isJsonObject(value)) return membersOf(value).length === 0
  return value === null || value === '' || value === 0
}
