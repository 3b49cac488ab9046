import {
  ADD_ON_AVAILABLE_REASON,
  ADD_ON_CONDITION,
  HOSTING_CLUSTER_NAME_ANNOTATION,
} from '../../../apis/addon/constants.ts'
import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import type { Lease } from '../../../apis/coordination/v1.ts'
import type { Logger } from '../../../common/log.ts'
import {
  type Clock,
  Informer,
  type KubeClient,
  LEASES,
  type NewCondition,
  setCondition,
} from '../../../kube/index.ts'
import { reportAddOnCondition } from './addon-condition.ts'
import { installNamespace, isHosted } from './registration-config.ts'

/** Five times the minute in which agents of add-ons renew their Leases. */
export const ADD_ON_LEASE_GRACE_MS = 5 * 60_000

export interface AddOnHealthComponents {
  readonly hub: KubeClient
  readonly spoke: KubeClient
  readonly management: KubeClient
  readonly addOns: Informer<ManagedClusterAddOn>
  readonly clock: Clock
  readonly log: Logger
  /** Asks for `reconcile` of an add-on, since its Lease has changed. */
  enqueue(addOnName: string): void
}

interface WatchedLease {
  readonly namespace: string
  readonly isHosted: boolean
  readonly informer: Informer<Lease>
}

/**
 * Tells the hub which add-ons are alive, by the Leases that their agents renew. Each Lease is watched (the original asks for
 * each of them every 30 s).
 */
export class AddOnHealth {
  readonly #components: AddOnHealthComponents
  readonly #clusterName: string
  readonly #leases = new Map<string, WatchedLease>()

  constructor(components: AddOnHealthComponents, clusterName: string) {
    this.#components = components
    this.#clusterName = clusterName
  }

  /** Resolves with the ms until the next look, if time alone can change anything. */
  async reconcile(addOnName: string, signal: AbortSignal): Promise<number | undefined> {
    const { addOns, hub, clock } = this.#components
    const key = { namespace: this.#clusterName, name: addOnName }
    const addOn = addOns.store.get(key)
    // Otherwise its manager says how it is.
    if (!addOn || addOn.status?.healthCheck?.mode === 'Customized') {
      await this.#forget(addOnName)
      return undefined
    }
    const { informer } = await this.#leaseOf(addOn)
    if (!informer.hasSynced) return undefined // it will be enqueued then
    const lease = informer.store.get({ namespace: installNamespace(addOn), name: addOnName })
    const leftMs = Date.parse(lease?.spec?.renewTime ?? '') + ADD_ON_LEASE_GRACE_MS - clock.now()
    const condition = conditionOf(addOn, lease, leftMs > 0)
    const before = addOn.status?.conditions ?? []
    if (setCondition(before, condition) !== before) await reportAddOnCondition(hub, key, condition, signal)
    return leftMs > 0 ? leftMs : undefined
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#leases.keys()].map((name) => this.#forget(name)))
  }

  async #leaseOf(addOn: ManagedClusterAddOn): Promise<WatchedLease> {
    const name = addOn.metadata.name ?? ''
    const place = { namespace: installNamespace(addOn), isHosted: isHosted(addOn) }
    const known = this.#leases.get(name)
    if (known?.namespace === place.namespace && known.isHosted === place.isHosted) return known
    await this.#forget(name)
    const { spoke, management, clock, log, enqueue } = this.#components
    const client = place.isHosted ? management : spoke
    const informer = new Informer<Lease>(
      { resource: client.resource<Lease>(LEASES), clock, log },
      { namespace: place.namespace, fieldSelector: `metadata.name=${name}` },
    )
    const changed = () => enqueue(name)
    informer.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed })
    informer.start()
    void informer.waitForSync().then(changed)
    const watched = { ...place, informer }
    this.#leases.set(name, watched)
    return watched
  }

  async #forget(name: string): Promise<void> {
    const watched = this.#leases.get(name)
    this.#leases.delete(name)
    await watched?.informer.stop()
  }
}

function conditionOf(addOn: ManagedClusterAddOn, lease: Lease | undefined, isRenewed: boolean): NewCondition {
  const { name } = addOn.metadata
  const { leaseNotFound, leaseUpdated, leaseUpdateStopped } = ADD_ON_AVAILABLE_REASON
  const type = ADD_ON_CONDITION.available
  if (!lease) return { type, status: 'Unknown', reason: leaseNotFound, message: notFoundMessage(addOn) }
  return isRenewed
    ? { type, status: 'True', reason: leaseUpdated, message: `${name} add-on is available.` }
    : { type, status: 'False', reason: leaseUpdateStopped, message: `${name} add-on is not available.` }
}

function notFoundMessage(addOn: ManagedClusterAddOn): string {
  const unknown = `The status of ${addOn.metadata.name} add-on is unknown.`
  if (!isHosted(addOn)) return unknown
  const host = JSON.stringify(addOn.metadata.annotations?.[HOSTING_CLUSTER_NAME_ANNOTATION])
  return `${unknown} No lease found on hosting cluster ${host}; verify it matches the cluster where this managed cluster's klusterlet actually runs.`
}
