import {
  CLUSTER_MANAGEMENT_ADD_ONS,
  type ClusterManagementAddOn,
  MANAGED_CLUSTER_ADD_ONS,
  type ManagedClusterAddOn,
} from '../../apis/addon/v1alpha1.ts'
import { MANAGED_CLUSTERS } from '../../apis/cluster/v1.ts'
import { MANIFEST_WORKS, type ManifestWork } from '../../apis/work/v1.ts'
import { findCondition } from '../../kube/client.ts'
import { CLUSTER_FLAGS, clusterNames } from '../cluster-flags.ts'
import { requireHub } from '../cluster-kind.ts'
import { command } from '../command-line/command.ts'
import { conditionText } from '../output/condition-text.ts'
import { OUTPUT_FLAG, printList, requireFormat, sorted } from '../output/print-list.ts'
import type { TreeNode } from '../output/tree.ts'
import type { Session } from '../session.ts'
import { manifestNodes } from './work-nodes.ts'

const ADD_ON_NAME_LABEL = 'open-cluster-management.io/addon-name'
const SHOWN_CONDITIONS = ['Available', 'ManifestApplied', 'RegistrationApplied']

export const getAddOns = command({
  name: 'get addon',
  description: 'Shows the add-ons of the hub and how they are on the managed clusters.',
  arguments: { placeholder: '[NAME...]', least: 0, most: Number.POSITIVE_INFINITY },
  flags: { ...CLUSTER_FLAGS, ...OUTPUT_FLAG },
  run: async (session, { words, flags }) => {
    const { cluster, signal } = session
    requireFormat(flags.output)
    const named = clusterNames(flags)
    await requireHub(cluster, signal)
    const clusters =
      named.length > 0
        ? named
        : (await cluster.resource(MANAGED_CLUSTERS).listAll({ signal })).items.map(
            ({ metadata }) => metadata.name,
          )
    const [all, installed, works] = await Promise.all([
      cluster.resource<ClusterManagementAddOn>(CLUSTER_MANAGEMENT_ADD_ONS).listAll({ signal }),
      cluster.resource<ManagedClusterAddOn>(MANAGED_CLUSTER_ADD_ONS).listAll({ signal }),
      cluster.resource<ManifestWork>(MANIFEST_WORKS).listAll({ labelSelector: ADD_ON_NAME_LABEL, signal }),
    ])
    const addOns = sorted(all.items).filter(
      ({ metadata }) => words.length === 0 || words.includes(metadata.name ?? ''),
    )
    const onClusters = (name: string | undefined) =>
      sorted(installed.items).filter(({ metadata }) => metadata.name === name)
    printList(session, flags.output, {
      kind: 'ClusterManagementAddon', // as the original spells it
      objects: addOns,
      tree: () =>
        addOns.flatMap(({ metadata: { name = '' } }) => {
          const shown = onClusters(name).filter(({ metadata }) => clusters.includes(metadata.namespace))
          const children = shown.map((addOn) => clusterNode(session, addOn, works.items))
          return children.length > 0 ? [{ name, children }] : []
        }),
      headers: ['Name', 'InstalledClusters'],
      row: ({ metadata }) => [metadata.name ?? '', String(onClusters(metadata.name).length)],
    })
  },
})

function clusterNode(
  { terminal }: Session,
  { metadata, status }: ManagedClusterAddOn,
  works: readonly ManifestWork[],
): TreeNode {
  const { name, namespace = '' } = metadata
  const own = works.filter(
    (work) => work.metadata.namespace === namespace && work.metadata.labels?.[ADD_ON_NAME_LABEL] === name,
  )
  const manifests = manifestNodes(terminal, own)
  return {
    name: namespace,
    children: [
      {
        name: 'Status',
        children: SHOWN_CONDITIONS.map((type) => ({
          name: type,
          value: `${type} -> ${conditionText(terminal, findCondition(status?.conditions, type))}`,
        })),
      },
      ...(manifests.length > 0 ? [{ name: 'ManifestWork', children: manifests }] : []),
    ],
  }
}
