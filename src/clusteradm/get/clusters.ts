import { AVAILABLE_CONDITION, CLUSTER_SET_LABEL } from '../../apis/cluster/constants.ts'
import { MANAGED_CLUSTERS, type ManagedCluster } from '../../apis/cluster/v1.ts'
import { MANAGED_CLUSTER_SETS } from '../../apis/cluster/v1beta2.ts'
import { stringFlag } from '../../common/flags.ts'
import { findCondition } from '../../kube/client.ts'
import { requireHub } from '../cluster-kind.ts'
import { noArguments } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { OUTPUT_FLAG, printList, requireFormat, sorted } from '../output/print-list.ts'
import { treeNode } from '../output/tree.ts'

export const getClusters = command({
  name: 'get clusters',
  description: 'Shows the clusters that the hub manages.',
  flags: {
    clusterset: stringFlag('', 'Only those of this cluster set.', { placeholder: 'NAME' }),
    ...OUTPUT_FLAG,
  },
  run: async (session, { words, flags }) => {
    const { cluster, signal } = session
    noArguments(words)
    requireFormat(flags.output)
    await requireHub(cluster, signal)
    if (flags.clusterset !== '') {
      await cluster.resource(MANAGED_CLUSTER_SETS).get({ name: flags.clusterset }, { signal })
    }
    const { items } = await cluster.resource<ManagedCluster>(MANAGED_CLUSTERS).listAll({
      ...(flags.clusterset !== '' && { labelSelector: `${CLUSTER_SET_LABEL}=${flags.clusterset}` }),
      signal,
    })
    const clusters = sorted(items)
    printList(session, flags.output, {
      kind: 'ManagedCluster',
      objects: clusters,
      tree: () => clusters.map(clusterNode),
      headers: ['Name', 'Accepted', 'Available', 'ClusterSet', 'CPU', 'Memory', 'Kubernetes Version'],
      row: (each) => {
        const { name, accepted, available, clusterSet, cpu, memory, version } = fieldsOf(each)
        return [name, String(accepted), available, clusterSet, cpu, memory, version]
      },
      wide: {
        headers: ['Joined', 'Reason', 'URLs'],
        row: ({ spec, status }) => [
          findCondition(status?.conditions, 'ManagedClusterJoined')?.status ?? '',
          findCondition(status?.conditions, AVAILABLE_CONDITION)?.reason ?? '',
          (spec?.managedClusterClientConfigs ?? []).map(({ url }) => url).join(','),
        ],
      },
    })
  },
})

function clusterNode(cluster: ManagedCluster) {
  const { name, accepted, available, clusterSet, version, cpu, memory } = fieldsOf(cluster)
  return treeNode(name, {
    Accepted: accepted,
    Available: available,
    ClusterSet: clusterSet,
    KubernetesVersion: version,
    Capacity: { Cpu: cpu, Memory: memory },
  })
}

function fieldsOf({ metadata, spec, status }: ManagedCluster) {
  return {
    name: metadata.name ?? '',
    accepted: spec?.hubAcceptsClient ?? false,
    available: String(findCondition(status?.conditions, AVAILABLE_CONDITION)?.status ?? ''),
    clusterSet: metadata.labels?.[CLUSTER_SET_LABEL] ?? '',
    version: status?.version?.kubernetes ?? '',
    cpu: String(status?.capacity?.cpu ?? ''),
    memory: String(status?.capacity?.memory ?? ''),
  }
}
