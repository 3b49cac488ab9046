import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { plainJson, type RawJsonObject } from './json-number.ts'
import { type Members, put, sortedNames } from './members.ts'
import { type Normalized, normalize } from './normalize.ts'

/**
 * An object of a kind that is not built in. Nothing is known of it but its metadata, which is normalised; all else is kept as it
 * is. Members are in the order of their names at every level, as Kubernetes writes such objects.
 *
 * @throws MalformedBody
 */
export function normalizeCustom(raw: RawJsonObject): Normalized {
  const { metadata, ...rest } = raw
  const meta = normalize('meta/v1.ObjectMeta', metadata ?? null)
  const object = { ...(plainJson(rest) as JsonObject), metadata: meta.object }
  return {
    object: sorted(object) as JsonObject,
    unknownFields: meta.unknownFields.map((path) => `metadata.${path}`),
  }
}

/**
 * The metadata of an object within another, likewise.
 *
 * @throws MalformedBody
 */
export function normalizeMetadata(metadata: JsonValue): Normalized {
  const { object, unknownFields } = normalize('meta/v1.ObjectMeta', metadata)
  return { object: sorted(object) as JsonObject, unknownFields }
}

function sorted(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (!isJsonObject(value)) return value.map(sorted)
  const object: Members<JsonValue> = {}
  for (const name of sortedNames(value)) put(object, name, sorted(value[name] ?? null))
  return object
}
