import type { OwnerReference } from '../../../apis/meta/v1.ts'
import type { JsonValue } from '../../../common/json.ts'
import { memberAt } from '../../../common/json-tools.ts'
import { isConflict, type KubeApiError } from '../../../kube/index.ts'
import type { ManifestObject } from '../manifest-object.ts'
import { hasOtherWorks } from '../ownership.ts'

/** Of one that updates objects; those that apply them are not said to be using a version. */
const UPDATER = /^conflict with ("(?:[^"\\]|\\.)*") using /

/** The managers that server-side apply conflicts with, if all of them have updated the object; none if not. */
export function conflictingUpdaters(error: unknown): ReadonlySet<string> {
  if (!isConflict(error)) return new Set()
  const names = (error as KubeApiError).causes.map(({ message = '' }) => UPDATER.exec(message)?.[1])
  if (names.some((name) => name === undefined)) return new Set()
  return new Set(names.map((name) => JSON.parse(name ?? '""')))
}

/**
 * Whether an object is one work's alone, and those managers are who has made the work its owner: with the strategy `Update` that is one
 * write, or are writes of the same manager, whose name is the API server's to choose.
 */
export function isUpdatedByOwner(
  { metadata }: ManifestObject,
  owner: OwnerReference,
  managers: ReadonlySet<string>,
): boolean {
  if (hasOtherWorks(metadata.ownerReferences, owner)) return false
  const reference = ['f:metadata', 'f:ownerReferences', `k:${JSON.stringify({ uid: owner.uid })}`]
  const updaters = (metadata.managedFields ?? []).filter(
    ({ operation, fieldsV1 }) =>
      operation === 'Update' && memberAt(fieldsV1 as JsonValue | undefined, reference) !== undefined,
  )
  const names = new Set(updaters.map(({ manager }) => manager))
  return [...managers].every((name) => names.has(name))
}
