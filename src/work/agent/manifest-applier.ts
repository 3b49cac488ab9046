import type { OwnerReference } from '../../apis/meta/v1.ts'
import type { Logger } from '../../common/log.ts'
import { raceSignal } from '../../common/race-signal.ts'
import { type Clock, isAlreadyExists, isConflict, isNotFound, type KubeClient } from '../../kube/index.ts'
import { type Application, applied, canApplyUnseen, isApplied, withOwner } from './apply/applier.ts'
import { ApplyConflictError, ApplyError, isUnknownResource, ManifestError } from './apply/errors.ts'
import type { ExecutorCheck } from './executor.ts'
import type { ManifestConfig } from './manifest-config.ts'
import type { ManifestLocator } from './manifest-locator.ts'
import { isTooDeep, type ManifestObject } from './manifest-object.ts'
import type { ManifestTask, ManifestWish, Sighting, Target } from './manifest-task.ts'
import { type ObjectWatches, objectId } from './object-watches.ts'
import { isRemoval } from './ownership.ts'
import type { TaskSchedule } from './task-schedule.ts'

/** An object that changes under our hands is read again so often; client-go's DefaultBackoff. */
const MOST_ATTEMPTS = 4

export interface ManifestApplierComponents {
  /** Of the managed cluster. */
  readonly client: KubeClient
  readonly locator: ManifestLocator
  readonly watches: ObjectWatches<ManifestTask>
  readonly executors: ExecutorCheck
  readonly schedule: TaskSchedule
  readonly clock: Clock
}

interface Job {
  readonly task: ManifestTask
  readonly log: Logger
  readonly signal: AbortSignal
}

/** A manifest of which the resource has to be found. */
export interface LocateJob extends Job {
  readonly ordinal: number
  readonly manifest: ManifestObject
}

/** What is done about one manifest of a work. */
export interface ManifestJob extends Job {
  readonly wish: ManifestWish
  /** Nothing is known of the object: it is probably not there. */
  readonly isNew: boolean
}

/** Makes one manifest's object what it should be, and remembers in its task what came of it. Never rejects but for an abort. */
export class ManifestApplier {
  readonly #components: ManifestApplierComponents

  constructor(components: ManifestApplierComponents) {
    this.#components = components
  }

  /** Finds where a manifest's object is. Resolves with whether there is a place for it. */
  async locate({ task, log, signal, ...place }: LocateJob): Promise<boolean> {
    try {
      await this.#components.locator.locate(task, place, signal)
      return true
    } catch (error) {
      signal.throwIfAborted()
      task.sighting = null
      this.#fail({ task, log, signal }, error instanceof Error ? error : new ApplyError(String(error)))
      return false
    }
  }

