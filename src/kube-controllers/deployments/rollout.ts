import { isDeepStrictEqual } from 'node:util'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import {
  controllerOf,
  type EventRecorder,
  isAlreadyExists,
  isNotFound,
  type ReconcileResult,
  type ResourceClient,
} from '../../kube/index.ts'
import { isNamespaceTerminating } from '../pods/pod-control.ts'
import { hasEnded } from '../pods/pod-state.ts'
import { PROGRESS, progressing, withCondition } from './deployment-conditions.ts'
import {
  deploymentStatus,
  hasProgressDeadline,
  isComplete,
  progressCheckInMs,
  rolloutStatus,
} from './deployment-status.ts'
import { obsoleteRevisions } from './history.ts'
import { sizesAfterScaling, wasScaled } from './proportional-scaling.ts'
import { active, allOf, findCurrent, type Revisions, sumOf } from './replica-set-lists.ts'
import { newReplicaSet } from './replica-set-template.ts'
import { currentAnnotations, latestRevision, REVISION, sizeAnnotations } from './revisions.ts'
import { currentSize, oldSizes, type Resizing } from './rolling-update.ts'
import { isRollingUpdate, replicasOf } from './rollout-bounds.ts'
import { isSameTemplate } from './template-hash.ts'

export interface RolloutComponents {
  /** Resolves with the Deployment as it is then. Annotations are written along. */
  readonly updateStatus: (deployment: Deployment) => Promise<Deployment>
  readonly replicaSets: ResourceClient<ReplicaSet>
  readonly events: EventRecorder
  readonly now: () => number
  readonly podsOf: (set: ReplicaSet) => readonly Pod[]
  readonly signal: AbortSignal
}

type Progress = {
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
}

/**
 * One step of a Deployment towards what it wants: each call of `step` does what can be done now, and shows how far it is. What
 * comes of it makes the controller look again. Lives for one call.
 */
export class Rollout {
  readonly #components: RolloutComponents
  readonly #sets: readonly ReplicaSet[]
  /** As it was read, with what was written since. */
  #deployment: Deployment

  /** The sets are those that the Deployment controls. */
  constructor(components: RolloutComponents, deployment: Deployment, sets: readonly ReplicaSet[]) {
    this.#components = components
    this.#deployment = deployment
    this.#sets = sets
  }

