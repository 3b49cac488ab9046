import type { Namespace } from '../../apis/core/v1.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import { AppError } from '../../common/errors.ts'
import type { KubeClient } from '../../kube/index.ts'
import type { CrdApplier } from '../apply/crd-applier.ts'
import type { ManifestApplier } from '../apply/manifest-applier.ts'
import { isHosted, modeOf } from './names.ts'

/** The cluster that agents manage, as far as the operator has something to do there. */
export interface ManagedCluster {
  readonly client: KubeClient
  readonly applier: ManifestApplier
  readonly crds: CrdApplier
  namespaces(): readonly Namespace[]
}

/** Finds the cluster that a Klusterlet's agents manage. */
export type FindManagedCluster = (klusterlet: Klusterlet) => Promise<ManagedCluster>

/** The agents cannot be told which cluster they manage. */
export class ManagedClusterError extends AppError {
  constructor(message: string, options?: ErrorOptions) {
    super('ERR_MANAGED_CLUSTER', message, options)
  }
}

/** Agents manage the cluster that they run in. Those that are hosted, which manage another, are refused. */
export function ownCluster(own: ManagedCluster): FindManagedCluster {
  return async (klusterlet) => {
    if (!isHosted(klusterlet)) return own
    throw new ManagedClusterError(`this operator deploys no agents in mode ${modeOf(klusterlet)}`)
  }
}
