import type { JsonValue } from '../api/json.ts'
import { FieldSet } from './field-set.ts'
import { decodeManagers, encodeManagers, type Manager, managerId } from './managers.ts'
import { fieldPath, type Path } from './path-element.ts'

const SCALE_VERSION = 'autoscaling/v1'
const REPLICAS = fieldPath('spec', 'replicas')

/** Where an object has its number of replicas, by version; of a version that is not in it nothing is known. */
export type ReplicasPaths = ReadonlyMap<string, Path>

/** The managedFields of an object's Scale: of whoever owns the replicas. */
export function scaleManagers(
  managedFields: JsonValue | undefined,
  paths: ReplicasPaths,
): JsonValue[] | undefined {
  const owners = [...decodeManagers(managedFields).values()].filter((manager) => ownsReplicas(manager, paths))
  return encode(owners.map((owner) => ({ ...owner, apiVersion: SCALE_VERSION, set: FieldSet.of(REPLICAS) })))
}

/**
 * The managedFields of an object whose Scale was written in a request for `apiVersion`. Who owns the replicas no more in the
 * Scale loses them here; who does so now gets an entry without a time, as in Kubernetes.
 */
export function withScaleManagers(
  managedFields: JsonValue | undefined,
  scaleManagedFields: JsonValue | undefined,
  paths: ReplicasPaths,
  apiVersion: string,
): JsonValue[] | undefined {
  const path = paths.get(apiVersion)
  const owners = new Map(
    [...decodeManagers(scaleManagedFields).values()]
      .filter(({ set }) => set.has(REPLICAS))
      .map((owner) => [scaleId(owner), owner]),
  )
  const kept = [...decodeManagers(managedFields).values()].map((manager): Manager => {
    const owned = paths.get(manager.apiVersion)
    if (!owned || !manager.set.has(owned) || owners.delete(scaleId(manager))) return manager
    return { ...manager, set: manager.set.difference(FieldSet.of(owned)) }
  })
  const added = path
    ? [...owners.values()].map(({ time: _, ...owner }) => ({ ...owner, apiVersion, set: FieldSet.of(path) }))
    : []
  return encode([...kept, ...added])
}

function ownsReplicas({ apiVersion, set }: Manager, paths: ReplicasPaths): boolean {
  const path = paths.get(apiVersion)
  return path !== undefined && set.has(path)
}

/** What a manager is known by in a Scale, whichever version it wrote the object in. */
function scaleId(manager: Manager): string {
  return managerId({ ...manager, apiVersion: SCALE_VERSION })
}

/** Entries that are one manager's by now are put together. */
function encode(managers: readonly Manager[]): JsonValue[] | undefined {
  const byId = new Map<string, Manager>()
  for (const manager of managers) {
    const id = managerId(manager)
    const same = byId.get(id)
    if (!manager.set.isEmpty) byId.set(id, same ? { ...same, set: same.set.union(manager.set) } : manager)
  }
  return encodeManagers(byId)
}
