import type { ObjectKey, OwnerReference } from '../../apis/meta/v1.ts'
import { MANIFEST_CONDITION, MANIFEST_WORK_FINALIZER, WORK_CONDITION } from '../../apis/work/constants.ts'
import type { AppliedManifestWork, ManifestWork, ManifestWorkStatus } from '../../apis/work/v1.ts'
import { inParallel } from '../../common/in-parallel.ts'
import { isJsonObject, type JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import {
  addFinalizer,
  type Clock,
  hasFinalizer,
  type Informer,
  isConditionTrue,
  isNotFound,
  type ReconcileContext,
  type ReconcileResult,
  type RestMapper,
  removeFinalizer,
  setCondition,
} from '../../kube/index.ts'
import { appliedResourceId } from './applied-resources.ts'
import type { AppliedWorkRecord } from './applied-work-record.ts'
import { byApplyOrder } from './apply-order.ts'
import type { ManifestApplier } from './manifest-applier.ts'
import { manifestConfigOf } from './manifest-config.ts'
import type { ManifestObject } from './manifest-object.ts'
import { ManifestTask, type ManifestWish, manifestId } from './manifest-task.ts'
import { objectId } from './object-watches.ts'
import { goesWithWork, ownerOf, removalOf } from './ownership.ts'
import type { FeedbackOptions } from './status/feedback.ts'
import { manifestConditionFinder } from './status/merge-conditions.ts'
import type { WorkMemories, WorkMemory } from './work-memory.ts'
import { isWorkComplete, workStatus } from './work-status.ts'

export interface WorkReconcilerComponents {
  readonly works: Informer<ManifestWork>
  readonly record: AppliedWorkRecord
  readonly applier: ManifestApplier
  readonly mapper: RestMapper
  readonly memories: WorkMemories
  readonly clock: Clock
}

export interface WorkReconcilerOptions extends FeedbackOptions {
  /** Manifests of one rank that are applied at once. */
  readonly manifestsAtOnce: number
  readonly resyncIntervalMs: number
}

/** Whatever comes next is an event. */
const DONE: ReconcileResult = {}

/** One manifest in its place in the work. */
interface Entry {
  readonly ordinal: number
  readonly manifest: ManifestObject
  readonly task: ManifestTask
}

/** A pass over one work. */
interface Pass {
  readonly work: ManifestWork
  readonly memory: WorkMemory
  readonly appliedWork: AppliedManifestWork
  /** What the managed cluster has listed as applied. */
  readonly listed: ReadonlySet<string>
  /** What the hub has been told of a manifest. */
  readonly told: ReturnType<typeof manifestConditionFinder>
  readonly context: ReconcileContext
}

/**
 * Brings about on the managed cluster what one ManifestWork asks for, and tells the hub what came of it: in one pass where the original
 * has five controllers, so that there is one write to the hub for whatever happened.
 *
 * Each manifest is a task with a time of its own: one that fails delays no other, and what is done and has not changed is not done
 * again. Nothing is applied before the work has its finalizer and the managed cluster knows of the work.
 */
export class WorkReconciler {
  readonly #components: WorkReconcilerComponents
  readonly #options: WorkReconcilerOptions

  constructor(components: WorkReconcilerComponents, options: WorkReconcilerOptions) {
    this.#components = components
    this.#options = options
  }

  async reconcile(request: ObjectKey, context: ReconcileContext): Promise<ReconcileResult> {
    const { works, record, memories } = this.#components
    const seen = works.store.get(request)
    if (!seen) {
      memories.forget(request.name)
      return DONE
    }
    const memory = memories.of(seen)
    if (seen.metadata.deletionTimestamp) return this.#finalize(seen, memory, context)
    const { signal } = context
    const work = hasFinalizer(seen, MANIFEST_WORK_FINALIZER)
      ? seen
      : await addFinalizer(works.resource, seen, MANIFEST_WORK_FINALIZER, { signal })
    if (work.metadata.deletionTimestamp) return DONE // it has just been deleted
    const appliedWork = await record.ensure(work, memory, signal)
    if (appliedWork.metadata.deletionTimestamp) return DONE // what it owns goes with it; its end is an event
    const listed = new Set((appliedWork.status?.appliedResources ?? []).map(appliedResourceId))
    const told = manifestConditionFinder((memory.status ?? work.status)?.resourceStatus?.manifests ?? [])
    const pass: Pass = { work, memory, appliedWork, listed, told, context }
    const entries = this.#entries(pass)
    const isWhole = await this.#apply(pass, entries)
    memory.byObject = byObject(entries)
    const tasks = entries.map(({ task }) => task)
    const [waitMs] = await Promise.all([
      record.update(memory, appliedWork, tasks, { ...context, isWhole }),
      isWhole ? this.#report(pass, entries) : undefined,
    ])
    return { requeueAfterMs: Math.min(waitMs, isWhole ? this.#untilDue(tasks) : 0) }
  }

  /** The manifests, with the tasks that they had before. */
  #entries({ work, memory }: Pass): readonly Entry[] {
    const { applier } = this.#components
    const { name = '', generation } = work.metadata
    const before = new Map(memory.tasks)
    const isOther = memory.generation !== generation
    const tasks = new Map<string, ManifestTask>()
    const copies = new Map<string, number>()
    const entries = (work.spec?.workload?.manifests ?? []).map((value, ordinal) => {
      const manifest = manifestOf(value)
      const id = uniqueId(copies, manifestId(manifest))
      const task = before.get(id) ?? new ManifestTask()
      before.delete(id)
      tasks.set(id, task)
      if (isOther && !task.target) task.retryNow()
      return { ordinal, manifest, task }
    })
    for (const task of before.values()) applier.release(name, task)
    memory.tasks = tasks
    memory.generation = generation
    return entries
  }

  /** Does what is due, rank by rank. Stops, and resolves with false, where something else is wanted by now. */
  async #apply(pass: Pass, entries: readonly Entry[]): Promise<boolean> {
    const { work, context } = pass
    const isSuperseded = () => this.#isSuperseded(work)
    for (const rank of byApplyOrder(entries, ({ manifest }) => manifest.kind)) {
      await inParallel(rank, this.#options.manifestsAtOnce, async (entry) => {
        if (!isSuperseded()) await this.#applyOne(pass, entry)
      })
      context.signal.throwIfAborted()
    }
    return !isSuperseded()
  }

  #isSuperseded({ metadata }: ManifestWork): boolean {
    const { namespace, name = '', uid, generation } = metadata
    const now = this.#components.works.store.get({ namespace, name })?.metadata
    if (!now || now.uid !== uid || now.deletionTimestamp !== undefined) return true
    return (now.generation ?? 0) > (generation ?? 0)
  }

  async #applyOne(pass: Pass, entry: Entry): Promise<void> {
    const { applier, clock, mapper } = this.#components
    const { log, signal } = pass.context
    const { task, ordinal, manifest } = entry
    const isDue = () => task.dueAt <= clock.monotonic()
    if (!task.target && !isDue()) return
    const work = pass.work.metadata.name ?? ''
    if (!(await applier.locate({ task, ordinal, manifest, log, signal }))) return
    const wish = this.#wishOf(pass, entry)
    if (!task.want(wish) && !isDue()) return
    const isNew = !task.target || !pass.listed.has(idOf(task.target))
    await applier.run({ work, task, wish, isNew, log, signal })
    if (manifest.kind === 'CustomResourceDefinition' && !task.error) mapper.reset()
  }

  #wishOf({ work, memory, appliedWork, told }: Pass, { task, manifest }: Entry): ManifestWish {
    const { manifestConfigs, executor, deleteOption } = work.spec ?? {}
    const status = memory.status ?? work.status
    const owner: OwnerReference = ownerOf(appliedWork)
    return {
      manifest,
      config: manifestConfigOf(task.meta, manifestConfigs),
      executor,
      owner: goesWithWork(task.meta, deleteOption) ? owner : removalOf(owner),
      isComplete:
        isWorkComplete(status) || isConditionTrue(told(task.meta)?.conditions, MANIFEST_CONDITION.complete),
    }
  }

  async #report({ work, memory, context }: Pass, entries: readonly Entry[]): Promise<void> {
    const { allowsRawJson, maxRawJsonLength } = this.#options
    const { manifestConfigs } = work.spec ?? {}
    const manifests = entries.map(({ task }) => ({
      task,
      config: manifestConfigOf(task.meta, manifestConfigs),
    }))
    const before = memory.status ?? work.status
    const nowMs = this.#components.clock.now()
    const status = workStatus({ metadata: work.metadata, ...(before && { status: before }) }, manifests, {
      allowsRawJson,
      maxRawJsonLength,
      nowMs,
    })
    await this.#writeStatus(work, memory, status, context.signal)
  }

  async #writeStatus(
    { metadata, status: seen }: ManifestWork,
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

  /** First what was applied goes, with the AppliedManifestWork; then the work may. */
  async #finalize(
    work: ManifestWork,
    memory: WorkMemory,
    { signal }: ReconcileContext,
  ): Promise<ReconcileResult> {
    const { works, record, clock } = this.#components
    if (!hasFinalizer(work, MANIFEST_WORK_FINALIZER)) return DONE
    const appliedWork = record.find(work.metadata.name ?? '', memory)
    if (!appliedWork) {
      await removeFinalizer(works.resource, work, MANIFEST_WORK_FINALIZER, { signal })
      return DONE
    }
    if (appliedWork.metadata.deletionTimestamp) return DONE
    const status = memory.status ?? work.status ?? {}
    const deleting = {
      type: WORK_CONDITION.deleting,
      status: 'True',
      reason: 'WorkDeleting',
      message: 'ManifestWork is being deleted',
      observedGeneration: work.metadata.generation ?? 0,
    } as const
    const conditions = [...setCondition(status.conditions ?? [], deleting, clock.now())]
    await this.#writeStatus(work, memory, { ...status, conditions }, signal)
    return (await record.delete(appliedWork, memory, signal)) ? DONE : { requeueAfterMs: 0 }
  }

  #untilDue(tasks: readonly ManifestTask[]): number {
    const { clock } = this.#components
    if (tasks.length === 0) return this.#options.resyncIntervalMs
    const first = tasks.reduce((least, { dueAt }) => Math.min(least, dueAt), Number.POSITIVE_INFINITY)
    return Math.max(1, first - clock.monotonic())
  }
}

function byObject(entries: readonly Entry[]): ReadonlyMap<string, ManifestTask> {
  return new Map(
    entries.flatMap(({ task }) => {
      const { target } = task
      return target ? [[objectId(target.definition, target.key), task] as const] : []
    }),
  )
}

function idOf({ definition, key }: NonNullable<ManifestTask['target']>): string {
  const { group, version, plural: resource } = definition
  return appliedResourceId({
    group,
    version,
    resource,
    name: key.name,
    ...(key.namespace && { namespace: key.namespace }),
  })
}

/** A manifest may be anything that passed as an object; without a kind it has nowhere to go. */
function manifestOf(value: unknown): ManifestObject {
  const manifest = isJsonObject(value) ? value : {}
  const metadata = isJsonObject(manifest.metadata) ? manifest.metadata : {}
  return { ...manifest, metadata } as unknown as ManifestObject
}

/** Two manifests of one object are two tasks. */
function uniqueId(copies: Map<string, number>, id: string): string {
  const copy = copies.get(id) ?? 0
  copies.set(id, copy + 1)
  return copy === 0 ? id : `${id} ${copy}`
}