  async step(): Promise<ReconcileResult | undefined> {
    const { deletionTimestamp } = this.#deployment.metadata
    if (!deletionTimestamp) await this.#notePause()
    const revisions = await this.#revisions()
    if (deletionTimestamp) return this.#show(deploymentStatus(this.#deployment, revisions, this.#now()))
    if (this.#deployment.spec.paused || wasScaled(this.#deployment, revisions)) {
      for (const each of sizesAfterScaling(this.#deployment, revisions)) await this.#resize(each)
      if (this.#deployment.spec.paused) await this.#cleanUp(revisions)
      return this.#show(deploymentStatus(this.#deployment, revisions, this.#now()))
    }
    return isRollingUpdate(this.#deployment) ? this.#rollOn(revisions) : this.#recreate(revisions)
  }

  async #rollOn(existing: Revisions): Promise<ReconcileResult | undefined> {
    const revisions = await this.#withCurrent(existing)
    const { current } = revisions
    if (!current) return undefined
    const size = currentSize(this.#deployment, current, allOf(revisions))
    if (await this.#resize({ set: current, size })) return this.#showRollout(revisions)
    let isShrunk = false
    for (const each of oldSizes(this.#deployment, revisions)) {
      if (await this.#resize(each)) isShrunk = true
    }
    if (!isShrunk && isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp(revisions)
    return this.#showRollout(revisions)
  }

  /** Nothing new before all that is old has ended. */
  async #recreate(existing: Revisions): Promise<ReconcileResult | undefined> {
    const old = active(existing.old)
    for (const set of old) await this.#resize({ set, size: 0 })
    if (old.length > 0 || this.#hasOldPods(existing)) return this.#showRollout(existing)
    const revisions = await this.#withCurrent(existing)
    const { current } = revisions
    if (!current) return undefined
    await this.#resize({ set: current, size: replicasOf(this.#deployment) })
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp(revisions)
    return this.#showRollout(revisions)
  }

  #hasOldPods({ old }: Revisions): boolean {
    if (sumOf(old, 'replicas') > 0) return true
    return old.some((set) => this.#components.podsOf(set).some((pod) => !hasEnded(pod)))
  }

  /** So that the time of a pause is not taken for a lack of progress. */
  async #notePause(): Promise<void> {
    const { spec, status } = this.#deployment
    const reason = progressing(status)?.reason
    if (!hasProgressDeadline(this.#deployment) || reason === PROGRESS.timedOut) return
    const isPaused = spec.paused === true
    if (isPaused === (reason === PROGRESS.paused)) return
    await this.#write(
      isPaused
        ? { status: 'Unknown', reason: PROGRESS.paused, message: 'Deployment is paused' }
        : { status: 'Unknown', reason: PROGRESS.resumed, message: 'Deployment is resumed' },
    )
  }

  /** The ReplicaSets there are; the current one, if there is one, with the annotations that it ought to have. */
  async #revisions(): Promise<Revisions> {
    const found = findCurrent(this.#deployment, this.#sets)
    const old = this.#sets.filter((set) => set !== found)
    return { current: found && (await this.#asCurrent(found, old)), old }
  }

  async #asCurrent(set: ReplicaSet, old: readonly ReplicaSet[]): Promise<ReplicaSet> {
    const { minReadySeconds = 0 } = this.#deployment.spec
    const annotations = currentAnnotations(
      this.#deployment,
      set.metadata.annotations,
      latestRevision(old) + 1,
    )
    const isAsWanted =
      isDeepStrictEqual(annotations, set.metadata.annotations ?? {}) &&
      minReadySeconds === (set.spec.minReadySeconds ?? 0)
    if (!isAsWanted) {
      const metadata = { ...set.metadata, annotations }
      const { signal, replicaSets } = this.#components
      return replicaSets.update({ ...set, metadata, spec: { ...set.spec, minReadySeconds } }, { signal })
    }
    const isUnknown = hasProgressDeadline(this.#deployment) && !progressing(this.#deployment.status)
    const message = `Found new replica set ${JSON.stringify(set.metadata.name)}`
    const progress = isUnknown ? ({ status: 'True', reason: PROGRESS.found, message } as const) : undefined
    await this.#write(progress, annotations[REVISION])
    return set
  }

  /** Makes the current one if it is missing; undefined where that cannot be. */
  async #withCurrent({ current, old }: Revisions): Promise<Revisions> {
    return { current: current ?? (await this.#create(old)), old }
  }

  async #create(old: readonly ReplicaSet[]): Promise<ReplicaSet | undefined> {
    const { replicaSets, signal } = this.#components
    const revision = latestRevision(old) + 1
    const wanted = newReplicaSet(this.#deployment, old, revision)
    const name = wanted.metadata.name ?? ''
    let created: ReplicaSet
    try {
      created = await replicaSets.create(wanted, { signal })
    } catch (error) {
      if (isAlreadyExists(error)) return this.#useOrAvoid(wanted, revision)
      if (isNamespaceTerminating(error)) return undefined
      const reason = error instanceof Error ? error.message : String(error)
      const message = `Failed to create new replica set ${JSON.stringify(name)}: ${reason}`
      if (!signal.aborted) this.#tell('Warning', PROGRESS.createFailed, 'Create', message)
      await this.#write({ status: 'False', reason: PROGRESS.createFailed, message })
      throw error
    }
    const size = replicasOf(created)
    if (size > 0) this.#tellOfScaling(created, 0, size)
    const message = `Created new replica set ${JSON.stringify(name)}`
    await this.#write({ status: 'True', reason: PROGRESS.created, message }, String(revision))
    return created
  }

  /** The name is taken: by the one that is wanted, which was not seen yet, or by another, and the next name is another. */
  async #useOrAvoid(wanted: ReplicaSet, revision: number): Promise<ReplicaSet | undefined> {
    const { replicaSets, signal } = this.#components
    const { namespace, name = '' } = wanted.metadata
    const existing = await replicaSets.find({ namespace, name }, { signal })
    if (!existing) return undefined
    const isOurs = controllerOf(existing)?.uid === this.#deployment.metadata.uid
    if (isOurs && isSameTemplate(existing.spec.template, wanted.spec.template)) {
      await this.#write(undefined, String(revision))
      return existing
    }
    const collisionCount = (this.#deployment.status?.collisionCount ?? 0) + 1
    await this.#updateStatus({ ...this.#deployment.status, collisionCount })
    return undefined
  }

  /** Whether its size has changed. */
  async #resize({ set, size }: Resizing): Promise<boolean> {
    const { replicaSets, signal } = this.#components
    const before = replicasOf(set)
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(this.#deployment) }
    if (before === size && isDeepStrictEqual(annotations, set.metadata.annotations)) return false
    const metadata = { ...set.metadata, annotations }
    await replicaSets.update({ ...set, metadata, spec: { ...set.spec, replicas: size } }, { signal })
    if (before !== size) this.#tellOfScaling(set, before, size)
    return before !== size
  }

  async #cleanUp({ old }: Revisions): Promise<void> {
    const { replicaSets, signal } = this.#components
    for (const { metadata } of obsoleteRevisions(this.#deployment, old)) {
      const { namespace, name = '', uid } = metadata
      const options = { signal, ...(uid && { preconditions: { uid } }) }
      await replicaSets.delete({ namespace, name }, options).catch((error) => {
        if (!isNotFound(error)) throw error
      })
    }
  }

  async #showRollout(revisions: Revisions): Promise<ReconcileResult | undefined> {
    const status = rolloutStatus(this.#deployment, revisions, this.#now())
    await this.#show(status)
    const requeueAfterMs = progressCheckInMs(this.#deployment, status, this.#now())
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs }
  }

  async #show(status: DeploymentStatus): Promise<undefined> {
    if (!isDeepStrictEqual(status, this.#deployment.status ?? {})) await this.#updateStatus(status)
  }

  /** What is known of the progress, where somebody wants to know, and the revision. Nothing where both are as they were. */
  async #write(progress: Progress | undefined, revision?: string): Promise<void> {
    const { metadata, status } = this.#deployment
    const wanted = progress && hasProgressDeadline(this.#deployment) ? progress : undefined
    const conditions = wanted
      ? withCondition(status?.conditions, { type: 'Progressing', ...wanted }, this.#now())
      : status?.conditions
    const isSameRevision = revision === undefined || metadata.annotations?.[REVISION] === revision
    if (isSameRevision && conditions === status?.conditions) return
    if (revision !== undefined) {
      const annotations = { ...metadata.annotations, [REVISION]: revision }
      this.#deployment = { ...this.#deployment, metadata: { ...metadata, annotations } }
    }
    await this.#updateStatus({ ...status, ...(conditions && { conditions }) })
  }

  async #updateStatus(status: DeploymentStatus): Promise<void> {
    this.#deployment = await this.#components.updateStatus({ ...this.#deployment, status })
  }

  #tellOfScaling(set: ReplicaSet, before: number, after: number): void {
    const direction = before < after ? 'up' : 'down'
    const note = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${after}`
    // Steps of one kind would become a series, of which only the first is shown.
    this.#tell('Normal', 'ScalingReplicaSet', `ScaleFrom${before}To${after}`, note, set)
  }

  #tell(
    type: 'Normal' | 'Warning',
    reason: string,
    action: string,
    note: string,
    related?: ReplicaSet,
  ): void {
    const event = { regarding: this.#deployment, type, reason, action, note }
    this.#components.events.record({ ...event, ...(related && { related }) })
  }

  #now(): number {
    return this.#components.now()
  }
}
