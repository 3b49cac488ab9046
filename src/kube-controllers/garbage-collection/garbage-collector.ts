import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, OwnerReference } from '../../apis/meta/v1.ts'
import { inParallel } from '../../common/in-parallel.ts'
import type { Logger } from '../../common/log.ts'
import {
  type Controller,
  DefaultRateLimiter,
  type EventRecorder,
  isConflict,
  isInvalid,
  isNotFound,
  type KubeClient,
  type Manager,
  NoKindMatchError,
  type Reconcile,
  type ResourceClient,
  RestMapper,
  removeFinalizer,
} from '../../kube/index.ts'
import { metadataResource } from '../discovery/metadata-resource.ts'
import { AbsentOwners } from './absent-owners.ts'
import { DependencyGraph } from './dependency-graph.ts'
import {
  FOREGROUND_FINALIZER,
  type GraphNode,
  isBeingDeleted,
  ORPHAN_FINALIZER,
  type Place,
  referenceTo,
} from './graph-node.ts'
import { identityText, referredIdentity } from './identity.ts'
import { NamespacedOwnerError, OwnerResolver } from './owner-resolver.ts'
import { ResourceMonitors } from './resource-monitors.ts'

/** kube-controller-manager's `--concurrent-gc-syncs`. */
const CONCURRENCY = 20

const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 10 * 60_000

export interface GarbageCollectorComponents {
  readonly manager: Manager
  readonly client: KubeClient
  readonly events: EventRecorder
  readonly log: Logger
}

/**
 * Deletes objects whose owners have all gone (kubernetes, pkg/controller/garbagecollector). What was seen is only ever a reason
 * to ask: an object is deleted for what the API says of it and its owners at that time, and only in that state.
 */
export class GarbageCollector {
  readonly #client: KubeClient
  readonly #events: EventRecorder
  readonly #monitors: ResourceMonitors
  readonly #graph: DependencyGraph
  readonly #owners: OwnerResolver
  readonly #deletions: Controller
  readonly #orphanings: Controller

