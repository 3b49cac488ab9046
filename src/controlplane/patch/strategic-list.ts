import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import { goText, goType, type JsonKind, jsonKind } from './go-text.ts'
import { arrange, type ItemKey, type KeyOf } from './list-order.ts'
import { memberOf } from './members.ts'
import type { MergeField } from './merge-type.ts'
import { doesNotApply } from './patch-error.ts'
import {
  BAD_ELEMENT_ORDER,
  BAD_PRIMITIVE_LIST,
  markerOf,
  settle,
  settleObject,
  unknownMarker,
} from './strategic-directives.ts'

type List = readonly JsonValue[]

export type MergeItem = (item: JsonObject, patch: JsonObject) => JsonObject

/** How the items of a list are found and merged. */
export interface ListRules {
  readonly field: MergeField
  readonly mergeItem: MergeItem
}

/** What a list becomes by its part of a patch: merged, or where its field does not say so, replaced. */
export function mergeList(list: List, patch: List, rules: ListRules): List {
  if (rules.field.strategy !== 'merge') return settleItems(patch)
  if (list.length === 0 && patch.length === 0) return list

  const keyOf = keyIn(rules.field)
  if (itemKind(list, patch) === 'object') return mergeObjects(list, patch, rules)
  const merged = [...new Set([...list, ...patch])]
  return arrange(merged, keyOf, patch.map(keyOf), list.map(keyOf))
}

/** A list, of the object or new, in the order that `$setElementOrder` gives, and merged if the patch has items too. */
export function orderList(
  list: List | undefined,
  patch: List | undefined,
  order: List,
  rules: ListRules,
): List {
  const keyOf = keyIn(rules.field)
  const orderKeys = order.map(keyOf)
  if (patch !== undefined) requireOrder(patch, order, orderKeys, keyOf)

  const merged = patch === undefined ? (list ?? []) : mergeList(list ?? [], patch, rules)
  return arrange(merged, keyOf, orderKeys, (list ?? []).map(keyOf))
}

export function deleteFromList(list: List, deleted: List): List {
  if (deleted.some((item) => typeof item === 'object')) throw badRequest(BAD_PRIMITIVE_LIST)
  const gone = new Set(deleted)
  return list.filter((item) => !gone.has(item))
}

function mergeObjects(list: List, patch: List, { field, mergeItem }: ListRules): List {
  if (field.mergeKey === undefined) throw badRequest('cannot merge lists without merge key for struct')
  const keyOf = keyIn(field)
  const { changes, deleted, replaces } = sortOut(patch.filter(isJsonObject), keyOf)
  if (replaces) return settleItems(changes)

  const kept = deleted.size === 0 ? list : list.filter((item) => !deleted.has(keyOf(item)))
  const merged = kept.filter(isJsonObject)
  const places = new Map<ItemKey, number>()
  for (const [place, item] of merged.entries()) {
    const key = keyOf(item)
    if (!places.has(key)) places.set(key, place) // of duplicates the first is the one that is merged
  }
  for (const change of changes) {
    const key = keyOf(change)
    const place = places.get(key)
    const item = place === undefined ? undefined : merged[place]
    if (place !== undefined && item !== undefined) merged[place] = mergeItem(item, change)
    else places.set(key, merged.push(settleObject(change)) - 1)
  }
  return arrange(merged, keyOf, changes.map(keyOf), kept.map(keyOf))
}

/** Takes those items of a patch away that say what to do with others. */
function sortOut(patch: readonly JsonObject[], keyOf: KeyOf) {
  const changes: JsonObject[] = []
  const deleted = new Set<ItemKey>()
  let replaces = false
  for (const item of patch) {
    const marker = markerOf(item)
    if (marker === undefined) changes.push(item)
    else if (marker === 'delete') deleted.add(keyOf(item))
    else if (marker === 'replace') replaces = true
    else if (marker === 'merge') throw badRequest('merging lists cannot yet be specified in the patch')
    else throw unknownMarker(marker, item)
  }
  for (const change of changes) keyOf(change) // each must have one, also where it is not looked for
  return { changes, deleted, replaces }
}

function settleItems(items: List): List {
  return items.map(settle).filter((item) => item !== undefined)
}

/** All items of both must be of one kind, and no lists. */
function itemKind(list: List, patch: List): JsonKind {
  const kind = jsonKind(list[0] ?? patch[0])
  for (const items of [list, patch]) {
    for (const item of items) {
      if (jsonKind(item) === 'array') throw doesNotApply('lists of lists are not supported')
      if (jsonKind(item) !== kind || kind === 'null') {
        throw badRequest(`list element types are not identical: ${goText([list, patch])}`)
      }
    }
  }
  return kind
}

/** The items of a patch that stay must be in the order's list, and in its order. */
function requireOrder(patch: List, order: List, orderKeys: readonly ItemKey[], keyOf: KeyOf): void {
  if (order.length === 0) return
  let next = 0
  for (const item of patch) {
    if (isJsonObject(item) && markerOf(item) !== undefined) continue
    const key = keyOf(item)
    while (next < orderKeys.length && orderKeys[next] !== key) next++
    if (next++ >= orderKeys.length) {
      throw badRequest(
        `The order in patch list:\n${goText(patch)}\n doesn't match $setElementOrder list:\n${goText(order)}\n`,
      )
    }
  }
}

function keyIn({ mergeKey }: MergeField): KeyOf {
  return mergeKey === undefined ? primitiveKey : (item) => objectKey(item, mergeKey)
}

function primitiveKey(item: JsonValue): ItemKey {
  if (item === null || typeof item === 'object') throw badRequest(BAD_ELEMENT_ORDER)
  return item
}

function objectKey(item: JsonValue, mergeKey: string): ItemKey {
  if (!isJsonObject(item)) {
    throw badRequest(`expected a map[string]interface {}, but received a ${goType(item)}`)
  }
  const key = memberOf(item, mergeKey)
  if (key === undefined || key === null || typeof key === 'object') {
    throw badRequest(`map: ${goText(item)} does not contain declared merge key: ${mergeKey}`)
  }
  return key
}
