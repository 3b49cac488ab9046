import { MANAGED_CLUSTER_LEASE_NAME } from '../../../apis/cluster/constants.ts'
import type { Lease } from '../../../apis/coordination/v1.ts'
import type { Clock, Informer } from '../../../kube/index.ts'
import { type LastRenewal, renewTimeOf } from './lease-times.ts'

/** When the hub has seen the agents' renewals, by cluster. Knows nothing of what was before it was made. */
export class LeaseSightings {
  readonly #last = new Map<string, LastRenewal>()

  constructor(leases: Informer<Lease>, clock: Pick<Clock, 'now' | 'monotonic'>) {
    const see = (lease: Lease) => {
      if (!isAgentLease(lease)) return
      const cluster = lease.metadata.namespace ?? ''
      const renewTime = renewTimeOf(lease)
      if (this.#last.get(cluster)?.renewTime !== renewTime)
        this.#last.set(cluster, { renewTime, seenAt: clock.now(), seenAtMonotonic: clock.monotonic() })
    }
    leases.addHandler({
      onAdd: see,
      onUpdate: (_, lease) => see(lease),
      onDelete: (lease) => {
        if (isAgentLease(lease)) this.#last.delete(lease.metadata.namespace ?? '')
      },
    })
  }

  of(cluster: string): LastRenewal | undefined {
    return this.#last.get(cluster)
  }
}

export function isAgentLease({ metadata }: Lease): boolean {
  return metadata.name === MANAGED_CLUSTER_LEASE_NAME
}
