import { isDeepStrictEqual } from 'node:util'
import type { ReplicaSet } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { PODS, REPLICA_SETS } from '../../apis/resources.ts'
import {
  type Controller,
  isConflict,
  isNotFound,
  keyOf,
  keyText,
  OwnWrites,
  type ReconcileContext,
  type ReconcileRequest,
  type ReconcileResult,
  type ResourceClient,
} from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { controllerEvents } from '../controller-events.ts'
import { claimed } from '../pods/claiming.ts'
import { inOrderOfDeletion } from '../pods/deletion-ranking.ts'
import { Expectations } from '../pods/expectations.ts'
import { enqueueController, OwnedObjects, type OwnerKind, observePods } from '../pods/owned-pods.ts'
import { isNamespaceTerminating, PodControl } from '../pods/pod-control.ts'
import { isActive, isTerminating } from '../pods/pod-state.ts'
import { slowStart } from '../pods/slow-start.ts'
import { neighboursOnNode } from './neighbours.ts'
import { nextAvailableInMs, replicaSetStatus } from './replica-set-status.ts'

const NAME = 'replicaset-controller'

/** Pods that are created or deleted before their events are waited for (kubernetes, BurstReplicas). */
const BURST_REPLICAS = 500

/** Keeps as many pods running as ReplicaSets want (kube-controller-manager's `replicaset-controller`). */
export function addReplicaSetController(context: ControllerContext): Controller {
  const { manager } = context
  const sets = manager.informers.for<ReplicaSet>(REPLICA_SETS)
  const pods = new OwnedObjects(manager.informers.for<Pod>(PODS))
  const kind: OwnerKind<ReplicaSet> = {
    kind: 'ReplicaSet',
    informer: sets,
    selectorOf: ({ spec }) => spec.selector,
  }
  const reconciler = new ReplicaSetReconciler(context, { kind, pods, ownedSets: new OwnedObjects(sets) })
  return manager
    .controller({
      name: 'replicaset',
      concurrency: 5,
      reconcile: (request, each) => reconciler.reconcile(request, each),
    })
    .watch(sets)
    .watch(pods.informer, { map: enqueueController(kind) })
}

interface ReplicaSetSources {
  readonly kind: OwnerKind<ReplicaSet>
  readonly pods: OwnedObjects<Pod>
  readonly ownedSets: OwnedObjects<ReplicaSet>
}

class ReplicaSetReconciler {
  readonly #sources: ReplicaSetSources
  readonly #sets: ResourceClient<ReplicaSet>
  readonly #pods: ResourceClient<Pod>
  readonly #podControl: PodControl
  readonly #expectations: Expectations
  readonly #ownWrites = new OwnWrites<ReplicaSet>()
  readonly #now: () => number

  constructor(context: ControllerContext, sources: ReplicaSetSources) {
    const { client } = context
    this.#sources = sources
    this.#sets = client.resource<ReplicaSet>(REPLICA_SETS)
    this.#pods = client.resource<Pod>(PODS)
    this.#podControl = new PodControl({ pods: this.#pods, events: controllerEvents(context, NAME) })
    this.#expectations = new Expectations(client.clock)
    this.#now = () => client.clock.now()
    observePods(sources.pods.informer, sources.kind, this.#expectations)
  }

  async reconcile(
    request: ReconcileRequest,
    { signal }: ReconcileContext,
  ): Promise<ReconcileResult | undefined> {
    const key = keyText(request)
    const cached = this.#sources.kind.informer.store.get(request)
    if (!cached) {
      this.#expectations.forget(key)
      this.#ownWrites.forget(key)
      return undefined
    }
    const set = this.#ownWrites.latest(key, cached)
    // Before the pods are looked at: one that comes in between would be missed otherwise.
    const mayManage = this.#expectations.areMet(keyOf(set)) && !set.metadata.deletionTimestamp
    const pods = await this.#claimPods(set, signal)
    const active = pods.filter(isActive)
    const failure = mayManage ? await this.#manage(set, active, signal) : undefined
    const findings = { active, terminating: pods.filter(isTerminating).length, failure }
    const written = await this.#showStatus(set, findings, signal)
    if (written) this.#ownWrites.remember(key, cached, written, set)
    if (failure !== undefined) throw failure
    const requeueAfterMs = nextAvailableInMs(set, active, this.#now())
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs }
  }

  #claimPods(set: ReplicaSet, signal: AbortSignal): Promise<Pod[]> {
    const { namespace, name = '' } = set.metadata
    return claimed(this.#sources.pods.claimableBy(set), {
      resource: this.#pods,
      owner: set,
      selector: set.spec.selector,
      readOwner: () => this.#sets.find({ namespace, name }, { signal }),
      signal,
    })
  }

  /** Resolves with the first failure. */
  #manage(set: ReplicaSet, active: readonly Pod[], signal: AbortSignal): Promise<unknown> {
    const excess = active.length - (set.spec.replicas ?? 1)
    const count = Math.min(Math.abs(excess), BURST_REPLICAS)
    if (excess < 0) return this.#createPods(set, count, signal)
    return excess > 0 ? this.#deletePods(set, active, count, signal) : Promise.resolve(undefined)
  }

  async #createPods(set: ReplicaSet, count: number, signal: AbortSignal): Promise<unknown> {
    const key = keyOf(set)
    this.#expectations.expect(key, { creations: count })
    const { successes, error } = await slowStart(count, async () => {
      await this.#podControl.create(set.spec.template, set, { signal }).catch((reason) => {
        if (!isNamespaceTerminating(reason)) throw reason
      })
    })
    for (let missing = count - successes; missing > 0; missing -= 1) this.#expectations.creationSeen(key)
    return error
  }

  async #deletePods(
    set: ReplicaSet,
    active: readonly Pod[],
    count: number,
    signal: AbortSignal,
  ): Promise<unknown> {
    const key = keyOf(set)
    const neighboursOf = neighboursOnNode(set, this.#sources)
    const chosen = inOrderOfDeletion(active, { nowMs: this.#now(), neighboursOf }).slice(0, count)
    this.#expectations.expect(key, { deletions: chosen.map(keyOf) })
    const results = await Promise.allSettled(
      chosen.map(async (pod) => {
        try {
          await this.#podControl.delete(pod, set, signal)
        } catch (error) {
          this.#expectations.deletionSeen(key, keyOf(pod))
          if (!isNotFound(error)) throw error
        }
      }),
    )
    return results.find((result) => result.status === 'rejected')?.reason
  }

  /** Resolves with the set as it is then, if it was written. */
  async #showStatus(
    set: ReplicaSet,
    findings: Parameters<typeof replicaSetStatus>[1],
    signal: AbortSignal,
  ): Promise<ReplicaSet | undefined> {
    const status = replicaSetStatus(set, findings, this.#now())
    if (isDeepStrictEqual(status, set.status)) return undefined
    try {
      return await this.#sets.updateStatus({ ...set, status }, { signal })
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return undefined // its event makes us look again
      throw error
    }
  }
}
