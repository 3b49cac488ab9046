import type { ManagedFieldsEntry } from '../../../apis/meta/v1.ts'
import { parseExactJson } from '../../../common/exact-json.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../common/json.ts'
import { isList, memberOf, membersOf, sameJson } from '../../../common/json-tools.ts'
import { asJson, type ManifestObject } from '../manifest-object.ts'

/** Of an object's metadata nobody owns these (structured-merge-diff's reset fields). */
const UNOWNED = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
])

/**
 * Whether an object has been applied by a manager from this very manifest, and is as it says: the manager owns the manifest's fields
 * and no others, and they have its values, so that applying it again would change nothing. False where that cannot be told, as of
 * values that the API server writes in another way than the manifest.
 */
export function isAppliedBy(manager: string, manifest: ManifestObject, existing: ManifestObject): boolean {
  const entries = (existing.metadata.managedFields ?? []).filter((each) => isApplication(each, manager))
  const [entry, ...others] = entries
  if (!entry || others.length > 0 || entry.apiVersion !== manifest.apiVersion) return false
  return isAs(ownable(manifest), asJson(existing), entry.fieldsV1 as JsonValue | undefined)
}

function isApplication({ manager, operation, subresource }: ManagedFieldsEntry, name: string): boolean {
  return manager === name && operation === 'Apply' && !subresource
}

function ownable(manifest: ManifestObject): JsonObject {
  const { apiVersion: _, kind: __, metadata, ...rest } = asJson(manifest)
  const owned = membersOf(isJsonObject(metadata) ? metadata : {}).filter(([name]) => !UNOWNED.has(name))
  return owned.length === 0 ? rest : { ...rest, metadata: Object.fromEntries(owned) }
}

/** Whether a value is as it is wanted, and the fields of FieldsV1 are those that it has. */
function isAs(wanted: JsonValue, present: JsonValue | undefined, fields: JsonValue | undefined): boolean {
  if (!isJsonObject(fields)) return false
  const owned = membersOf(fields).filter(([name]) => name !== '.')
  if (owned.length === 0) return sameJson(wanted, present)
  if (isJsonObject(wanted)) return areMembersAs(wanted, present, owned)
  return isList(wanted) && isList(present) && areItemsAs(wanted, present, owned)
}

type Owned = readonly (readonly [step: string, fields: JsonValue])[]

function areMembersAs(wanted: JsonObject, present: JsonValue | undefined, owned: Owned): boolean {
  return (
    owned.length === membersOf(wanted).length &&
    owned.every(([step, fields]) => {
      const member = step.startsWith('f:') ? memberOf(wanted, step.slice(2)) : undefined
      return member !== undefined && isAs(member, memberOf(present, step.slice(2)), fields)
    })
  )
}

/** Items of a list that is a map or a set: they have to stand in the same order, too. */
function areItemsAs(wanted: readonly JsonValue[], present: readonly JsonValue[], owned: Owned): boolean {
  if (owned.length !== wanted.length) return false
  const places = new Map<number, number>()
  const areSame = owned.every(([step, fields]) => {
    const isSame = itemTest(step)
    if (!isSame) return false
    const [at, presentAt] = [wanted.findIndex(isSame), present.findIndex(isSame)]
    places.set(at, presentAt)
    return at >= 0 && presentAt >= 0 && isAs(wanted[at] as JsonValue, present[presentAt], fields)
  })
  if (!areSame || places.size !== wanted.length) return false
  return wanted.every((_, at) => at === 0 || (places.get(at - 1) ?? 0) < (places.get(at) ?? 0))
}

/** Finds what a step of FieldsV1 means; undefined for one that means a place. */
function itemTest(step: string): ((item: JsonValue) => boolean) | undefined {
  if (!step.startsWith('k:') && !step.startsWith('v:')) return undefined
  const value = parseExactJson(step.slice(2)) as JsonValue
  if (step.startsWith('v:')) return (item) => sameJson(item, value)
  const keys = isJsonObject(value) ? membersOf(value) : []
  return (item) => keys.every(([name, each]) => sameJson(memberOf(item, name), each))
}
