import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { badRequest, type StatusError } from '../api/status.ts'
import { goText } from './go-text.ts'
import { memberOf, membersOf } from './members.ts'

const MARKER = '$patch'
const RETAIN_KEYS = '$retainKeys'
const SET_ELEMENT_ORDER = '$setElementOrder'
const DELETE_FROM_PRIMITIVE_LIST = '$deleteFromPrimitiveList'

export const BAD_PRIMITIVE_LIST = 'invalid patch format of primitive list'
export const BAD_RETAIN_KEYS = 'invalid patch format of retainKeys'
export const BAD_ELEMENT_ORDER = 'invalid patch format of setElementOrder list'

/** A patch of an object, told apart: what is to be merged, and how. */
export interface MapPatch {
  readonly fields: ReadonlyMap<string, JsonValue>
  /** The only members that may stay. */
  readonly retained: ReadonlySet<string> | undefined
  /** By the name of the list. */
  readonly orders: ReadonlyMap<string, JsonValue>
  /** By the name of the list. */
  readonly deletions: ReadonlyMap<string, readonly JsonValue[]>
}

/** What is to be done with an object or a list as a whole: `delete` or `replace`, or something that there is not. */
export function markerOf(patch: JsonObject): JsonValue | undefined {
  return memberOf(patch, MARKER)
}

export function unmarked(patch: JsonObject): JsonObject {
  return Object.fromEntries(membersOf(patch).filter(([name]) => name !== MARKER))
}

export function unknownMarker(marker: JsonValue, patch: JsonObject): StatusError {
  return badRequest(`unknown patch type: ${goText(marker)} in map: ${goText(patch)}`)
}

export function splitDirectives(patch: JsonObject): MapPatch {
  const fields = new Map<string, JsonValue>()
  const orders = new Map<string, JsonValue>()
  const deletions = new Map<string, readonly JsonValue[]>()
  for (const [name, value] of membersOf(patch)) {
    if (name === RETAIN_KEYS) continue
    if (name.startsWith(SET_ELEMENT_ORDER)) {
      orders.set(fieldOf(name, SET_ELEMENT_ORDER, BAD_ELEMENT_ORDER), value)
    } else if (name.startsWith(DELETE_FROM_PRIMITIVE_LIST)) {
      if (!Array.isArray(value)) throw badRequest(BAD_PRIMITIVE_LIST)
      deletions.set(fieldOf(name, DELETE_FROM_PRIMITIVE_LIST, BAD_PRIMITIVE_LIST), value)
    } else fields.set(name, value)
  }
  return { fields, orders, deletions, retained: retainedBy(memberOf(patch, RETAIN_KEYS), fields) }
}

/**
 * A value of a patch that there is nothing to merge with: without its directives, and without nulls, which have nothing to remove.
 * An object that is marked goes altogether, as a marker is about something that is there already.
 */
export function settle(value: JsonValue): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) return value
  if (!isJsonObject(value)) return value.map(settle).filter((item) => item !== undefined)
  return markerOf(value) === undefined ? settleObject(value) : undefined
}

export function settleObject(object: JsonObject): JsonObject {
  const kept: [string, JsonValue][] = []
  for (const [name, member] of membersOf(object)) {
    const settled = member === null || isDirective(name) ? undefined : settle(member)
    if (settled !== undefined) kept.push([name, settled])
  }
  return Object.fromEntries(kept)
}

function isDirective(name: string): boolean {
  return (
    name === RETAIN_KEYS ||
    name.startsWith(`${SET_ELEMENT_ORDER}/`) ||
    name.startsWith(`${DELETE_FROM_PRIMITIVE_LIST}/`)
  )
}

/** What a directive such as `$setElementOrder/containers` is about. */
function fieldOf(name: string, directive: string, error: string): string {
  if (name[directive.length] !== '/') throw badRequest(error)
  return name.slice(directive.length + 1)
}

function retainedBy(
  directive: JsonValue | undefined,
  fields: ReadonlyMap<string, JsonValue>,
): ReadonlySet<string> | undefined {
  if (directive === undefined) return undefined
  if (!Array.isArray(directive)) throw badRequest(BAD_RETAIN_KEYS)

  const retained = new Set<string>(directive)
  for (const [name, value] of fields) {
    if (value !== null && !retained.has(name)) throw badRequest(BAD_RETAIN_KEYS)
  }
  return retained
}