  constructor({ manager, client, events, log }: GarbageCollectorComponents) {
    const absent = new AbsentOwners()
    this.#client = client
    this.#events = events
    this.#owners = new OwnerResolver({ client, absent, mapper: new RestMapper(client) })
    this.#graph = new DependencyGraph({
      absent,
      listener: {
        attemptToDelete: ({ uid }) => this.#deletions.enqueue({ name: uid }),
        attemptToOrphan: ({ uid }) => this.#orphanings.enqueue({ name: uid }),
        invalidNamespace: (dependent, reference) => this.#tellInvalidNamespace(dependent, reference),
      },
    })
    this.#monitors = new ResourceMonitors({ client, sink: this.#graph, log })
    const controllerFor = (name: string, reconcile: Reconcile) => {
      const rateLimiter = new DefaultRateLimiter(client.clock, { qps: 0 })
      return manager.controller({ name, concurrency: CONCURRENCY, rateLimiter, reconcile })
    }
    this.#deletions = controllerFor('garbage-collector', this.#reconcile(this.#attemptToDelete))
    this.#orphanings = controllerFor('garbage-collector-orphan', this.#reconcile(this.#attemptToOrphan))
    manager.add(this.#monitors)
  }

  /** Nobody is judged before all have been seen. */
  #reconcile(attempt: (node: GraphNode, signal: AbortSignal) => Promise<Outcome>): Reconcile {
    return async ({ name: uid }, { signal, log }) => {
      await this.#monitors.waitForSync(signal)
      const node = this.#graph.get(uid)
      if (!node) return undefined
      try {
        const outcome = await attempt.call(this, node, signal)
        if (outcome !== 'later') node.attempts = 0
        return outcome === 'later' ? { requeueAfterMs: nextWaitMs(node) } : undefined
      } catch (err) {
        if (err instanceof NamespacedOwnerError) return undefined // nothing but a change of the object can help
        if (!isConflict(err) && !isInvalid(err) && !(err instanceof NoKindMatchError)) throw err
        log.debug({ err }, 'cannot be decided yet')
        return { requeueAfterMs: nextWaitMs(node) }
      }
    }
  }

  async #attemptToDelete(node: GraphNode, signal: AbortSignal): Promise<Outcome> {
    const { place } = node
    if (!place) return this.#lookForOwner(node, signal)
    if (node.beingDeleted && !node.deletingDependents) return 'done'
    const resource = this.#resourceOf(place)
    const live = await resource.find(keyOf(place), { signal })
    if (live?.metadata.uid !== node.uid) {
      this.#graph.remove(node.uid)
      return 'done'
    }
    if (node.deletingDependents) return this.#finishForeground(node, live, resource, signal)
    if (isBeingDeleted(live) || (live.metadata.ownerReferences ?? []).length === 0) return 'done'
    const { solid, dangling, waiting } = await this.#owners.classify(live, signal)
    if (solid.length > 0) {
      await dropOwners(resource, live, [...dangling, ...waiting], signal)
      return 'done'
    }
    const dependents = [...node.dependents]
    if (waiting.length > 0 && dependents.length > 0) {
      // Owners that wait for each other in a circle would do so for ever.
      const isCircle = dependents.some((dependent) => dependent.deletingDependents)
      const current = isCircle ? await unblockOwners(resource, live, signal) : live
      await deleteInState(resource, current, 'Foreground', signal)
    } else {
      await deleteInState(resource, live, policyOf(live), signal)
    }
    return 'done'
  }

  /** Of a virtual node nobody knows more than what its dependents say, and they may say different things. */
  async #lookForOwner(node: GraphNode, signal: AbortSignal): Promise<Outcome> {
    // An object may name very many that need not be asked for to be judged: who else uses this process gets a turn in between.
    await setImmediate()
    const groups = Map.groupBy(node.dependents, (dependent) => {
      const reference = referenceTo(dependent, node.uid)
      return reference ? identityText(referredIdentity(reference, dependent.place?.namespace ?? '')) : ''
    })
    let isThere = false
    for (const dependents of groups.values()) {
      const [first] = dependents
      const reference = first && referenceTo(first, node.uid)
      if (!reference) continue
      if (await this.#isThere(reference, first.place?.namespace ?? '', signal)) isThere = true
      else for (const dependent of dependents) this.#deletions.enqueue({ name: dependent.uid })
    }
    return isThere ? 'later' : 'done'
  }

  /** An owner that cannot be known counts as one that is there. */
  async #isThere(reference: OwnerReference, namespace: string, signal: AbortSignal): Promise<boolean> {
    try {
      return (await this.#owners.find(reference, namespace, signal)) !== undefined
    } catch (error) {
      if (error instanceof NoKindMatchError || error instanceof NamespacedOwnerError) return true
      throw error
    }
  }

  async #finishForeground(
    node: GraphNode,
    live: KubeObject,
    resource: ResourceClient<KubeObject>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    // Those that block it were told when its deletion began, and it is told when they have gone.
    const isBlocked = [...node.dependents].some(
      (dependent) => referenceTo(dependent, node.uid)?.blockOwnerDeletion === true,
    )
    if (!isBlocked) await removeFinalizer(resource, live, FOREGROUND_FINALIZER, { signal })
    return 'done'
  }

  async #attemptToOrphan(node: GraphNode, signal: AbortSignal): Promise<Outcome> {
    const { place } = node
    if (!place) return 'done'
    await inParallel([...node.dependents], CONCURRENCY, (dependent) =>
      this.#orphan(dependent, node.uid, signal),
    )
    const resource = this.#resourceOf(place)
    const live = await resource.find(keyOf(place), { signal })
    if (live?.metadata.uid === node.uid) await removeFinalizer(resource, live, ORPHAN_FINALIZER, { signal })
    return 'done'
  }

  async #orphan({ place, uid }: GraphNode, ownerUid: string, signal: AbortSignal): Promise<void> {
    if (!place) return
    const resource = this.#resourceOf(place)
    const live = await resource.find(keyOf(place), { signal })
    if (live?.metadata.uid !== uid) return
    const owners = (live.metadata.ownerReferences ?? []).filter((each) => each.uid === ownerUid)
    await dropOwners(resource, live, owners, signal)
  }

  #resourceOf({ resource }: Place): ResourceClient<KubeObject> {
    return metadataResource(this.#client, resource.definition)
  }

  #tellInvalidNamespace({ place, uid }: GraphNode, reference: OwnerReference): void {
    if (!place) return
    const { group, version } = place.resource.definition
    const { apiVersion, kind, name, uid: ownerUid } = reference
    const { namespace } = place
    const title = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${ownerUid}]`
    this.#events.record({
      regarding: {
        apiVersion: group === '' ? version : `${group}/${version}`,
        kind: place.resource.kind,
        metadata: { ...(namespace && { namespace }), name: place.name, uid },
      },
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      action: 'CollectGarbage',
      note: `ownerRef ${title} does not exist in namespace ${JSON.stringify(namespace)}`,
    })
  }
}

/** Whether a node has to be looked at again though nothing may happen. */
type Outcome = 'done' | 'later'

function nextWaitMs(node: GraphNode): number {
  node.attempts += 1
  return Math.min(FIRST_WAIT_MS * 2 ** (node.attempts - 1), LONGEST_WAIT_MS)
}

function keyOf({ namespace, name }: Place) {
  return { ...(namespace && { namespace }), name }
}

/** What somebody has asked for it before is not taken back. */
function policyOf({ metadata: { finalizers = [] } }: KubeObject): 'Orphan' | 'Foreground' | 'Background' {
  if (finalizers.includes(ORPHAN_FINALIZER)) return 'Orphan'
  return finalizers.includes(FOREGROUND_FINALIZER) ? 'Foreground' : 'Background'
}

/**
 * Not if its owners have changed since it was judged. What else of it changes is no reason to let it be: somebody may write to
 * it all the time.
 */
async function deleteInState(
  resource: ResourceClient<KubeObject>,
  { metadata }: KubeObject,
  propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name = '', uid = '', resourceVersion = '', ownerReferences } = metadata
  const key = { ...(namespace && { namespace }), name }
  try {
    await resource.delete(key, { preconditions: { uid, resourceVersion }, propagationPolicy, signal })
  } catch (error) {
    if (isNotFound(error)) return
    const live = isConflict(error) ? await resource.find(key, { signal }) : undefined
    if (live?.metadata.uid !== uid || !isDeepStrictEqual(live.metadata.ownerReferences, ownerReferences))
      throw error
    await resource.delete(key, { preconditions: { uid }, propagationPolicy, signal }).catch((again) => {
      if (!isNotFound(again)) throw again
    })
  }
}

async function dropOwners(
  resource: ResourceClient<KubeObject>,
  object: KubeObject,
  dropped: readonly OwnerReference[],
  signal: AbortSignal,
): Promise<void> {
  if (dropped.length === 0) return
  const uids = new Set(dropped.map(({ uid }) => uid))
  const kept = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.has(uid))
  await patchOwners(resource, object, kept, signal)
}

function unblockOwners(
  resource: ResourceClient<KubeObject>,
  object: KubeObject,
  signal: AbortSignal,
): Promise<KubeObject> {
  const owners = (object.metadata.ownerReferences ?? []).map((reference) => ({
    ...reference,
    blockOwnerDeletion: false,
  }))
  return patchOwners(resource, object, owners, signal)
}

/** Rejects for what `isInvalid` holds when the owners have changed. An object that has gone is left alone. */
async function patchOwners(
  resource: ResourceClient<KubeObject>,
  object: KubeObject,
  owners: readonly OwnerReference[],
  signal: AbortSignal,
): Promise<KubeObject> {
  const { namespace, name = '', uid, ownerReferences } = object.metadata
  const path = '/metadata/ownerReferences'
  const body = [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path, value: ownerReferences },
    owners.length > 0 ? { op: 'replace', path, value: owners } : { op: 'remove', path },
  ]
  try {
    return await resource.patch({ ...(namespace && { namespace }), name }, { type: 'json', body }, { signal })
  } catch (error) {
    if (isNotFound(error)) return object
    throw error
  }
}
