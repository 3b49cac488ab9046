import { MANAGED_CLUSTERS } from '../../apis/cluster/v1.ts'
import { WORK_CONDITION } from '../../apis/work/constants.ts'
import { MANIFEST_WORKS, type ManifestWork } from '../../apis/work/v1.ts'
import { findCondition } from '../../kube/client.ts'
import { CLUSTER_FLAGS, requiredClusterNames } from '../cluster-flags.ts'
import { requireHub } from '../cluster-kind.ts'
import { optionalArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { OUTPUT_FLAG, printList, requireFormat, sorted } from '../output/print-list.ts'
import type { TreeNode } from '../output/tree.ts'
import type { Session } from '../session.ts'
import { manifestNodes } from './work-nodes.ts'

export const getWorks = command({
  name: 'get works',
  description: 'Shows the ManifestWorks of managed clusters.',
  arguments: { placeholder: '[NAME]', least: 0, most: Number.POSITIVE_INFINITY },
  flags: { ...CLUSTER_FLAGS, ...OUTPUT_FLAG },
  run: async (session, { words, flags }) => {
    const { cluster, signal } = session
    const name = optionalArgument(words, 'can only specify one manifestwork')
    requireFormat(flags.output)
    const clusters = requiredClusterNames(flags)
    await requireHub(cluster, signal)
    const works: ManifestWork[] = []
    for (const namespace of clusters) {
      await cluster.resource(MANAGED_CLUSTERS).get({ name: namespace }, { signal })
      const { items } = await cluster.resource<ManifestWork>(MANIFEST_WORKS).listAll({
        namespace,
        ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
        signal,
      })
      works.push(...sorted(items))
    }
    printList(session, flags.output, {
      kind: 'ManifestWork',
      objects: works,
      tree: () =>
        clusters.map((each) => clusterNode(session, each, works)).filter(({ children }) => children?.length),
      headers: ['Name', 'Cluster', 'Number Of Manifests', 'Applied', 'Available'],
      row: (work) => {
        const { cluster, number, applied, available } = fieldsOf(work)
        return [work.metadata.name ?? '', cluster, String(number), applied, available]
      },
      wide: {
        headers: ['Message'],
        row: ({ status }) => [findCondition(status?.conditions, WORK_CONDITION.applied)?.message ?? ''],
      },
    })
  },
})

function clusterNode({ terminal }: Session, name: string, works: readonly ManifestWork[]): TreeNode {
  const own = works.filter(({ metadata }) => metadata.namespace === name)
  return {
    name,
    children: own.map((work) => {
      const { number, applied, available } = fieldsOf(work)
      const manifests = manifestNodes(terminal, [work])
      return {
        name: work.metadata.name ?? '',
        children: [
          { name: 'Number of Manifests', value: number },
          { name: 'Applied', value: applied },
          { name: 'Available', value: available },
          ...(manifests.length > 0 ? [{ name: 'Resources', children: manifests }] : []),
        ],
      }
    }),
  }
}

function fieldsOf({ metadata, spec, status }: ManifestWork) {
  return {
    cluster: metadata.namespace ?? '',
    number: spec?.workload?.manifests?.length ?? 0,
    applied: String(findCondition(status?.conditions, WORK_CONDITION.applied)?.status ?? ''),
    available: String(findCondition(status?.conditions, WORK_CONDITION.available)?.status ?? ''),
  }
}
