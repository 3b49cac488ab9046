import {
  AUTOMATICALLY_ACCEPTED_ANNOTATION,
  CLUSTER_NAME_LABEL,
  HUB_ACCEPTED_CONDITION,
  MANAGED_CLUSTER_FINALIZER,
} from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import { errorMessage } from '../../../common/errors.ts'
import {
  type Controller,
  ensureObject,
  findCondition,
  hasFinalizer,
  isConflict,
  isTooManyRequests,
  KubeApiError,
  type NewCondition,
  type ReconcileContext,
  timeText,
} from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { clusterLabelOf } from '../hub-informers.ts'
import { ClusterAccess } from './access-objects.ts'

const ACCEPTED: NewCondition = {
  type: HUB_ACCEPTED_CONDITION,
  status: 'True',
  reason: 'HubClusterAdminAccepted',
  message: 'Accepted by hub cluster admin',
}
const DENIED: NewCondition = {
  type: HUB_ACCEPTED_CONDITION,
  status: 'False',
  reason: 'HubClusterAdminDenied',
  message: 'Denied by hub cluster admin',
}

const FAILED: Omit<NewCondition, 'message'> = {
  type: HUB_ACCEPTED_CONDITION,
  status: 'False',
  reason: 'Error',
}

/** Their roles would be those that all clusters share: whoever can write such a role could write the rights of all. */
const RESERVED_NAMES: readonly string[] = ['registration', 'work']

/** A cluster's agents get rights to the Leases of its namespace, in these those of the leaders of the hub. A person may want that. */
const SYSTEM_NAMESPACES: readonly string[] = [
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'open-cluster-management',
  'open-cluster-management-hub',
]

/**
 * Gives a cluster that is accepted its namespace and the rights of its agents, and takes the rights away when it is denied or deleted.
 * The namespace stays, with whatever people have put into it.
 */
export function addManagedClusterController(context: HubContext): Controller {
  const { informers } = context
  const reconciler = new ManagedClusterReconciler(context)
  const toCluster = ({ metadata }: { metadata: { namespace?: string } }) => [
    { name: metadata.namespace ?? '' },
  ]
  const byLabel = { map: (object: ManagedCluster) => clusterLabelOf(object).map((name) => ({ name })) }
  return clusterController(context, 'managed-cluster', ({ name }, reconcile) =>
    reconciler.reconcile(name, reconcile),
  )
    .watch(informers.clusters)
    .watch(informers.namespaces)
    .watch(informers.clusterRoles, byLabel)
    .watch(informers.clusterRoleBindings, byLabel)
    .watch(informers.roleBindings, byLabel)
    .watch(informers.works, {
      map: toCluster,
      predicates: [{ onAdd: () => false, onUpdate: () => false }], // the last one that goes sets things free
    })
}

class ManagedClusterReconciler {
  readonly #context: HubContext
  readonly #access: ClusterAccess

  constructor(context: HubContext) {
    this.#context = context
    this.#access = new ClusterAccess(context)
  }

  async reconcile(name: string, reconcile: ReconcileContext): Promise<void> {
    const cluster = this.#context.informers.clusters.store.get(name)
    if (RESERVED_NAMES.includes(name)) return this.#refuse(cluster, reconcile)
    if (!cluster) {
      await this.#access.remove(name, reconcile.signal)
      return
    }
    if (cluster.metadata.deletionTimestamp) return this.#finalize(cluster, reconcile)
    if (this.#isToBeAutomaticallyAccepted(cluster)) return this.#acceptAutomatically(cluster, reconcile)
    if (cluster.spec?.hubAcceptsClient) return this.#admit(cluster, reconcile)
    await this.#deny(cluster, reconcile)
  }

  async #finalize(cluster: ManagedCluster, { signal, log }: ReconcileContext): Promise<void> {
    if (!hasFinalizer(cluster, MANAGED_CLUSTER_FINALIZER)) return
    const isRemoved = await this.#access.remove(cluster.metadata.name ?? '', signal)
    if (!isRemoved) return // the last ManifestWork, or the binding, brings us back
    await this.#clusters.removeFinalizer(cluster, MANAGED_CLUSTER_FINALIZER, { signal })
    log.info('managed cluster is being deleted, its access to the hub has been removed')
  }

