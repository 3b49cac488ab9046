import type { ManifestWork } from '../../apis/work/v1.ts'
import { type Manifest, manifestOf } from './manifest-object.ts'
import { ManifestTask, manifestId } from './manifest-task.ts'
import { objectId } from './object-watches.ts'
import type { WorkMemory } from './work-memory.ts'

/** One manifest in its place in the work. */
export interface ManifestEntry extends Manifest {
  readonly ordinal: number
  readonly task: ManifestTask
}

const known = new WeakMap<object, Manifest>()

/** What the cache has of a work stays the same object until the work changes. */
function knownManifest(value: object): Manifest {
  const before = known.get(value)
  if (before) return before
  const manifest = manifestOf(value)
  known.set(value, manifest)
  return manifest
}

/** The manifests of a work with the tasks that they had before, which are its tasks from now on; `forget` is called for all others. */
export function manifestEntries(
  { metadata, spec }: ManifestWork,
  memory: WorkMemory,
  forget: (task: ManifestTask) => void,
): readonly ManifestEntry[] {
  const before = new Map(memory.tasks)
  const isOther = memory.generation !== metadata.generation
  const tasks = new Map<string, ManifestTask>()
  const copies = new Map<string, number>()
  const entries = (spec?.workload?.manifests ?? []).map((value, ordinal) => {
    const manifest = knownManifest(value)
    const id = uniqueId(copies, manifestId(manifest.object))
    const task = before.get(id) ?? new ManifestTask(metadata.name ?? '')
    before.delete(id)
    tasks.set(id, task)
    if (isOther && !task.isPlaced) task.retryNow()
    return { ...manifest, ordinal, task }
  })
  for (const task of before.values()) forget(task)
  const changed = new Set([...before.values()].flatMap(objectIdOf))
  // One manifest less for the same object: it may be as that one wanted it.
  if (changed.size > 0)
    for (const { task } of entries) if (objectIdOf(task).some((id) => changed.has(id))) task.retryNow()
  memory.tasks = tasks
  memory.generation = metadata.generation
  return entries
}

function objectIdOf({ target }: ManifestTask): readonly string[] {
  return target ? [objectId(target.definition, target.key)] : []
}

/** Two manifests of one object are two tasks. */
function uniqueId(copies: Map<string, number>, id: string): string {
  const copy = copies.get(id) ?? 0
  copies.set(id, copy + 1)
  return copy === 0 ? id : `${id} ${copy}`
}
