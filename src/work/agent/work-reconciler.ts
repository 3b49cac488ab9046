import type { ObjectKey, OwnerReference } from '../../apis/meta/v1.ts'
import { MANIFEST_CONDITION, MANIFEST_WORK_FINALIZER } from '../../apis/work/constants.ts'
import type { AppliedManifestWork, ManifestWork } from '../../apis/work/v1.ts'
import { inParallel } from '../../common/in-parallel.ts'
import {
  addFinalizer,
  type Clock,
  hasFinalizer,
  type Informer,
  isConditionTrue,
  type ReconcileContext,
  type ReconcileResult,
  type RestMapper,
  removeFinalizer,
} from '../../kube/index.ts'
import { appliedResourceId } from './applied-resources.ts'
import type { AppliedWorkRecord } from './applied-work-record.ts'
import { byApplyOrder } from './apply-order.ts'
import type { ManifestApplier } from './manifest-applier.ts'
import { manifestConfigOf } from './manifest-config.ts'
import { type ManifestEntry, manifestEntries } from './manifest-entries.ts'
import type { ManifestTask, ManifestWish } from './manifest-task.ts'
import { goesWithWork, ownerOf, removalOf } from './ownership.ts'
import { manifestConditionFinder } from './status/merge-conditions.ts'
import type { WorkMemories, WorkMemory } from './work-memory.ts'
import type { WorkReporter } from './work-reporter.ts'
import { isWorkComplete } from './work-status.ts'

export interface WorkReconcilerComponents {
  readonly works: Informer<ManifestWork>
  readonly record: AppliedWorkRecord
  readonly applier: ManifestApplier
  readonly mapper: RestMapper
  readonly reporter: WorkReporter
  readonly memories: WorkMemories
  readonly clock: Clock
}

export interface WorkReconcilerOptions {
  /** Manifests of one rank that are applied at once. */
  readonly manifestsAtOnce: number
  readonly resyncIntervalMs: number
}

/** Whatever comes next is an event. */
const DONE: ReconcileResult = {}

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
    const { works, record, applier, reporter, memories } = this.#components
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
    const entries = manifestEntries(work, memory, (task) => {
      applier.release(task)
      const isListed = task.target !== undefined && listed.has(idOf(task.target))
      if (!isListed || task.unowned !== undefined) memory.leftovers.add(task)
    })
    const isWhole = await this.#apply(pass, entries)
    const tasks = entries.map(({ task }) => task)
    const [waitMs] = await Promise.all([
      this.#record(pass, tasks, isWhole),
      isWhole ? reporter.report(work, memory, tasks, signal) : undefined,
    ])
    return { requeueAfterMs: Math.min(waitMs, isWhole ? this.#untilDue(tasks) : 0) }
  }

  /** Does what is due, rank by rank. Stops, and resolves with false, where something else is wanted by now. */
  async #apply(pass: Pass, entries: readonly ManifestEntry[]): Promise<boolean> {
    const { work, context } = pass
    const isSuperseded = () => this.#isSuperseded(work)
    for (const rank of byApplyOrder(entries, ({ object }) => object.kind)) {
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

  async #applyOne(pass: Pass, entry: ManifestEntry): Promise<void> {
    const { applier, clock, mapper } = this.#components
    const { log, signal } = pass.context
    const { task, ordinal, object: manifest, problem } = entry
    const isDue = () => task.dueAt <= clock.monotonic()
    if (!task.isPlaced && !isDue()) return
    if (!(await applier.locate({ task, ordinal, manifest, log, signal }))) return
    if (problem !== undefined) return applier.refuse({ task, log, signal }, problem)
    const wish = this.#wishOf(pass, entry)
    if (!task.want(wish) && !isDue()) return
    const isNew = !task.target || !pass.listed.has(idOf(task.target))
    await applier.run({ task, wish, isNew, log, signal })
    if (manifest.kind === 'CustomResourceDefinition' && !task.error) mapper.reset()
  }

  #wishOf({ work, memory, appliedWork, told }: Pass, { task, object }: ManifestEntry): ManifestWish {
    const { manifestConfigs, executor, deleteOption } = work.spec ?? {}
    const status = memory.status ?? work.status
    const owner: OwnerReference = ownerOf(appliedWork)
    return {
      manifest: object,
      config: manifestConfigOf(task.meta, manifestConfigs),
      executor,
      owner: goesWithWork(task.meta, deleteOption) ? owner : removalOf(owner),
      isComplete:
        isWorkComplete(status) || isConditionTrue(told(task.meta)?.conditions, MANIFEST_CONDITION.complete),
    }
  }

  async #record({ memory, appliedWork, context }: Pass, tasks: readonly ManifestTask[], isWhole: boolean) {
    await this.#own(memory.leftovers, appliedWork, context.signal)
    return this.#components.record.update(memory, appliedWork, tasks, { ...context, isWhole })
  }

  /** What is to be deleted is known by its owner. */
  async #own(tasks: Iterable<ManifestTask>, appliedWork: AppliedManifestWork, signal: AbortSignal) {
    for (const task of tasks) await this.#components.applier.own(task, ownerOf(appliedWork), signal)
  }

  /** First what was applied goes, with the AppliedManifestWork; then the work may. */
  async #finalize(
    work: ManifestWork,
    memory: WorkMemory,
    { signal }: ReconcileContext,
  ): Promise<ReconcileResult> {
    const { works, record, reporter } = this.#components
    if (!hasFinalizer(work, MANIFEST_WORK_FINALIZER)) return DONE
    const appliedWork = record.find(work.metadata.name ?? '', memory)
    if (!appliedWork) {
      await removeFinalizer(works.resource, work, MANIFEST_WORK_FINALIZER, { signal })
      return DONE
    }
    if (appliedWork.metadata.deletionTimestamp) return DONE
    await reporter.reportDeletion(work, memory, signal)
    await this.#own([...memory.leftovers, ...memory.tasks.values()], appliedWork, signal)
    return (await record.delete(appliedWork, memory, signal)) ? DONE : { requeueAfterMs: 0 }
  }

  #untilDue(tasks: readonly ManifestTask[]): number {
    const { clock } = this.#components
    if (tasks.length === 0) return this.#options.resyncIntervalMs
    const first = tasks.reduce((least, { dueAt }) => Math.min(least, dueAt), Number.POSITIVE_INFINITY)
    return Math.max(1, first - clock.monotonic())
  }
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
