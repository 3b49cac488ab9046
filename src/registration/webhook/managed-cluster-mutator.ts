import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import { type Clock, timeText } from '../../kube/index.ts'
import { type AdmissionHandler, patch } from '../../kube/webhook/index.ts'
import { sayWhetherAccepted } from './acceptance.ts'
import { joinDefaultClusterSet } from './default-cluster-set.ts'
import { stampTaints } from './taint-times.ts'

export interface ManagedClusterMutatorOptions {
  /** Gate DefaultClusterSet. */
  readonly defaultClusterSet: boolean
}

/** Completes ManagedClusters that are written: whether the hub accepts them, times of taints, the default set. */
export function managedClusterMutator(
  { clock }: { readonly clock: Pick<Clock, 'now'> },
  { defaultClusterSet }: ManagedClusterMutatorOptions,
): AdmissionHandler<ManagedCluster> {
  return async ({ object, oldObject }) => {
    if (!object) return patch([])
    const stamped = stampTaints(object, oldObject, timeText(clock.now()))
    if ('allowed' in stamped) return stamped
    return patch([
      ...sayWhetherAccepted(object),
      ...stamped,
      ...(defaultClusterSet ? joinDefaultClusterSet(object) : []),
    ])
  }
}
