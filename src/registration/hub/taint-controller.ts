import { AVAILABLE_CONDITION, UNAVAILABLE_TAINT, UNREACHABLE_TAINT } from '../../apis/cluster/constants.ts'
import type { ManagedCluster, Taint } from '../../apis/cluster/v1.ts'
import { type Controller, findCondition } from '../../kube/index.ts'
import { clusterController, type HubContext } from './hub-context.ts'

const UNAVAILABLE: Taint = { key: UNAVAILABLE_TAINT, effect: 'NoSelect' }
const UNREACHABLE: Taint = { key: UNREACHABLE_TAINT, effect: 'NoSelect' }

/** Keeps Placements away from clusters that are not available, or of which nothing is known. */
export function addTaintController(context: HubContext): Controller {
  const { patchers } = context
  const { clusters } = context.informers
  return clusterController(context, 'managed-cluster-taints', async ({ name }, { signal, log }) => {
    const cluster = clusters.store.get(name)
    if (!cluster || cluster.metadata.deletionTimestamp) return
    const change = (latest: ManagedCluster) => {
      const taints = taintsOf(latest)
      return taints && { spec: { taints } }
    }
    if (await patchers.clusters.patch(cluster, change, { signal }))
      log.info('taints of a managed cluster follow its availability')
  }).watch(clusters)
}

/** The taints that a cluster should have; undefined if it has them. Other people's stay. */
export function taintsOf({ spec, status }: ManagedCluster): readonly Taint[] | undefined {
  const before = spec?.taints ?? []
  const wanted = wantedTaint(findCondition(status?.conditions, AVAILABLE_CONDITION)?.status)
  const unwanted = [UNAVAILABLE, UNREACHABLE].filter((taint) => taint !== wanted)
  const kept = before.filter((taint) => !unwanted.some((each) => isSame(each, taint)))
  const isThere = !wanted || kept.some((taint) => isSame(wanted, taint))
  if (isThere && kept.length === before.length) return undefined
  return isThere ? kept : [...kept, wanted]
}

function wantedTaint(availability: string | undefined): Taint | undefined {
  switch (availability) {
    case 'True':
      return undefined
    case 'False':
      return UNAVAILABLE
    default:
      return UNREACHABLE
  }
}

function isSame(one: Taint, other: Taint): boolean {
  return one.key === other.key && (one.value ?? '') === (other.value ?? '') && one.effect === other.effect
}
