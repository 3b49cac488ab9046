import {
  PLACEMENT_LABEL,
  PLACEMENT_MISCONFIGURED_CONDITION,
  PLACEMENT_SATISFIED_CONDITION,
} from '../../apis/cluster/constants.ts'
import {
  PLACEMENT_DECISIONS,
  PLACEMENTS,
  type Placement,
  type PlacementDecision,
} from '../../apis/cluster/v1beta1.ts'
import { NAMESPACES } from '../../apis/resources.ts'
import { stringFlag } from '../../common/flags.ts'
import { findCondition } from '../../kube/client.ts'
import { requireHub } from '../cluster-kind.ts'
import { optionalArgument } from '../command-line/arguments.ts'
import { command } from '../command-line/command.ts'
import { conditionText } from '../output/condition-text.ts'
import { OUTPUT_FLAG, printList, requireFormat, sorted } from '../output/print-list.ts'
import { listText, treeNode } from '../output/tree.ts'

export const getPlacements = command({
  name: 'get placements',
  description: 'Shows the placements of the hub and the clusters that they have selected.',
  arguments: { placeholder: '[NAME]', least: 0, most: Number.POSITIVE_INFINITY },
  flags: {
    namespace: stringFlag('', 'Only those of this namespace.', { shorthand: 'n', placeholder: 'NAME' }),
    ...OUTPUT_FLAG,
  },
  run: async (session, { words, flags }) => {
    const { cluster, signal } = session
    const name = optionalArgument(words, 'the number of placement name should be 0 or 1')
    requireFormat(flags.output)
    await requireHub(cluster, signal)
    if (flags.namespace !== '') await cluster.resource(NAMESPACES).get({ name: flags.namespace }, { signal })
    const namespace = flags.namespace === '' ? undefined : flags.namespace
    const [listed, decisions] = await Promise.all([
      cluster.resource<Placement>(PLACEMENTS).listAll({
        namespace,
        ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
        signal,
      }),
      cluster.resource<PlacementDecision>(PLACEMENT_DECISIONS).listAll({ namespace, signal }),
    ])
    const placements = sorted(listed.items)
    const selectedBy = ({ metadata }: Placement) =>
      sorted(decisions.items)
        .filter(
          (decision) =>
            decision.metadata.namespace === metadata.namespace &&
            decision.metadata.labels?.[PLACEMENT_LABEL] === metadata.name,
        )
        .flatMap(({ status }) => (status?.decisions ?? []).map(({ clusterName }) => clusterName))
    printList(session, flags.output, {
      kind: 'Placement',
      objects: placements,
      tree: () =>
        placements.map((placement) => placementNode(session.terminal, placement, selectedBy(placement))),
      headers: ['Name', 'Status', 'Reason', 'SeletedClusters'], // the original's spelling, which scripts read
      row: (placement) => {
        const [condition] = placement.status?.conditions ?? []
        const { name = '' } = placement.metadata
        return [name, condition?.status ?? '', condition?.reason ?? '', listText(selectedBy(placement))]
      },
      wide: {
        headers: ['Namespace', 'Message'],
        row: ({ metadata, status }) => [
          metadata.namespace ?? '',
          findCondition(status?.conditions, PLACEMENT_SATISFIED_CONDITION)?.message ?? '',
        ],
      },
    })
  },
})

function placementNode(
  terminal: Parameters<typeof conditionText>[0],
  { metadata, spec, status }: Placement,
  selected: readonly string[],
) {
  const condition = (type: string) => conditionText(terminal, findCondition(status?.conditions, type))
  return treeNode(metadata.name ?? '', {
    Namespace: metadata.namespace ?? '',
    ClusterSet: listText(spec?.clusterSets ?? []),
    Status: {
      NumberOfSelectedClusters: status?.numberOfSelectedClusters ?? 0,
      Conditions: {
        PlacementConditionSatisfied: condition(PLACEMENT_SATISFIED_CONDITION),
        PlacementConditionMisconfigured: condition(PLACEMENT_MISCONFIGURED_CONDITION),
      },
    },
    PlacementDecision: listText(selected.length === 0 ? ['NoClusterSelected'] : selected),
  })
}
