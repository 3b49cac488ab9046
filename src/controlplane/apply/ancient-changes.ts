import { FieldSet } from './field-set.ts'
import { compareText } from './json-values.ts'
import { type Manager, type Managers, managerId, timeOf } from './managers.ts'

/** So many managers that update an object are kept apart. */
export const MAX_UPDATE_MANAGERS = 10

const NAME = 'ancient-changes'

/** Folds the oldest managers that update into one for each version, until there are few enough. */
export function foldAncientChanges(managers: Managers): Managers {
  const updaters = [...managers].filter(([, { operation }]) => operation === 'Update').sort(compareByTime)
  const folded = new Map(managers)
  const oldestOfVersion = new Map<string, string>()
  const parts = new Map<string, FieldSet[]>()
  let excess = updaters.length - MAX_UPDATE_MANAGERS

  for (const [id, manager] of updaters) {
    if (excess <= 0) break
    const { apiVersion } = manager
    const bucket: Manager = { ...manager, name: NAME, subresource: '' }
    const bucketId = managerId(bucket)
    const oldestId = oldestOfVersion.get(apiVersion)
    if (oldestId === undefined) {
      oldestOfVersion.set(apiVersion, id)
      continue
    }
    const oldest = folded.get(oldestId)
    if (id === bucketId) continue
    if (!folded.has(bucketId) && oldest) {
      folded.delete(oldestId)
      folded.set(bucketId, oldest)
    }
    const ancient = folded.get(bucketId)
    folded.delete(id)
    const sets = parts.get(bucketId) ?? (ancient ? [ancient.set] : [])
    sets.push(manager.set)
    parts.set(bucketId, sets)
    folded.set(bucketId, bucket)
    excess--
  }
  for (const [id, sets] of parts) folded.set(id, { ...(folded.get(id) as Manager), set: unionOf(sets) })
  return folded
}

/** By halves: a client may send very many, and each union copies what it makes one of. */
function unionOf(sets: readonly FieldSet[]): FieldSet {
  if (sets.length <= 1) return sets[0] ?? FieldSet.EMPTY
  const half = sets.length >> 1
  return unionOf(sets.slice(0, half)).union(unionOf(sets.slice(half)))
}

function compareByTime([idA, a]: [string, Manager], [idB, b]: [string, Manager]): number {
  return timeOf(a) - timeOf(b) || compareText(idA, idB)
}
