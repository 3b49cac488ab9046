import { CLUSTER_SET_EMPTY_CONDITION, CLUSTER_SET_LABEL } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import {
  MANAGED_CLUSTER_SET_BINDINGS,
  MANAGED_CLUSTER_SETS,
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
} from '../../apis/cluster/v1beta2.ts'
import { findCondition } from '../../kube/client.ts'
import { requireHub } from '../cluster-kind.ts'
import { noArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { labelSelectorText } from '../label-selector-text.ts'
import { OUTPUT_FLAG, printList, requireFormat, sorted } from '../output/print-list.ts'
import { listText, treeNode } from '../output/tree.ts'
import type { Session } from '../session.ts'

export const getClusterSets = command({
  name: 'get clustersets',
  description: 'Shows the cluster sets of the hub, what they are bound to, and the clusters in them.',
  flags: OUTPUT_FLAG,
  run: async (session, { words, flags }) => {
    const { cluster, signal } = session
    noArguments(words)
    requireFormat(flags.output)
    await requireHub(cluster, signal)
    const { items } = await cluster.resource<ManagedClusterSet>(MANAGED_CLUSTER_SETS).listAll({ signal })
    const sets = sorted(items)
    const bindings = await cluster
      .resource<ManagedClusterSetBinding>(MANAGED_CLUSTER_SET_BINDINGS)
      .listAll({ signal })
    const needsClusters = flags.output === 'tree' || flags.output === 'wide'
    const members = needsClusters ? await membersOf(session, sets) : new Map<string, readonly string[]>()
    const fieldsOf = ({ metadata: { name = '' }, spec, status }: ManagedClusterSet) => ({
      name,
      bound: sorted(bindings.items)
        .filter((binding) => binding.spec?.clusterSet === name)
        .map(({ metadata }) => metadata.namespace)
        .join(','),
      status: findCondition(status?.conditions, CLUSTER_SET_EMPTY_CONDITION)?.message ?? '',
      clusters: members.get(name) ?? [],
      managed: (spec?.managedNamespaces ?? []).map((namespace) => namespace.name),
    })
    printList(session, flags.output, {
      kind: 'ManagedClusterSet',
      objects: sets,
      tree: () =>
        sets.map(fieldsOf).map(({ name, bound, status, clusters, managed }) =>
          treeNode(name, {
            BoundNamespace: bound,
            Clusters: listText(clusters),
            ManagedNamespaces: listText(managed),
            Status: status,
          }),
        ),
      headers: ['Name', 'Bound Namespaces', 'Status', 'Managed Namespaces'],
      row: (set) => {
        const { name, bound, status, managed } = fieldsOf(set)
        return [name, bound, status, managed.join(',')]
      },
      wide: { headers: ['Clusters'], row: (set) => [fieldsOf(set).clusters.join(',')] },
    })
  },
})

/** The names of the clusters in each set, by its kind of selector. */
async function membersOf(
  { cluster, signal }: Session,
  sets: readonly ManagedClusterSet[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const lists = sets.map(async ({ metadata: { name = '' }, spec }) => {
    const { selectorType = 'ExclusiveClusterSetLabel', labelSelector } = spec?.clusterSelector ?? {}
    const selector =
      selectorType === 'LabelSelector'
        ? labelSelectorText(labelSelector ?? {})
        : `${CLUSTER_SET_LABEL}=${name}`
    const { items } = await cluster
      .resource<ManagedCluster>(MANAGED_CLUSTERS)
      .listAll({ labelSelector: selector, signal })
    return [name, sorted(items).map(({ metadata }) => metadata.name ?? '')] as const
  })
  return new Map(await Promise.all(lists))
}
