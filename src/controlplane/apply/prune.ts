import { isJsonObject, type JsonObject } from '../api/json.ts'
import { FieldSet } from './field-set.ts'
import type { ManagedType } from './managed-type.ts'
import type { Manager, Managers } from './managers.ts'
import { remove } from './remove.ts'
import type { Schema } from './schema.ts'
import { withNamedFields } from './set-schema.ts'
import { toFieldSet } from './to-field-set.ts'
import { convertTo } from './typed-object.ts'

/**
 * Removes what a manager applied the last time and nobody owns any more, `managers` being with what it applies now. `merged`
 * is in the version of the request, and so is the result.
 */
export function prune(
  type: ManagedType,
  merged: JsonObject,
  last: Manager | undefined,
  managers: Managers,
): JsonObject {
  const schema = last && type.schemaAt(last.apiVersion)
  if (!last || !schema || last.set.isEmpty) return merged

  const object = convertTo(type, merged, last.apiVersion)
  const lastOwned = withNamedFields(schema, last.set)
  const withoutLast = removeFrom(schema, object, lastOwned)
  const ownedAt = ownedByVersion(managers, last.apiVersion)
  const withOwned = addBackOwned(type, object, withoutLast, last.apiVersion, ownedAt)

  // What is gone by now and was not applied the last time: somebody's update, or nobody's. It stays.
  const gone = mentioned(schema, object).difference(mentioned(schema, withOwned))
  const pruned = remove(schema, object, gone.intersection(lastOwned), ownedAt.get(last.apiVersion))
  return convertTo(type, isJsonObject(pruned) ? pruned : {}, type.apiVersion)
}

/** What anybody owns, by version, `first` being the first of them. */
function ownedByVersion(managers: Managers, first: string): ReadonlyMap<string, FieldSet> {
  const ownedAt = new Map([[first, FieldSet.EMPTY]])
  for (const { apiVersion, set } of managers.values()) {
    ownedAt.set(apiVersion, set.union(ownedAt.get(apiVersion) ?? FieldSet.EMPTY))
  }
  return ownedAt
}

/** Puts back what somebody owns, in the version that was pruned first: what another version is made of has to be there. */
function addBackOwned(
  type: ManagedType,
  merged: JsonObject,
  pruned: JsonObject,
  prunedVersion: string,
  ownedAt: ReadonlyMap<string, FieldSet>,
): JsonObject {
  let result = pruned
  for (const [apiVersion, owned] of ownedAt) {
    const schema = type.schemaAt(apiVersion)
    if (!schema || owned.isEmpty) continue
    const object = convertTo(type, merged, apiVersion)
    const kept = mentioned(schema, convertTo(type, result, apiVersion))
    result = removeFrom(
      schema,
      object,
      mentioned(schema, object).difference(kept.union(withNamedFields(schema, owned))),
    )
  }
  return convertTo(type, result, prunedVersion)
}

function mentioned(schema: Schema, object: JsonObject): FieldSet {
  return withNamedFields(schema, toFieldSet(schema, object))
}

/** Nulls where nothing is left keep the place of what somebody might own, for the next step to see. */
function removeFrom(schema: Schema, object: JsonObject, paths: FieldSet): JsonObject {
  const left = remove(schema, object, paths)
  return isJsonObject(left) ? left : {}
}
