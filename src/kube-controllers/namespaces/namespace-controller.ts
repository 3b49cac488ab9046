import type { Namespace } from '../../apis/core/v1.ts'
import { NAMESPACES } from '../../apis/resources.ts'
import {
  type Controller,
  DefaultRateLimiter,
  isConflict,
  isNotFound,
  objectPredicate,
  type Reconcile,
  type ResourceClient,
  retryOnConflict,
} from '../../kube/index.ts'
import type { ControllerContext } from '../controller-context.ts'
import { ContentDeleter, type ContentDeletion } from './content-deleter.ts'
import { namespaceConditions } from './namespace-conditions.ts'

/** In a namespace's spec: it stands for all that is in it. */
const CONTENT_FINALIZER = 'kubernetes'

/** Kubernetes': at least once a minute. */
const RETRY = { initialMs: 5, capMs: 60_000 }

const SHORTEST_WAIT_MS = 100
const SECOND_MS = 1000

/**
 * Empties namespaces that were deleted, and lets them go when nothing is left in them (kube-controller-manager's
 * `namespace-controller`). It begins at once: the five seconds that the original waits are for API servers that have not heard
 * of the deletion yet, and here is but one.
 */
export function addNamespaceController({ manager, client }: ControllerContext): Controller {
  const namespaces = client.resource<Namespace>(NAMESPACES)
  const reconcile = reconcileNamespace(namespaces, new ContentDeleter(client), () => client.clock.now())
  const rateLimiter = new DefaultRateLimiter(client.clock, RETRY)
  const isDeleted = objectPredicate<Namespace>(({ metadata }) => metadata.deletionTimestamp !== undefined)
  return manager
    .controller({ name: 'namespace', reconcile, concurrency: 10, rateLimiter })
    .watch(manager.informers.for<Namespace>(NAMESPACES), {
      predicates: [isDeleted, { onDelete: () => false }],
    })
}

function reconcileNamespace(
  namespaces: ResourceClient<Namespace>,
  deleter: ContentDeleter,
  now: () => number,
): Reconcile {
  return async ({ name }, { signal, log }) => {
    const found = await namespaces.find({ name }, { signal })
    if (!found?.metadata.deletionTimestamp) return undefined
    const namespace = await asTerminating(namespaces, found, signal)
    if (!namespace?.metadata.deletionTimestamp || isFinalized(namespace)) return undefined
    const deletedAtMs = Date.parse(namespace.metadata.deletionTimestamp)
    const deletion = await deleter.deleteContent({ name, deletedAtMs }, signal)
    await showConditions(namespaces, namespace, deletion, now(), signal).catch((err) => {
      if (!isConflict(err) && !isNotFound(err)) log.warn({ err }, 'cannot show how the deletion goes')
    })
    if (deletion.errors.length > 0) throw new Error(deletion.errors.join(', '))
    if (deletion.estimateSeconds > 0) {
      return { requeueAfterMs: waitMs(deletion.estimateSeconds, now() - deletedAtMs) }
    }
    await finalize(namespaces, namespace, signal)
    return undefined
  }
}

/** The server says so itself with the deletion; a namespace may have been stored by one that does not. */
async function asTerminating(
  namespaces: ResourceClient<Namespace>,
  namespace: Namespace,
  signal: AbortSignal,
): Promise<Namespace | undefined> {
  if (namespace.status?.phase === 'Terminating') return namespace
  const status = { ...namespace.status, phase: 'Terminating' } as const
  return namespaces.updateStatus({ ...namespace, status }, { signal })
}

async function showConditions(
  namespaces: ResourceClient<Namespace>,
  namespace: Namespace,
  { findings }: ContentDeletion,
  nowMs: number,
  signal: AbortSignal,
): Promise<void> {
  const conditions = namespaceConditions(namespace.status?.conditions, findings, nowMs)
  if (conditions === namespace.status?.conditions) return
  await namespaces.updateStatus({ ...namespace, status: { ...namespace.status, conditions } }, { signal })
}

/** The namespace goes with its last finalizer. */
async function finalize(
  namespaces: ResourceClient<Namespace>,
  { metadata }: Namespace,
  signal: AbortSignal,
): Promise<void> {
  await retryOnConflict(
    async () => {
      const latest = await namespaces.find({ name: metadata.name ?? '' }, { signal })
      if (!latest || latest.metadata.uid !== metadata.uid) return
      const finalizers = (latest.spec?.finalizers ?? []).filter((each) => each !== CONTENT_FINALIZER)
      const spec = { ...latest.spec, finalizers: finalizers.toSorted() }
      await namespaces.update({ ...latest, spec }, { subresource: 'finalize', signal }).catch((error) => {
        if (!isNotFound(error)) throw error
      })
    },
    { signal },
  )
}

function isFinalized({ spec }: Namespace): boolean {
  return (spec?.finalizers ?? []).length === 0
}

/** As long as it has taken so far, at most what the original waits: finalizers that are quick are seen to be gone at once. */
function waitMs(estimateSeconds: number, elapsedMs: number): number {
  const longest = (Math.floor(estimateSeconds / 2) + 1) * SECOND_MS
  return Math.min(Math.max(elapsedMs, SHORTEST_WAIT_MS), longest)
}
