import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { fieldOf } from './json-values.ts'
import { encodeManagers, type Managers } from './managers.ts'

export function managedFieldsOf(object: JsonObject): JsonValue | undefined {
  return fieldOf(fieldOf(object, 'metadata'), 'managedFields')
}

/** The object with these managers, or with none. */
export function withManagers(object: JsonObject, managers: Managers): JsonObject {
  return withManagedFields(object, encodeManagers(managers))
}

export function withManagedFields(object: JsonObject, managedFields: JsonValue | undefined): JsonObject {
  const metadata = fieldOf(object, 'metadata')
  const { managedFields: _, ...rest } = isJsonObject(metadata) ? metadata : {}
  return { ...object, metadata: managedFields === undefined ? rest : { ...rest, managedFields } }
}
