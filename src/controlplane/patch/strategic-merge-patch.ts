import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import { goType } from './go-text.ts'
import { requireBoundedDepth } from './json-size.ts'
import { type MutableJsonObject, memberOf, membersOf, putMember, setMember } from './members.ts'
import type { MergeField, MergeType } from './merge-type.ts'
import { cannotDecode } from './patch-error.ts'
import {
  markerOf,
  settle,
  settleObject,
  splitDirectives,
  unknownMarker,
  unmarked,
} from './strategic-directives.ts'
import { deleteFromList, type ListRules, mergeList, orderList } from './strategic-list.ts'

/**
 * The object after a strategic merge patch: like a JSON Merge Patch, but lists are merged as their field's facts say, and the
 * patch may have directives (`$patch`, `$retainKeys`, `$setElementOrder/list`, `$deleteFromPrimitiveList/list`). No directive
 * ever becomes part of the object.
 */
export function applyStrategicMergePatch(object: JsonObject, patch: JsonValue, type: MergeType): JsonObject {
  if (patch === null) return object
  if (!isJsonObject(patch)) throw badRequest(cannotDecode(patch, 'value of type map[string]interface {}'))
  requireBoundedDepth(patch, 'the patch')
  return mergeMap(object, patch, type)
}

function mergeMap(object: JsonObject, patch: JsonObject, type: MergeType | undefined): JsonObject {
  const marker = markerOf(patch)
  if (marker === 'replace') return settleObject(unmarked(patch))
  if (marker === 'delete') return {}
  if (marker !== undefined) throw unknownMarker(marker, patch)

  const { fields, retained, orders, deletions } = splitDirectives(patch)
  const base = retained
    ? Object.fromEntries(membersOf(object).filter(([name]) => retained.has(name)))
    : object
  const merged: MutableJsonObject = { ...base }
  for (const [name, order] of orders) orderMember(merged, name, fields.get(name), order, type)
  for (const [name, change] of fields) {
    if (!orders.has(name)) putMember(merged, name, mergeMember(memberOf(base, name), change, name, type))
  }
  for (const [name, deleted] of deletions) {
    const list = memberOf(merged, name)
    if (Array.isArray(list)) setMember(merged, name, deleteFromList(list, deleted))
  }
  return merged
}

/** Undefined for what is to be removed. */
function mergeMember(
  value: JsonValue | undefined,
  change: JsonValue,
  name: string,
  type: MergeType | undefined,
): JsonValue | undefined {
  if (change === null) return undefined
  if (isJsonObject(value) && isJsonObject(change)) {
    const field = fieldOf(type, name)
    return field.strategy === 'replace' ? settle(change) : mergeMap(value, change, field.type)
  }
  if (isList(value) && isList(change)) return mergeList(value, change, rulesOf(type, name))
  return settle(change)
}

/** Merges and orders a list, which is left out if neither the object nor the patch has it. */
function orderMember(
  merged: MutableJsonObject,
  name: string,
  change: JsonValue | undefined,
  order: JsonValue,
  type: MergeType | undefined,
): void {
  const rules = rulesOf(type, name)
  const orderItems = requireList(order)
  const value = memberOf(merged, name) ?? undefined
  const list = value === undefined ? undefined : requireList(value)
  const changes = change === undefined ? undefined : requireList(change)
  if (list === undefined && changes === undefined) return
  setMember(merged, name, orderList(list, changes, orderItems, rules))
}

function rulesOf(type: MergeType | undefined, name: string): ListRules {
  const field = fieldOf(type, name)
  return { field, mergeItem: (item, patch) => mergeMap(item, patch, field.type) }
}

function fieldOf(type: MergeType | undefined, name: string): MergeField {
  const field = type === undefined ? {} : type.field(name)
  if (field) return field
  throw badRequest(
    `unable to find api field in struct ${type?.name} for the json field ${JSON.stringify(name)}`,
  )
}

function requireList(value: JsonValue): readonly JsonValue[] {
  if (isList(value)) return value
  throw badRequest(`expected a []interface {}, but received a ${goType(value)}`)
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
