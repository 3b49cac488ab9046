import { isJsonObject, type JsonObject, type JsonValue } from '../api/json.ts'
import { StatusError } from '../api/status.ts'
import { foldAncientChanges } from './ancient-changes.ts'
import { FieldSet } from './field-set.ts'
import { entriesOf, fieldOf, isJsonList } from './json-values.ts'
import type { ManagedType } from './managed-type.ts'
import { decodeManagers, formatTime, type Manager, type Managers, managerId } from './managers.ts'
import { managedFieldsOf, withManagedFields, withManagers } from './object-managers.ts'
import { reconcileManagers, takeOver, withoutNeverOwned } from './ownership.ts'
import { requireTyped } from './typed-object.ts'

/** Who makes a request, and when. */
export interface Writer {
  /** The field manager; `unknown` if it is empty. */
  readonly manager: string
  /** In milliseconds since 1970. */
  readonly now: number
}

/**
 * The object of a create, an update or a patch with its managedFields: the writer owns what differs from `live`, and whoever
 * owned that owns it no more. `written` is what the client has made of the object with its defaults, before the server sets
 * anything that is nobody's; `live` is undefined for a new one.
 *
 * An object is never refused for its managedFields: where they cannot be kept up they stay as they were.
 */
export function trackUpdate(
  type: ManagedType,
  live: JsonObject | undefined,
  written: JsonObject,
  writer: Writer,
): JsonObject {
  if (!isJsonObject(fieldOf(written, 'metadata'))) return written
  const managers = managersBefore(type, live, written)
  if (live && managers.size === 0) return withManagers(written, managers)
  try {
    const updated = updateManagers(type, live ?? type.empty, written, managers, writer)
    return withManagers(written, updated)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return withManagedFields(written, live && managedFieldsOf(live))
  }
}

/** The managers once `written`, whose managedFields do not count, has taken the place of `live`. */
export function updateManagers(
  type: ManagedType,
  live: JsonObject,
  written: JsonObject,
  managers: Managers,
  { manager, now }: Writer,
): Managers {
  const older = withManagedFields(live, undefined)
  const newer = withManagedFields(written, undefined)
  requireTyped(type, newer, 'new', { lenient: true })
  requireTyped(type, older, 'live', { lenient: true })

  const reconciled = reconcileManagers(type, managers)
  const { managers: others, comparison } = takeOver(type, older, newer, reconciled)
  const taken = withoutNeverOwned(comparison.modified.union(comparison.added))
  if (taken.isEmpty) return foldAncientChanges(others)

  const self: Manager = {
    name: manager === '' ? 'unknown' : manager,
    operation: 'Update',
    apiVersion: type.apiVersion,
    subresource: type.subresource,
    time: formatTime(now),
    set: taken,
  }
  const id = managerId(self)
  const set = taken.union(others.get(id)?.set ?? FieldSet.EMPTY)
  return foldAncientChanges(new Map([...others, [id, { ...self, set }]]))
}

/** A client may edit the managedFields, or empty them to be rid of them, but does not lose them by leaving them out. */
function managersBefore(type: ManagedType, live: JsonObject | undefined, written: JsonObject): Managers {
  const given = type.subresource === '' ? managedFieldsOf(written) : undefined
  if (isReset(given)) return new Map()
  const edited = decodeOrNone(given)
  return edited.size > 0 ? edited : decodeOrNone(live && managedFieldsOf(live))
}

function isReset(managedFields: JsonValue | undefined): boolean {
  if (!isJsonList(managedFields)) return false
  const [first, ...more] = managedFields
  return first === undefined || (more.length === 0 && isJsonObject(first) && entriesOf(first).length === 0)
}

function decodeOrNone(managedFields: JsonValue | undefined): Managers {
  try {
    return decodeManagers(managedFields)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    return new Map()
  }
}
