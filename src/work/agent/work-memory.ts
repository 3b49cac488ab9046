import type { AppliedManifestWork, ManifestWork, ManifestWorkStatus } from '../../apis/work/v1.ts'
import type { JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import type { ManifestTask } from './manifest-task.ts'

/** What the agent remembers of one work while it lives. */
export class WorkMemory {
  readonly uid: string
  /** By manifest. */
  tasks: ReadonlyMap<string, ManifestTask> = new Map()
  /** Of manifests that were given up before their objects were listed as applied, or had their owner. */
  readonly leftovers = new Set<ManifestTask>()
  /** The generation that was dealt with last. */
  generation: number | undefined
  /** As it was written last, or seen since. */
  status: ManifestWorkStatus | undefined
  /** As it was written last. */
  applied: AppliedManifestWork | undefined
  /** How often in a row something was still on its way out. */
  waits = 0

  constructor(uid: string) {
    this.uid = uid
  }
}

/** The memories of all works, by name: an agent's works are all in one namespace. */
export class WorkMemories {
  readonly #memories = new Map<string, WorkMemory>()
  readonly #release: (task: ManifestTask) => void

  /** `release` ends what was begun for a task that is forgotten. */
  constructor(release: (task: ManifestTask) => void) {
    this.#release = release
  }

  /** A work that has come again under the same name is another one. */
  of({ metadata }: ManifestWork): WorkMemory {
    const { name = '', uid = '' } = metadata
    const known = this.#memories.get(name)
    if (known?.uid === uid) return known
    this.forget(name)
    const fresh = new WorkMemory(uid)
    this.#memories.set(name, fresh)
    return fresh
  }

  find(name: string): WorkMemory | undefined {
    return this.#memories.get(name)
  }

  forget(name: string): void {
    for (const task of this.#memories.get(name)?.tasks.values() ?? []) this.#release(task)
    this.#memories.delete(name)
  }

  *entries(): Generator<readonly [work: string, memory: WorkMemory]> {
    yield* this.#memories
  }

  /** Whether a status is the one that was written last, so that its event tells nothing. If it is another's, that one counts. */
  isOwnStatus({ metadata, status }: ManifestWork): boolean {
    const memory = this.#memories.get(metadata.name ?? '')
    if (!memory || memory.uid !== metadata.uid || memory.status === undefined) return false
    if (sameJson((status ?? {}) as unknown as JsonValue, memory.status as unknown as JsonValue)) return true
    memory.status = status
    return false
  }
}
