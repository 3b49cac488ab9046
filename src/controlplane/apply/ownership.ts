import type { JsonObject } from '../api/json.ts'
import { type Comparison, compare } from './compare.ts'
import { FieldSet } from './field-set.ts'
import { compareText } from './json-values.ts'
import type { ManagedType } from './managed-type.ts'
import { type Managers, replaceSets } from './managers.ts'
import { fieldPath, type Path } from './path-element.ts'
import { withoutPartsOfAtoms } from './set-schema.ts'
import { convertTo, schemaIn } from './typed-object.ts'

/** A field that somebody else owns and that would get another value. */
export interface Conflict {
  readonly managerId: string
  readonly path: Path
}

export interface Takeover {
  /** The managers without what was changed or removed. */
  readonly managers: Managers
  /** All that some of them have lost to another value, by id in order. */
  readonly conflicts: readonly Conflict[]
  /** In the version of the request. */
  readonly comparison: Comparison
}

/** What nobody owns. */
const NEVER_OWNED = FieldSet.of(
  fieldPath('apiVersion'),
  fieldPath('kind'),
  fieldPath('metadata'),
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => fieldPath('metadata', name)),
)

export function withoutNeverOwned(set: FieldSet): FieldSet {
  return set.difference(NEVER_OWNED)
}

/** Takes what differs between two objects, both in the version of the request, from all managers but one. */
export function takeOver(
  type: ManagedType,
  older: JsonObject,
  newer: JsonObject,
  managers: Managers,
  exceptId?: string,
): Takeover {
  const comparisonAt = new Map<string, Comparison>()
  const compareAt = (apiVersion: string): Comparison => {
    const known = comparisonAt.get(apiVersion)
    if (known) return known
    const comparison = compareInVersion(type, older, newer, apiVersion)
    comparisonAt.set(apiVersion, comparison)
    return comparison
  }

  const lostById = new Map<string, FieldSet>()
  const left = replaceSets(managers, ({ apiVersion, set }, id) => {
    if (id === exceptId) return set
    const { added, modified, removed } = compareAt(apiVersion)
    const lost = set.intersection(modified.union(added))
    if (!lost.isEmpty) lostById.set(id, lost)
    return set.difference(lost).difference(removed)
  })
  const conflicts = [...lostById]
    .sort(([a], [b]) => compareText(a, b))
    .flatMap(([managerId, lost]) => [...lost.paths()].map((path) => ({ managerId, path })))
  return { managers: left, conflicts, comparison: compareAt(type.apiVersion) }
}

/** Managers as the schemas are now: those of versions that are no more are forgotten. */
export function reconcileManagers(type: ManagedType, managers: Managers): Managers {
  return replaceSets(managers, ({ apiVersion, set }) => {
    const schema = type.schemaAt(apiVersion)
    return schema ? withoutPartsOfAtoms(schema, set) : FieldSet.EMPTY
  })
}

function compareInVersion(
  type: ManagedType,
  older: JsonObject,
  newer: JsonObject,
  apiVersion: string,
): Comparison {
  const { removed, modified, added } = compare(
    schemaIn(type, apiVersion),
    convertTo(type, older, apiVersion),
    convertTo(type, newer, apiVersion),
  )
  const filter = type.resetFields(apiVersion)
  return { removed: filter(removed), modified: filter(modified), added: filter(added) }
}
