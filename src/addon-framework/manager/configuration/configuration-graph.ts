import type {
  ClusterManagementAddOn,
  InstallProgression,
  ManagedClusterAddOn,
  PlacementStrategy,
} from '../../../apis/addon/v1alpha1.ts'
import type { RolloutStrategy } from '../../../apis/cluster/crds/rollout-strategy.ts'
import type { Placement, PlacementDecision } from '../../../apis/cluster/v1beta1.ts'
import { keyText } from '../../../kube/index.ts'
import { configKey } from '../../configs/config-reference.ts'
import {
  type DesiredConfigs,
  type DesiredReference,
  desiredConfigs,
  desiredReference,
  overriddenBy,
} from '../../configs/desired-configs.ts'
import type { ClusterRollout } from '../../rollout/cluster-rollout.ts'
import { clustersOf, groupsOfDecisions } from '../../rollout/decision-groups.ts'
import { rollOut } from '../../rollout/rollout.ts'
import type { RolloutResult } from '../../rollout/rollout-result.ts'
import { isInstalledByPlacements } from '../lifecycle.ts'
import { defaultConfigs } from '../progressions/default-configs.ts'
import { rolloutOf } from './rollout-status.ts'

/** An add-on on a cluster, and the configurations that it is to have. */
export interface AddOnNode {
  readonly addOn: ManagedClusterAddOn
  readonly desired: DesiredConfigs
  readonly rollout: ClusterRollout
}

/** Add-ons that get their configurations together. */
export interface StrategyNode {
  readonly addOns: readonly AddOnNode[]
  readonly result: RolloutResult
}

export interface PlacementNode extends StrategyNode {
  readonly placement: { readonly namespace: string; readonly name: string }
  /** How many clusters it has chosen. */
  readonly chosen: number
  /** On how many of them its configurations count: a cluster that a later Placement has chosen too is up to that one. */
  readonly configured: number
}

export interface ConfigurationGraph {
  readonly placements: readonly PlacementNode[]
  /** Add-ons that no Placement has anything to do with. */
  readonly others: StrategyNode
}

export interface Decisions {
  placement(key: string): Placement | undefined
  decisions(key: string): readonly PlacementDecision[]
}

/**
 * Who is to have which configurations, and who gets them now. Of each resource, those that the ManagedClusterAddOn names count, else those of its
 * Placement, else the defaults (addonconfiguration of the original).
 */
export function configurationGraph(
  management: ClusterManagementAddOn,
  addOns: readonly ManagedClusterAddOn[],
  decided: Decisions,
  nowMs: number,
): ConfigurationGraph {
  const { spec, status } = management
  const defaults = desiredConfigs(defaultConfigs(spec.supportedConfigs, status?.defaultconfigReferences))
  const strategies = isInstalledByPlacements(management) ? strategiesOf(management, decided) : []
  const members = strategies.map((): ManagedClusterAddOn[] => [])
  const others: ManagedClusterAddOn[] = []
  const superseded = strategies.map(() => 0)
  for (const addOn of addOns) {
    const cluster = addOn.metadata.namespace ?? ''
    const last = strategies.findLastIndex(({ clusters }) => clusters.has(cluster))
    ;(members[last] ?? others).push(addOn)
    strategies.slice(0, Math.max(last, 0)).forEach(({ clusters }, index) => {
      if (clusters.has(cluster)) superseded[index] = (superseded[index] ?? 0) + 1
    })
  }
  return {
    placements: strategies.map(({ placement, strategy, groups, clusters, references }, index) => {
      const desired = overriddenBy(defaults, references)
      const nodes = (members[index] ?? []).map((addOn) => addOnNode(addOn, desired))
      return {
        placement,
        chosen: clusters.size,
        configured: clusters.size - (superseded[index] ?? 0),
        addOns: nodes,
        result: rollOut(
          strategy,
          groups,
          nodes.map(({ rollout }) => rollout),
          nowMs,
        ),
      }
    }),
    others: atOnce(others.map((addOn) => addOnNode(addOn, defaults))),
  }
}

/** Placements that are in the status and in the spec. One that has gone has chosen nothing. */
function strategiesOf({ spec, status }: ClusterManagementAddOn, decided: Decisions) {
  const strategies = new Map((spec.installStrategy?.placements ?? []).map((each) => [keyText(each), each]))
  return (status?.installProgressions ?? []).flatMap((progression) => {
    const key = keyText(progression)
    const strategy = strategies.get(key)
    const placement = decided.placement(key)
    if (!strategy || !placement) return []
    const groups = groupsOfDecisions(decided.decisions(key))
    return [
      {
        placement: { namespace: progression.namespace, name: progression.name },
        strategy: withConcurrency(strategy, placement),
        groups,
        clusters: clustersOf(groups),
        references: referencesOf(progression),
      },
    ]
  })
}

function referencesOf({ configReferences = [] }: InstallProgression): readonly DesiredReference[] {
  return configReferences.flatMap((each) =>
    each.desiredConfig ? [desiredReference(each, each.desiredConfig, each.desiredConfig.specHash)] : [],
  )
}

/** Where the strategy does not say how many clusters at once, as many as are in a group. */
function withConcurrency(
  { rolloutStrategy: strategy = {} }: PlacementStrategy,
  { spec }: Placement,
): RolloutStrategy {
  if (strategy.type !== 'Progressive' || strategy.progressive?.maxConcurrency) return strategy
  const maxConcurrency = spec?.decisionStrategy?.groupStrategy?.clustersPerDecisionGroup
  if (maxConcurrency === undefined) return strategy
  return { ...strategy, progressive: { ...strategy.progressive, maxConcurrency } }
}

function addOnNode(addOn: ManagedClusterAddOn, inherited: DesiredConfigs): AddOnNode {
  const hashes = new Map(
    (addOn.status?.configReferences ?? []).flatMap((each) =>
      each.desiredConfig ? [[configKey(each, each.desiredConfig), each.desiredConfig.specHash]] : [],
    ),
  )
  const own = (addOn.spec.configs ?? []).map((config) =>
    desiredReference(config, config, hashes.get(configKey(config, config))),
  )
  const desired = overriddenBy(inherited, own)
  return { addOn, desired, rollout: rolloutOf(addOn, desired) }
}

function atOnce(addOns: readonly AddOnNode[]): StrategyNode {
  const pending = addOns.filter(({ rollout }) => rollout.state !== 'succeeded')
  return {
    addOns,
    result: {
      underWay: new Set(pending.map(({ rollout }) => rollout.cluster)),
      timedOut: new Set(),
    },
  }
}
