import { isDeepStrictEqual } from 'node:util'
import type { ClusterSetManagedNamespace, ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { ManagedClusterSet } from '../../../apis/cluster/v1beta2.ts'
import type { Controller } from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { BY_SET_OF_MANAGED_NAMESPACE } from '../hub-informers.ts'
import { labelsChanged } from './cluster-set-controller.ts'
import { ClusterSetMembership } from './membership.ts'

/** Tells each cluster the namespaces that its sets manage on it. */
export function addManagedNamespaceController(context: HubContext): Controller {
  const { patchers } = context
  const { clusters, clusterSets } = context.informers
  const membership = new ClusterSetMembership(context.informers)
  const membersOf = (set: ManagedClusterSet) => [
    ...membership.clustersOf(set),
    ...clusters.store.byIndex(BY_SET_OF_MANAGED_NAMESPACE, set.metadata.name ?? ''), // also those that have left it
  ]
  return clusterController(context, 'managed-namespace', async ({ name }, { signal }) => {
    const cluster = clusters.store.get(name)
    if (!cluster || cluster.metadata.deletionTimestamp) return
    const change = (latest: ManagedCluster) => {
      const before = latest.status?.managedNamespaces ?? []
      const managedNamespaces = managedNamespacesOf(membership.setsOf(latest), before)
      return isDeepStrictEqual(before, managedNamespaces) ? undefined : { status: { managedNamespaces } }
    }
    await patchers.clusters.patch(cluster, change, { signal, subresource: 'status' })
  })
    .watch(clusters, { predicates: [{ onUpdate: labelsChanged, onDelete: () => false }] })
    .watch(clusterSets, {
      map: (set) => membersOf(set).map(({ metadata }) => ({ name: metadata.name ?? '' })),
      predicates: [
        {
          onUpdate: (previous, set) =>
            previous.metadata.generation !== set.metadata.generation ||
            previous.metadata.deletionTimestamp !== set.metadata.deletionTimestamp,
        },
      ],
    })
}

/** Ordered by set and name. What the agent has said of a namespace is kept. */
export function managedNamespacesOf(
  sets: readonly ManagedClusterSet[],
  before: readonly ClusterSetManagedNamespace[],
): readonly ClusterSetManagedNamespace[] {
  const wanted = sets
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .flatMap(({ metadata, spec }) =>
      (spec?.managedNamespaces ?? []).map(({ name }) => ({ name, clusterSet: metadata.name ?? '' })),
    )
  const known = new Map(before.map((each) => [idOf(each), each]))
  return wanted
    .map((each) => known.get(idOf(each)) ?? each)
    .sort((one, other) => compare(one.clusterSet, other.clusterSet) || compare(one.name, other.name))
}

function idOf({ clusterSet, name }: ClusterSetManagedNamespace): string {
  return `${clusterSet}/${name}`
}

/** By bytes, as Go does it: no language comes into it. */
function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
