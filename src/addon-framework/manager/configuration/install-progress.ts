import { isDeepStrictEqual } from 'node:util'
import { ADD_ON_CONDITION, ADD_ON_PROGRESSING_REASON } from '../../../apis/addon/constants.ts'
import type { ClusterManagementAddOn, InstallProgression } from '../../../apis/addon/v1alpha1.ts'
import { type NewCondition, setCondition } from '../../../kube/index.ts'
import type { PlacementNode } from './configuration-graph.ts'

/** What of the status is to be written to tell how far each Placement's clusters are; undefined if nothing. */
export function installProgressPatch(
  { status }: ClusterManagementAddOn,
  nodes: readonly PlacementNode[],
  nowMs: number,
): object | undefined {
  const before = status?.installProgressions ?? []
  const installProgressions = before.map((progression) => {
    const node = nodes.find(
      ({ placement }) => placement.namespace === progression.namespace && placement.name === progression.name,
    )
    return node ? progressed(progression, node, nowMs) : progression
  })
  return isDeepStrictEqual(before, installProgressions) ? undefined : { installProgressions }
}

function progressed(progression: InstallProgression, node: PlacementNode, nowMs: number): InstallProgression {
  const { isCompleted, condition } = progressCondition(node)
  const conditions = setCondition(progression.conditions, condition, nowMs)
  if (!isCompleted || !progression.configReferences) return { ...progression, conditions }
  const configReferences = progression.configReferences.map((reference) => {
    const { desiredConfig: applied } = reference
    return applied ? { ...reference, lastAppliedConfig: applied, lastKnownGoodConfig: applied } : reference
  })
  return { ...progression, conditions, configReferences }
}

/** Without any cluster nothing is completed: another group's turn would come before the configurations are there. */
function progressCondition({ addOns, result, chosen, configured }: PlacementNode): {
  readonly isCompleted: boolean
  readonly condition: NewCondition
} {
  const isUnderWay = (cluster: string) => result.underWay.has(cluster)
  const settled = (state: string) =>
    addOns.filter(({ rollout }) => rollout.state === state && !isUnderWay(rollout.cluster)).length
  const underWay = addOns.filter(({ rollout }) => isUnderWay(rollout.cluster)).length
  const done = settled('succeeded')
  const isCompleted = done === configured && done > 0
  const failures = `${settled('failed')} failed ${result.timedOut.size} timeout.`
  const { progressing, completed } = ADD_ON_PROGRESSING_REASON
  const condition: NewCondition = isCompleted
    ? {
        type: ADD_ON_CONDITION.progressing,
        status: 'False',
        reason: completed,
        message: `selected clusters ${chosen}. configured addons ${done}/${configured} completed with no errors, ${failures}`,
      }
    : {
        type: ADD_ON_CONDITION.progressing,
        status: 'True',
        reason: progressing,
        message: `selected clusters ${chosen}. configured addons ${underWay + done}/${configured} progressing..., ${failures}`,
      }
  return { isCompleted, condition }
}
