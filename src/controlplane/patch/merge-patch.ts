import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import { requireBoundedDepth } from './json-size.ts'
import { type MutableJsonObject, memberOf, membersOf, putMember } from './members.ts'
import { cannotDecode } from './patch-error.ts'

/**
 * The object after a JSON Merge Patch (RFC 7386). As in Kubernetes, and unlike in the RFC, members that are null go from objects
 * in new lists too; in a list itself a null stays.
 */
export function applyMergePatch(object: JsonObject, patch: JsonValue): JsonObject {
  if (patch === null) throw badRequest('Invalid JSON Patch')
  if (!isJsonObject(patch)) {
    throw badRequest(`error decoding patch: ${cannotDecode(patch, 'value of type map[string]interface {}')}`)
  }
  requireBoundedDepth(patch, 'the patch')
  return merge(object, patch)
}

function merge(object: JsonObject, changes: JsonObject): JsonObject {
  const merged: MutableJsonObject = { ...object }
  for (const [name, change] of membersOf(changes))
    putMember(merged, name, mergeValue(memberOf(object, name), change))
  return merged
}

/** Undefined for what is to be removed. */
function mergeValue(value: JsonValue | undefined, change: JsonValue): JsonValue | undefined {
  if (change === null) return undefined
  return isJsonObject(value) && isJsonObject(change) ? merge(value, change) : withoutNulls(change)
}

function withoutNulls(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value
  if (!isJsonObject(value)) return value.map(withoutNulls)
  const kept = membersOf(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]))
}
