import {
  PLACEMENT_MISCONFIGURED_CONDITION,
  PLACEMENT_SATISFIED_CONDITION,
} from '../../apis/cluster/constants.ts'
import type { NewCondition } from '../../kube/index.ts'
import type { PluginProblem } from '../plugin-status.ts'

export interface PlacementOutcome {
  /** Those that the Placement asks for. */
  readonly wantedSets: readonly string[]
  readonly eligibleSets: readonly string[]
  /** Bindings in its namespace whose sets exist. */
  readonly bindings: number
  readonly availableClusters: number
  readonly chosenClusters: number
  readonly unscheduled: number
}

/** In the original's words, which are tested in this order. */
export function satisfiedCondition(outcome: PlacementOutcome): NewCondition {
  const unsatisfied = (reason: string, message: string): NewCondition => ({
    type: PLACEMENT_SATISFIED_CONDITION,
    status: 'False',
    reason,
    message,
  })
  if (outcome.bindings === 0)
    return unsatisfied(
      'NoManagedClusterSetBindings',
      'No valid ManagedClusterSetBindings found in placement namespace',
    )
  if (outcome.eligibleSets.length === 0)
    return unsatisfied(
      'NoIntersection',
      `None of ManagedClusterSets [${outcome.wantedSets.join(',')}] is bound to placement namespace`,
    )
  if (outcome.availableClusters === 0)
    return unsatisfied(
      'AllManagedClusterSetsEmpty',
      `All ManagedClusterSets [${outcome.eligibleSets.join(',')}] have no member ManagedCluster`,
    )
  if (outcome.chosenClusters === 0)
    return unsatisfied('NoManagedClusterMatched', 'No ManagedCluster matches any of the cluster predicate')
  if (outcome.unscheduled !== 0)
    return unsatisfied('NotAllDecisionsScheduled', `${outcome.unscheduled} cluster decisions unscheduled`)
  return {
    type: PLACEMENT_SATISFIED_CONDITION,
    status: 'True',
    reason: 'AllDecisionsScheduled',
    message: 'All cluster decisions scheduled',
  }
}

export function misconfiguredCondition(problem: PluginProblem | undefined): NewCondition {
  if (problem?.code !== 'misconfigured')
    return {
      type: PLACEMENT_MISCONFIGURED_CONDITION,
      status: 'False',
      reason: 'Succeedconfigured',
      message: 'Placement configurations check pass',
    }
  return {
    type: PLACEMENT_MISCONFIGURED_CONDITION,
    status: 'True',
    reason: 'Misconfigured',
    message: `${problem.plugin}:${problem.message}`,
  }
}