  async #refuse(cluster: ManagedCluster | undefined, { signal }: ReconcileContext): Promise<void> {
    if (!cluster?.spec?.hubAcceptsClient || cluster.metadata.deletionTimestamp) return
    const message = `a cluster cannot be named ${cluster.metadata.name}: roles that all clusters share are named so`
    await this.#setCondition(cluster, { ...FAILED, message }, signal)
  }

  /** Once: whoever denies the cluster later is right. */
  #isToBeAutomaticallyAccepted({ metadata }: ManagedCluster): boolean {
    return (
      this.#context.options.gates.ManagedClusterAutoApproval &&
      !SYSTEM_NAMESPACES.includes(metadata.name ?? '') &&
      metadata.annotations?.[AUTOMATICALLY_ACCEPTED_ANNOTATION] === undefined
    )
  }

  async #acceptAutomatically(cluster: ManagedCluster, { signal, log }: ReconcileContext): Promise<void> {
    const acceptedOn = timeText(this.#context.client.clock.now())
    const isWritten = await this.#clusters.patch(
      cluster,
      (latest) =>
        this.#isToBeAutomaticallyAccepted(latest)
          ? {
              metadata: { annotations: { [AUTOMATICALLY_ACCEPTED_ANNOTATION]: acceptedOn } },
              spec: { hubAcceptsClient: true },
            }
          : undefined,
      { signal },
    )
    if (isWritten) log.info('managed cluster has been accepted automatically')
  }

  async #admit(cluster: ManagedCluster, { signal, log }: ReconcileContext): Promise<void> {
    const { name = '' } = cluster.metadata
    const kept = await this.#clusters.addFinalizer(cluster, MANAGED_CLUSTER_FINALIZER, { signal })
    if (!kept || kept.metadata.deletionTimestamp) return // which an event tells of
    let failure: unknown
    try {
      await this.#grant(name, signal)
    } catch (error) {
      if (!isRefusal(error)) throw error
      failure = error
    }
    const condition: NewCondition =
      failure === undefined ? ACCEPTED : { ...FAILED, message: errorMessage(failure) }
    if (await this.#setCondition(kept, condition, signal)) {
      if (failure === undefined) log.info('managed cluster is accepted')
    }
    if (failure !== undefined && !(failure instanceof NotYet)) throw failure
  }

  async #grant(name: string, signal: AbortSignal): Promise<void> {
    const { namespaces } = this.#context.informers
    const labels = { ...this.#context.options.labels, [CLUSTER_NAME_LABEL]: name }
    await ensureObject(
      namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
      signal,
    )
    if (namespaces.store.get(name)?.metadata.deletionTimestamp) {
      await this.#access.releaseNamespace(name, signal)
      throw new NotYet(
        `namespace ${JSON.stringify(name)} is being terminated, it is made anew when it has gone`,
      )
    }
    await this.#access.grant(name, signal)
  }

  /** Who was never accepted has nothing that could be taken away. */
  async #deny(cluster: ManagedCluster, { signal, log }: ReconcileContext): Promise<void> {
    if (!findCondition(cluster.status?.conditions, HUB_ACCEPTED_CONDITION)) return
    const { name = '' } = cluster.metadata
    await this.#access.restrict(name, signal)
    if (await this.#setCondition(cluster, DENIED, signal)) log.info('managed cluster is denied')
  }

  #setCondition(cluster: ManagedCluster, condition: NewCondition, signal: AbortSignal): Promise<boolean> {
    return this.#clusters.setConditions(cluster, [condition], {
      signal,
      now: this.#context.client.clock.now(),
    })
  }

  get #clusters() {
    return this.#context.patchers.clusters
  }
}

/** An event will tell when it is worth trying again. */
class NotYet extends Error {}

/** Whether it is worth telling people, rather than just trying again: agents stop when their cluster is not accepted. */
function isRefusal(error: unknown): boolean {
  if (error instanceof NotYet) return true
  if (!(error instanceof KubeApiError) || isConflict(error) || isTooManyRequests(error)) return false
  return error.status >= 400 && error.status < 500
}
