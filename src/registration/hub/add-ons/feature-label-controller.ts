import { ADD_ON_CONDITION } from '../../../apis/addon/constants.ts'
import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import { ADD_ON_FEATURE_LABEL_PREFIX, AVAILABLE_CONDITION } from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import { type Controller, findCondition } from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'

/** Of a label's key, without what stands before the slash. */
const LONGEST_LABEL_NAME = 63
const LABEL_NAME_PREFIX = ADD_ON_FEATURE_LABEL_PREFIX.slice(ADD_ON_FEATURE_LABEL_PREFIX.indexOf('/') + 1)

/** Shows in labels of a cluster which add-ons it has and how they are, so that Placements can choose by them. */
export function addFeatureLabelController(context: HubContext): Controller {
  const { clusters, addOns } = context.informers
  return clusterController(context, 'add-on-feature-labels', async ({ name }, { signal }) => {
    const cluster = clusters.store.get(name)
    if (!cluster || cluster.metadata.deletionTimestamp) return
    if (!findCondition(cluster.status?.conditions, AVAILABLE_CONDITION)) return
    const labels = labelChanges(cluster, addOns.store.list(name))
    if (labels.size === 0) return
    const body = { metadata: { uid: cluster.metadata.uid, labels: Object.fromEntries(labels) } }
    await clusters.resource.patch({ name }, { type: 'merge', body }, { signal })
  })
    .watch(clusters, { predicates: [{ onDelete: () => false }] })
    .watch(addOns, { map: ({ metadata }) => [{ name: metadata.namespace ?? '' }] })
}

/** Labels that are to be set, or removed where the value is null. */
export function labelChanges(
  { metadata: { labels = {} } }: ManagedCluster,
  addOns: readonly ManagedClusterAddOn[],
): ReadonlyMap<string, string | null> {
  const wanted = new Map<string, string>()
  for (const addOn of addOns) {
    const { name = '', deletionTimestamp } = addOn.metadata
    // The API would refuse a longer one, and with it all others.
    if (deletionTimestamp || LABEL_NAME_PREFIX.length + name.length > LONGEST_LABEL_NAME) continue
    wanted.set(`${ADD_ON_FEATURE_LABEL_PREFIX}${name}`, healthOf(addOn))
  }
  const changes = new Map<string, string | null>()
  for (const [key, value] of wanted) if (labels[key] !== value) changes.set(key, value)
  for (const key of Object.keys(labels)) {
    if (key.startsWith(ADD_ON_FEATURE_LABEL_PREFIX) && !wanted.has(key)) changes.set(key, null)
  }
  return changes
}

function healthOf({ status }: ManagedClusterAddOn): 'available' | 'unhealthy' | 'unreachable' {
  switch (findCondition(status?.conditions, ADD_ON_CONDITION.available)?.status) {
    case 'True':
      return 'available'
    case 'False':
      return 'unhealthy'
    default:
      return 'unreachable'
  }
}