  async run(job: ManifestJob): Promise<void> {
    const { task, wish, signal } = job
    const { target } = task
    if (!target) return
    const { changes } = task
    this.#watch(job, target)
    if (wish.isComplete) {
      await this.#look(task, target, signal)
      this.#succeed(task, target, changes)
      return
    }
    try {
      task.sighting = visible((await this.#apply(job, target)) ?? null)
      this.#succeed(task, target, changes)
    } catch (error) {
      signal.throwIfAborted()
      if (isUnknownResource(error)) {
        task.sighting = null
        this.#components.locator.misplace(task)
      } else await this.#look(task, target, signal)
      this.#fail(job, error instanceof Error ? error : new ApplyError(String(error)))
    }
  }

  /** Says what is wrong with a manifest that cannot be applied. What an earlier one has made stays. */
  async refuse(job: Job, problem: string): Promise<void> {
    const { task, signal } = job
    if (task.target?.key.name) await this.#look(task, task.target, signal)
    else task.sighting = null
    this.#fail(job, new ManifestError(problem))
  }

  /** Gives an object the owner that it could not be given when it was applied: without it nobody would delete the object. */
  async own(task: ManifestTask, owner: OwnerReference, signal: AbortSignal): Promise<void> {
    const { target, unowned } = task
    if (!target || unowned === undefined) return
    const { definition, key } = target
    const resource = this.#components.client.resource<ManifestObject>(definition)
    const object = await resource.find(key, { signal })
    if (object?.metadata.uid === unowned)
      task.sighting = visible(await withOwner({ resource, key, owner, signal }, object))
    task.unowned = undefined
  }

  /** Ends what was begun for a task. */
  release(task: ManifestTask): void {
    this.#components.locator.release(task)
  }

  #watch({ task, wish }: ManifestJob, { definition, key }: Target): void {
    const purpose = purposeOf(wish.config)
    if (task.watchedFor === purpose) return
    const { watches } = this.#components
    const isWatched =
      watches.add(task, definition, key, purpose) || watches.add(task, definition, key, 'drift')
    task.watchedFor = isWatched ? purpose : undefined
  }

  /** What is there; what cannot be found out is told as the error that it is. */
  async #look(task: ManifestTask, { definition, key }: Target, signal: AbortSignal): Promise<void> {
    const { watches } = this.#components
    try {
      const known = watches.find(definition, key)
      task.sighting = visible(
        known === undefined ? ((await this.#read(task, { definition, key }, signal)) ?? null) : known,
      )
    } catch (error) {
      signal.throwIfAborted()
      if (isUnknownResource(error)) task.sighting = null
      else task.sighting = error instanceof Error ? error : new ApplyError(String(error))
    }
  }

  async #read(
    { isTargetConfirmed }: ManifestTask,
    { definition, key }: Target,
    signal: AbortSignal,
  ): Promise<ManifestObject | undefined> {
    try {
      return await this.#components.client.resource<ManifestObject>(definition).get(key, { signal })
    } catch (error) {
      // Not every API says what it is that is not there.
      if (isNotFound(error) && (isTargetConfirmed || !isUnknownResource(error))) return undefined
      throw error
    }
  }

  async #apply(job: ManifestJob, target: Target): Promise<ManifestObject | undefined> {
    const { task, wish, isNew, log, signal } = job
    const { client, watches } = this.#components
    const application: Application = {
      resource: client.resource<ManifestObject>(target.definition),
      key: target.key,
      manifest: manifestFor(wish.manifest, target),
      owner: wish.owner,
      strategy: wish.config.updateStrategy,
      log: log.child({ object: objectId(target.definition, target.key) }),
      signal,
      onUnowned: ({ metadata }) => {
        task.unowned = metadata.uid
      },
    }
    // What was applied in an earlier life is seen with all else that the watch begins with.
    if (task.isUntouched && !isNew) await raceSignal(watches.settled(target.definition, target.key), signal)
    const cached = watches.find(target.definition, target.key)
    const isVerified = this.#isVerified(task, wish)
    if (cached && isVerified && task.isFulfilledBy(cached)) return cached
    if (cached && task.isUntouched && isApplied(application, cached)) {
      await this.#verify(job, target)
      this.#remember(task, cached, false)
      return cached
    }
    let existing: ManifestObject | undefined
    const isProbablyAbsent = cached === null || (cached === undefined && isNew)
    if (!isProbablyAbsent || !canApplyUnseen(application.strategy)) {
      // Caches may be behind: nothing is written on their word.
      existing = await this.#read(task, target, signal)
      if (existing && isVerified && task.isFulfilledBy(existing)) return existing
    }
    await this.#verify(job, target)
    for (let attempt = 1; ; attempt += 1) {
      try {
        const object = await applied(application, existing)
        if (object) this.#remember(task, object, object !== existing)
        return object
      } catch (error) {
        const isStale = !(error instanceof ApplyConflictError) && isOutOfDate(error, existing)
        if (!isStale || attempt >= MOST_ATTEMPTS) throw error
        existing = await this.#read(task, target, signal)
      }
    }
  }

  async #verify({ task, wish, signal }: ManifestJob, target: Target): Promise<void> {
    const { executors, clock } = this.#components
    await executors.verify({ ...target, ...wish, goesWithWork: !isRemoval(wish.owner) }, signal)
    task.verifiedAt = clock.monotonic()
  }

  /** Rights may be withdrawn: they are asked for now and then, though the object stays as it is. */
  #isVerified({ verifiedAt }: ManifestTask, { executor }: ManifestWish): boolean {
    const { clock, schedule } = this.#components
    return !executor || clock.monotonic() - verifiedAt < schedule.resyncIntervalMs
  }

  #remember(task: ManifestTask, object: ManifestObject, isWritten: boolean): void {
    if (isWritten && task.wasFulfilled) this.#components.schedule.repair(task)
    task.isUntouched = false
    task.unowned = undefined
    task.fulfil(object)
  }

  #succeed(task: ManifestTask, { definition, key }: Target, changes: number): void {
    const { watches, schedule } = this.#components
    task.error = undefined
    schedule.succeed(task, watches.isLive(definition, key))
    if (task.changes !== changes) schedule.hasten(task) // before it was read, or after that: nobody knows
  }

  #fail({ task, log }: Job, error: Error): void {
    if (task.error?.message !== error.message)
      log.warn({ err: error, manifest: task.meta }, 'cannot apply a manifest')
    task.error = error
    task.isUntouched = false
    task.forget()
    this.#components.schedule.fail(task, error)
  }
}

/** Nobody looks into what nobody can look through. */
function visible(object: ManifestObject | null): Sighting {
  return object && isTooDeep(object) ? new ApplyError('the object is nested too deeply') : object
}

function purposeOf({ feedbackScrapeType }: ManifestConfig): 'feedback' | 'drift' {
  return feedbackScrapeType === 'Watch' ? 'feedback' : 'drift'
}

/** The uid that a manifest names is of an object elsewhere; so is the namespace of what is in none. */
function manifestFor(manifest: ManifestObject, { key }: Target): ManifestObject {
  const { uid: _, namespace: __, ...metadata } = manifest.metadata
  return { ...manifest, metadata: { ...metadata, ...(key.namespace && { namespace: key.namespace }) } }
}

function isOutOfDate(error: unknown, existing: ManifestObject | undefined): boolean {
  if (isConflict(error)) return true
  return existing ? isNotFound(error) : isAlreadyExists(error)
}
