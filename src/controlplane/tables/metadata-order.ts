import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { OBJECT_META_FIELDS } from '../api/object-meta-fields.ts'

/** As Go's types have them (k8s.io/apimachinery, meta/v1). */
const OWNER_REFERENCE = ['apiVersion', 'kind', 'name', 'uid', 'controller', 'blockOwnerDeletion']
const MANAGED_FIELDS = ['manager', 'operation', 'apiVersion', 'time', 'fieldsType', 'fieldsV1', 'subresource']

/**
 * An object's metadata with its members in the order of built-in types. A custom resource has them in the order of their names, but not
 * where its metadata stands alone.
 */
export function orderedMetadata(metadata: JsonValue | undefined): JsonObject {
  const ordered = inOrder(metadata ?? {}, OBJECT_META_FIELDS)
  if (!isJsonObject(ordered)) return {}
  const { ownerReferences, managedFields } = ordered
  return {
    ...ordered,
    ...(ownerReferences ? { ownerReferences: eachInOrder(ownerReferences, OWNER_REFERENCE) } : {}),
    ...(managedFields ? { managedFields: eachInOrder(managedFields, MANAGED_FIELDS) } : {}),
  }
}

function eachInOrder(list: JsonValue, names: readonly string[]): JsonValue {
  return Array.isArray(list) ? (list as readonly JsonValue[]).map((each) => inOrder(each, names)) : list
}

/** Only those of the names; what else is there is not metadata. */
function inOrder(value: JsonValue, names: readonly string[]): JsonValue {
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    names.flatMap((name) => (Object.hasOwn(value, name) ? [[name, value[name]]] : [])),
  )
}
