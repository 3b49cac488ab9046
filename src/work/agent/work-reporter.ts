import { setImmediate as nextTurn } from 'node:timers/promises'
import { WORK_CONDITION } from '../../apis/work/constants.ts'
import type { ManifestWork, ManifestWorkStatus } from '../../apis/work/v1.ts'
import type { JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import { type Clock, type Informer, isNotFound, setCondition } from '../../kube/index.ts'
import { manifestConfigOf } from './manifest-config.ts'
import type { ManifestTask } from './manifest-task.ts'
import type { FeedbackOptions } from './status/feedback.ts'
import { fitted, roomForStatus } from './status/fit-status.ts'
import { ManifestReader } from './status/reading.ts'
import type { WorkMemory } from './work-memory.ts'
import { workStatus } from './work-status.ts'

/** Others get their turn after so long: condition rules can cost a lot. */
const LONGEST_TURN_MS = 20

export interface WorkReporterComponents {
  readonly works: Informer<ManifestWork>
  readonly clock: Clock
}

/** Tells the hub what came of a work. Writes a status only where it is another one. */
export class WorkReporter {
  readonly #components: WorkReporterComponents
  readonly #reader: ManifestReader

  constructor(components: WorkReporterComponents, options: FeedbackOptions) {
    this.#components = components
    this.#reader = new ManifestReader(options)
  }

  /** `tasks`: those of all manifests, in their order. */
  async report(
    { metadata, spec, status: seen }: ManifestWork,
    memory: WorkMemory,
    tasks: readonly ManifestTask[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#components
    const manifests = []
    let turnBegan = clock.monotonic()
    for (const task of tasks) {
      const { sighting } = task
      const config = manifestConfigOf(task.meta, spec?.manifestConfigs)
      const isSeen = sighting !== null && !(sighting instanceof Error)
      manifests.push({ task, reading: isSeen ? this.#reader.read(task, sighting, config) : undefined })
      if (clock.monotonic() - turnBegan < LONGEST_TURN_MS) continue
      await nextTurn()
      signal.throwIfAborted()
      turnBegan = clock.monotonic()
    }
    const before = memory.status ?? seen
    const now = clock.now()
    const status = workStatus({ metadata, ...(before && { status: before }) }, manifests, now)
    const room = roomForStatus({ metadata, ...(spec && { spec }) })
    const fitting = fitted(status, room, metadata, now)
    await this.#write({ metadata, ...(seen && { status: seen }) }, memory, fitting, signal)
  }

  /** That it is being deleted. */
  async reportDeletion(work: ManifestWork, memory: WorkMemory, signal: AbortSignal): Promise<void> {
    const status = memory.status ?? work.status ?? {}
    const deleting = {
      type: WORK_CONDITION.deleting,
      status: 'True',
      reason: 'WorkDeleting',
      message: 'ManifestWork is being deleted',
      observedGeneration: work.metadata.generation ?? 0,
    } as const
    const conditions = [...setCondition(status.conditions ?? [], deleting, this.#components.clock.now())]
    await this.#write(work, memory, { ...status, conditions }, signal)
  }

  async #write(
    { metadata, status: seen }: Pick<ManifestWork, 'metadata' | 'status'>,
    memory: WorkMemory,
    status: ManifestWorkStatus,
    signal: AbortSignal,
  ): Promise<void> {
    const before = memory.status ?? seen
    memory.status = status // its event may come before the answer
    if (sameJson((before ?? {}) as unknown as JsonValue, status as unknown as JsonValue)) return
    const { namespace, name = '', uid } = metadata
    const { resource } = this.#components.works
    try {
      await resource.patchStatus(
        { namespace, name },
        { type: 'merge', body: { metadata: { uid }, status } },
        { signal },
      )
    } catch (error) {
      memory.status = before
      if (!isNotFound(error)) throw error
    }
  }
}
