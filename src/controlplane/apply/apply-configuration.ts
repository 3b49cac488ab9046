import type { JsonObject } from '../api/json.ts'
import { badRequest } from '../api/status.ts'
import { conflictError } from './conflict-error.ts'
import { fieldOf, isJsonList, jsonEqual } from './json-values.ts'
import { withLastApplied, withoutUpgraded } from './last-applied.ts'
import type { ManagedType } from './managed-type.ts'
import { decodeManagers, formatTime, type Manager, type Managers, managerId } from './managers.ts'
import { merge } from './merge.ts'
import { managedFieldsOf, withManagers } from './object-managers.ts'
import { type Conflict, reconcileManagers, takeOver, withoutNeverOwned } from './ownership.ts'
import { prune } from './prune.ts'
import { toFieldSet } from './to-field-set.ts'
import { updateManagers, type Writer } from './track-update.ts'
import { kindText, requireTyped, schemaIn } from './typed-object.ts'

/** Owns what was in an object before anybody was known to own anything. */
const BEFORE_FIRST_APPLY = 'before-first-apply'

const NOBODY: Managers = new Map()

export interface Applier extends Writer {
  /** Takes the fields of others instead of failing. @default false */
  readonly force?: boolean
}

/**
 * What server-side apply makes of `live`, or of nothing if there is no such object yet: all that `config` says, and no more
 * what the manager had applied before, unless others own it. Defaults are the caller's to fill in afterwards.
 *
 * @throws StatusError Conflict when others own fields that would change, BadRequest and InternalError when it is no
 * configuration of this type
 */
export function applyConfiguration(
  type: ManagedType,
  live: JsonObject | undefined,
  config: JsonObject,
  applier: Applier,
): JsonObject {
  requireConfiguration(type, config)
  requireTyped(type, config, 'patch')
  if (live) requireTyped(type, live, 'live', { lenient: true })
  const managers = live ? managersOf(type, live, applier) : NOBODY
  const object = live ?? { apiVersion: type.apiVersion, kind: type.kind }

  const applied = mergeAndOwn(type, object, config, managers, applier)
  const conflicts = applier.force ? [] : withoutUpgraded(type, object, applied.conflicts, applier.manager)
  if (conflicts.length > 0) throw conflictError(conflicts, managers)
  return withLastApplied(withManagers(applied.object, applied.managers), config, applier.manager)
}

interface Applied {
  readonly object: JsonObject
  readonly managers: Managers
  readonly conflicts: readonly Conflict[]
}

/** As if it were forced. An apply that leaves the object as it is changes no time, and gives none to a new manager. */
function mergeAndOwn(
  type: ManagedType,
  live: JsonObject,
  config: JsonObject,
  managers: Managers,
  { manager, now }: Applier,
): Applied {
  const schema = schemaIn(type, type.apiVersion)
  const reconciled = reconcileManagers(type, managers)
  const self: Manager = {
    name: manager,
    operation: 'Apply',
    apiVersion: type.apiVersion,
    subresource: type.subresource,
    set: type.resetFields(type.apiVersion)(toFieldSet(schema, config)),
  }
  const id = managerId(self)
  const last = reconciled.get(id)

  const merged = merge(schema, live, config) as JsonObject
  const pruned = prune(type, merged, last, new Map([...reconciled, [id, self]]))
  const { managers: left, conflicts } = takeOver(type, live, pruned, reconciled, id)

  const time = jsonEqual(live, pruned) ? last?.time : formatTime(now)
  const next = new Map(left)
  const set = withoutNeverOwned(self.set)
  if (set.isEmpty) next.delete(id)
  else next.set(id, { ...self, ...(time === undefined ? {} : { time }), set })
  return { object: pruned, managers: next, conflicts }
}

function managersOf(type: ManagedType, live: JsonObject, { now }: Applier): Managers {
  const managers = decodeManagers(managedFieldsOf(live))
  if (managers.size > 0) return managers
  return updateManagers(type, type.empty, live, managers, { manager: BEFORE_FIRST_APPLY, now })
}

function requireConfiguration({ apiVersion, kind }: ManagedType, config: JsonObject): void {
  const given = { apiVersion: fieldOf(config, 'apiVersion'), kind: fieldOf(config, 'kind') }
  if (given.apiVersion !== apiVersion || given.kind !== kind) {
    const [version, name] = [given.apiVersion, given.kind].map((text) =>
      typeof text === 'string' ? text : '',
    )
    throw badRequest(`invalid object type: ${kindText(version ?? '', name ?? '')}`)
  }
  if (isJsonList(managedFieldsOf(config))) throw badRequest('metadata.managedFields must be nil')
}
