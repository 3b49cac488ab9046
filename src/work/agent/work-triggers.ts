import type { ObjectKey } from '../../apis/meta/v1.ts'
import { MANIFEST_WORK_FINALIZER } from '../../apis/work/constants.ts'
import type { AppliedManifestWork, ManifestWork } from '../../apis/work/v1.ts'
import type { JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import { hasFinalizer, type Predicate, type RestMapper } from '../../kube/index.ts'
import type { AppliedWorkRecord } from './applied-work-record.ts'
import { NotAllowedError } from './apply/errors.ts'
import type { ManifestTask } from './manifest-task.ts'
import type { TaskSchedule } from './task-schedule.ts'
import type { WorkMemories } from './work-memory.ts'

export interface WorkTriggersComponents {
  readonly memories: WorkMemories
  readonly record: AppliedWorkRecord
  readonly mapper: RestMapper
  readonly schedule: TaskSchedule
  /** Has the work of the name looked at. */
  enqueue(work: string): void
  /** Has the AppliedManifestWork of the name looked at. */
  enqueueApplied(name: string): void
}

/** What makes the agent look at a work again, beside time: each event is found its works, and what in them is due by it. */
export class WorkTriggers {
  readonly #components: WorkTriggersComponents

  constructor(components: WorkTriggersComponents) {
    this.#components = components
  }

  /** Of works: what the agent itself has written of one is no reason to look at it. */
  readonly ofWorks: Predicate<ManifestWork> = {
    onUpdate: (before, work) => {
      const { generation, deletionTimestamp, labels = {} } = work.metadata
      if (deletionTimestamp || generation !== before.metadata.generation) return true
      if (!hasFinalizer(work, MANIFEST_WORK_FINALIZER)) return true
      if (!sameJson(labels, before.metadata.labels ?? {})) return true
      const isSame = sameJson((work.status ?? {}) as JsonValue, (before.status ?? {}) as JsonValue)
      return !isSame && !this.#components.memories.isOwnStatus(work)
    },
  }

  /** Of AppliedManifestWorks: only their end. */
  readonly ofAppliedWorks: Predicate<AppliedManifestWork> = {
    onAdd: () => false,
    onUpdate: () => false,
    onDelete: ({ metadata }) => {
      const { record, memories } = this.#components
      const work = record.workOf(metadata.name ?? '')
      const memory = work === undefined ? undefined : memories.find(work)
      if (memory?.applied && memory.applied.metadata.uid === metadata.uid) memory.applied = undefined
      return work !== undefined
    },
  }

  /** The works of an AppliedManifestWork, which are in `namespace`. */
  worksOf({ metadata }: AppliedManifestWork, namespace: string): readonly ObjectKey[] {
    const name = this.#components.record.workOf(metadata.name ?? '')
    return name === undefined ? [] : [{ namespace, name }]
  }

  /** The object of a manifest has changed, come or gone. */
  noticeObject(task: ManifestTask): void {
    const { schedule, memories, record, enqueue, enqueueApplied } = this.#components
    const memory = memories.find(task.work)
    const appliedWork = memory && record.find(task.work, memory)
    if (appliedWork?.metadata.deletionTimestamp) {
      enqueueApplied(appliedWork.metadata.name ?? '')
    } else {
      schedule.hasten(task)
      enqueue(task.work)
    }
  }

  /** The managed cluster knows another kind. */
  noticeKinds(): void {
    this.#components.mapper.reset()
    this.#retry(({ isPlaced }) => !isPlaced)
  }

  /** Somebody may do something else than before. */
  noticeRights(): void {
    this.#retry(({ error }) => error instanceof NotAllowedError)
  }

  /** Whether some manifest is of a kind that the managed cluster does not know, or not as it did. */
  get lacksKinds(): boolean {
    return [...this.#components.memories.entries()].some(([, { tasks }]) =>
      [...tasks.values()].some(({ isPlaced }) => !isPlaced),
    )
  }

  /** What was in the way of tasks may be gone. */
  #retry(isMeant: (task: ManifestTask) => boolean): void {
    const { memories, enqueue } = this.#components
    for (const [work, { tasks }] of memories.entries()) {
      const waiting = [...tasks.values()].filter(isMeant)
      for (const task of waiting) task.retryNow()
      if (waiting.length > 0) enqueue(work)
    }
  }
}
