import { MANAGED_CLUSTER_ADD_ONS, type ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import { type KubeClient, type NewCondition, retryOnConflict, setCondition } from '../../../kube/index.ts'
import type { NamespacedName } from '../secret-data.ts'

/** Writes a condition of a ManagedClusterAddOn, if it is another than before. An add-on that is gone needs none. */
export async function reportAddOnCondition(
  hub: KubeClient,
  key: NamespacedName,
  condition: NewCondition,
  signal?: AbortSignal,
): Promise<void> {
  const addOns = hub.resource<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS)
  await retryOnConflict(async () => {
    const addOn = await addOns.find(key, { signal })
    if (!addOn) return
    const before = addOn.status?.conditions
    const conditions = setCondition(before, condition, hub.clock.now())
    if (conditions === before) return
    const { resourceVersion } = addOn.metadata
    const body = { metadata: { resourceVersion }, status: { conditions } }
    await addOns.patchStatus(key, { type: 'merge', body }, { signal })
  })
}
