import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { itemsOf, jsonEqual } from './json-values.ts'
import { managedFieldsOf, withManagedFields } from './object-managers.ts'

/**
 * Takes back new times in managedFields if they are all that a write would change, so that it changes nothing. Called last,
 * when the server has set all that it sets.
 */
export function withoutIdleTimes(live: JsonObject, written: JsonObject): JsonObject {
  const before = managedFieldsOf(live)
  const after = managedFieldsOf(written)
  if (!jsonEqual(withoutTimes(before), withoutTimes(after))) return written
  const unchanged = jsonEqual(withManagedFields(live, undefined), withManagedFields(written, undefined))
  return unchanged ? withManagedFields(written, before) : written
}

function withoutTimes(managedFields: JsonValue | undefined): JsonValue {
  return itemsOf(managedFields).map((entry) => {
    if (!isJsonObject(entry)) return entry
    const { time: _, ...rest } = entry
    return rest
  })
}
