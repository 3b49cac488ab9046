import type { ObjectKey } from '../../apis/meta/v1.ts'
import { APPLIED_MANIFEST_WORK_FINALIZER } from '../../apis/work/constants.ts'
import type { AppliedManifestWork, ManifestWork } from '../../apis/work/v1.ts'
import type { JsonValue } from '../../common/json.ts'
import { sameJson } from '../../common/json-tools.ts'
import {
  type Clock,
  hasFinalizer,
  type Informer,
  isNotFound,
  type KubeClient,
  type ReconcileContext,
  type ReconcileResult,
  removeFinalizer,
  timeText,
} from '../../kube/index.ts'
import { type DeletionComponents, deleteAppliedResources } from './applied-resources.ts'
import { ownerOf } from './ownership.ts'

/** A grace period from here on means that nothing is ever evicted. */
export const EVICTION_DISABLED_MS = 100 * 365 * 24 * 60 * 60_000

/** As the original waits for objects that take their time to go. */
const SHORTEST_WAIT_MS = 50
const LONGEST_WAIT_MS = 60_000

const DONE: ReconcileResult = {}

export interface AppliedWorkReconcilerComponents {
  /** Of the cluster's namespace on the hub. */
  readonly works: Informer<ManifestWork>
  readonly appliedWorks: Informer<AppliedManifestWork>
  /** Of the managed cluster. */
  readonly client: KubeClient
  readonly watches: DeletionComponents['watches']
  readonly clock: Clock
}

export interface AppliedWorkReconcilerOptions {
  /** The cluster's namespace on the hub. */
  readonly clusterName: string
  readonly hubHash: string
  readonly agentId: string
  /** How long what was applied outlives a work that has vanished from the hub. */
  readonly evictionGracePeriodMs: number
}

/** Of what an AppliedManifestWork has applied. */
interface Deletion {
  /** How often something was still there. */
  readonly looks: number
  /** When it was looked at last, on the monotonic clock. */
  readonly lookedAt: number
}

/**
 * Sees to the AppliedManifestWorks of this agent, whatever hub they are from: deletes what was applied by those that are deleted, and
 * deletes those whose work is not on the hub, or is on another one, when that has been so for the grace period.
 */
export class AppliedWorkReconciler {
  readonly #components: AppliedWorkReconcilerComponents
  readonly #options: AppliedWorkReconcilerOptions
  /** By name. */
  readonly #deletions = new Map<string, Deletion>()

  constructor(components: AppliedWorkReconcilerComponents, options: AppliedWorkReconcilerOptions) {
    this.#components = components
    this.#options = options
  }

  async reconcile(request: ObjectKey, context: ReconcileContext): Promise<ReconcileResult> {
    const appliedWork = this.#components.appliedWorks.store.get(request)
    if (!appliedWork || appliedWork.spec?.agentID !== this.#options.agentId) {
      this.#deletions.delete(request.name)
      return DONE
    }
    if (appliedWork.metadata.deletionTimestamp) return this.#finalize(appliedWork, context)
    return this.#isManaged(appliedWork) ? this.#keep(appliedWork, context) : this.#evict(appliedWork, context)
  }

  async #finalize(
    appliedWork: AppliedManifestWork,
    { log, signal }: ReconcileContext,
  ): Promise<ReconcileResult> {
    if (!hasFinalizer(appliedWork, APPLIED_MANIFEST_WORK_FINALIZER)) return DONE
    const { client, watches, appliedWorks, clock } = this.#components
    const { name = '' } = appliedWork.metadata
    const resources = appliedWork.status?.appliedResources ?? []
    const tooEarlyMs = this.#untilNextLook(name, resources.length)
    if (tooEarlyMs > 0) return { requeueAfterMs: tooEarlyMs }
    const owner = ownerOf(appliedWork)
    const { pending, failed } = await deleteAppliedResources({ client, watches, log }, resources, {
      owner,
      signal,
    })
    const left = [...pending, ...failed.map(({ resource }) => resource)]
    if (left.length === 0) {
      this.#deletions.delete(name)
      await removeFinalizer(appliedWorks.resource, appliedWork, APPLIED_MANIFEST_WORK_FINALIZER, { signal })
      return DONE
    }
    if (!sameJson(left as unknown as JsonValue, resources as unknown as JsonValue))
      await this.#patchStatus(appliedWork, { appliedResources: left }, signal)
    if (failed[0]) throw failed[0].error
    const waits = this.#deletions.get(name)?.looks ?? 0
    this.#deletions.set(name, { looks: waits + 1, lookedAt: clock.monotonic() })
    return { requeueAfterMs: Math.min(SHORTEST_WAIT_MS * 2 ** Math.min(waits, 30), LONGEST_WAIT_MS) }
  }

  /** Objects go one by one, each with an event: it is not worth looking at all for each of them. */
  #untilNextLook(name: string, objects: number): number {
    const deletion = this.#deletions.get(name)
    if (!deletion) return 0
    const intervalMs = Math.min(SHORTEST_WAIT_MS + objects, LONGEST_WAIT_MS)
    return deletion.lookedAt + intervalMs - this.#components.clock.monotonic()
  }

  #isManaged({ metadata, spec }: AppliedManifestWork): boolean {
    const { clusterName, hubHash, evictionGracePeriodMs } = this.#options
    if (evictionGracePeriodMs >= EVICTION_DISABLED_MS) return true
    const work = this.#components.works.store.get({
      namespace: clusterName,
      name: spec?.manifestWorkName ?? '',
    })
    return work !== undefined && (metadata.name ?? '').startsWith(hubHash)
  }

  async #keep(appliedWork: AppliedManifestWork, { signal }: ReconcileContext): Promise<ReconcileResult> {
    if (appliedWork.status?.evictionStartTime)
      await this.#patchStatus(appliedWork, { evictionStartTime: null }, signal)
    return DONE
  }

  async #evict(
    appliedWork: AppliedManifestWork,
    { log, signal }: ReconcileContext,
  ): Promise<ReconcileResult> {
    const { clock, appliedWorks } = this.#components
    const { name = '', uid } = appliedWork.metadata
    const start = appliedWork.status?.evictionStartTime
    if (!start) {
      await this.#patchStatus(appliedWork, { evictionStartTime: timeText(clock.now()) }, signal)
      return DONE
    }
    const remainingMs = Date.parse(start) + this.#options.evictionGracePeriodMs - clock.now()
    if (remainingMs > 0) return { requeueAfterMs: remainingMs }
    await appliedWorks.resource
      .delete({ name }, { signal, ...(uid && { preconditions: { uid } }) })
      .catch((error) => {
        if (!isNotFound(error)) throw error
      })
    log.info('evicted what a work has applied that is not on the hub')
    return DONE
  }

  async #patchStatus({ metadata }: AppliedManifestWork, status: object, signal: AbortSignal): Promise<void> {
    const { name = '', uid } = metadata
    const body = { metadata: { uid }, status }
    await this.#components.appliedWorks.resource.patchStatus({ name }, { type: 'merge', body }, { signal })
  }
}
