import { HUB_ACCEPTED_CONDITION } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import {
  isConditionTrue,
  type KubeClient,
  type NewCondition,
  retryOnConflict,
  setCondition,
} from '../../kube/index.ts'

/** Says on the hub how the agent fares. Until the hub accepts a cluster it lets nobody say anything of it. */
export async function reportClusterCondition(
  hub: KubeClient,
  name: string,
  condition: NewCondition,
): Promise<void> {
  const clusters = hub.resource<ManagedCluster>(MANAGED_CLUSTERS)
  await retryOnConflict(async () => {
    const { metadata, status } = await clusters.get({ name })
    if (!isConditionTrue(status?.conditions, HUB_ACCEPTED_CONDITION)) return
    const conditions = setCondition(status?.conditions, condition, hub.clock.now())
    const body = { metadata: { resourceVersion: metadata.resourceVersion }, status: { conditions } }
    await clusters.patchStatus({ name }, { type: 'merge', body })
  })
}
