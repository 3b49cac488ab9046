import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { StatusError } from '../api/status.ts'
import type { FieldSet } from './field-set.ts'
import { fromFieldsV1, toFieldsV1 } from './fields-v1.ts'
import { compareText, fieldOf, itemsOf } from './json-values.ts'

export type Operation = 'Apply' | 'Update'

/** What one manager owns, by one kind of operation: an entry of metadata.managedFields. */
export interface Manager {
  readonly name: string
  readonly operation: Operation
  /** The version that the paths are of. */
  readonly apiVersion: string
  /** Empty for the object itself. */
  readonly subresource: string
  /** In RFC 3339. What changed nothing but who owns what has none. */
  readonly time?: string
  readonly set: FieldSet
}

/** By their ids. */
export type Managers = ReadonlyMap<string, Manager>

/**
 * What tells an entry from others. Who applies has one, whichever the version; who updates has one for each version. Kubernetes
 * sorts by exactly this text in places.
 */
export function managerId({ name, operation, apiVersion, subresource }: Omit<Manager, 'set'>): string {
  return JSON.stringify({
    ...(name === '' ? {} : { manager: name }),
    operation,
    ...(operation === 'Apply' ? {} : { apiVersion }),
    ...(subresource === '' ? {} : { subresource }),
  })
}

/** Reads metadata.managedFields. What is no such list is a StatusError. */
export function decodeManagers(json: JsonValue | undefined): Managers {
  const managers = itemsOf(json).map(decodeManager)
  return new Map(managers.map((manager) => [managerId(manager), manager]))
}

/** In the order of Kubernetes; undefined if there is nobody, so that the field is left out. */
export function encodeManagers(managers: Managers): JsonValue[] | undefined {
  if (managers.size === 0) return undefined
  return [...managers.values()].sort(compareManagers).map(encodeManager)
}

/** Seconds since 1970, as entries are sorted by time. Those without one are the oldest. */
export function timeOf({ time }: Manager): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1_000)
}

let lastSecond = Number.NaN
let lastTime = ''

/** A time in milliseconds as entries have it. Many are of the same second. */
export function formatTime(now: number): string {
  const second = Math.floor(now / 1_000)
  if (second !== lastSecond) {
    lastTime = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
    lastSecond = second
  }
  return lastTime
}

/** With what `setOf` says in place of what each owns; who owns nothing is no manager. */
export function replaceSets(managers: Managers, setOf: (manager: Manager, id: string) => FieldSet): Managers {
  const replaced = new Map<string, Manager>()
  for (const [id, manager] of managers) {
    const set = setOf(manager, id)
    if (set === manager.set) replaced.set(id, manager)
    else if (!set.isEmpty) replaced.set(id, { ...manager, set })
  }
  return replaced
}

function decodeManager(json: JsonValue, index: number): Manager {
  const operation = fieldOf(json, 'operation')
  const apiVersion = textOf(json, 'apiVersion')
  const fieldsType = textOf(json, 'fieldsType')
  if (operation !== 'Apply' && operation !== 'Update')
    throw undecodable('operation must be `Apply` or `Update`')
  if (apiVersion === '') throw undecodable('apiVersion must not be empty')
  if (fieldsType === '') throw undecodable(`missing fieldsType in managed fields entry ${index}`)
  if (fieldsType !== 'FieldsV1') {
    throw undecodable(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`)
  }
  const time = textOf(json, 'time')
  if (time !== '' && Number.isNaN(Date.parse(time))) {
    throw undecodable(`invalid time ${JSON.stringify(time)} in managed fields entry ${index}`)
  }
  return {
    name: textOf(json, 'manager'),
    operation,
    apiVersion,
    subresource: textOf(json, 'subresource'),
    ...(time === '' ? {} : { time }),
    set: decodeSet(fieldOf(json, 'fieldsV1') ?? {}),
  }
}

function decodeSet(json: JsonValue): FieldSet {
  try {
    return fromFieldsV1(json)
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw undecodable(`error decoding set: ${cause.message}`, { cause })
  }
}

function undecodable(problem: string, options?: ErrorOptions): StatusError {
  return new StatusError('InternalError', `failed to decode managed fields: ${problem}`, undefined, options)
}

function textOf(json: JsonValue, name: string): string {
  const value = isJsonObject(json) ? fieldOf(json, name) : undefined
  return typeof value === 'string' ? value : ''
}

function encodeManager({ name, operation, apiVersion, subresource, time, set }: Manager): JsonObject {
  return {
    ...(name === '' ? {} : { manager: name }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(set),
    ...(subresource === '' ? {} : { subresource }),
  }
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    timeOf(a) - timeOf(b) ||
    compareText(a.name, b.name) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  )
}
