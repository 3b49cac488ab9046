import { isDeepStrictEqual } from 'node:util'
import { ADD_ON_CONDITION, ADD_ON_CONFIGURED_REASON } from '../../../apis/addon/constants.ts'
import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import { type NewCondition, setCondition } from '../../../kube/index.ts'
import { mergedReferences } from './config-references.ts'
import type { AddOnNode, ConfigurationGraph, StrategyNode } from './configuration-graph.ts'

const CONFIGURED: NewCondition = {
  type: ADD_ON_CONDITION.configured,
  status: 'True',
  reason: ADD_ON_CONFIGURED_REASON.configured,
  message: 'Configurations configured',
}
const NOT_CONFIGURED: NewCondition = {
  type: ADD_ON_CONDITION.configured,
  status: 'False',
  reason: ADD_ON_CONFIGURED_REASON.notConfigured,
  message: 'Configurations updated and not configured yet',
}

/** What an add-on's status is to say of its configurations. */
export interface AddOnChange {
  readonly addOn: ManagedClusterAddOn
  /** What of a status is to be written, undefined if nothing. */
  patch(latest: ManagedClusterAddOn, nowMs: number): object | undefined
}

/** Add-ons whose turn it is get their configurations, and those that are waiting are told so. One that took too long is left as it is. */
export function addOnChanges({ placements, others }: ConfigurationGraph): readonly AddOnChange[] {
  return [...placements, others].flatMap((node) => node.addOns.flatMap((each) => changeOf(each, node)))
}

function changeOf({ addOn, desired, rollout }: AddOnNode, { result }: StrategyNode): AddOnChange[] {
  const changed =
    (condition: NewCondition, isItsTurn = false) =>
    ({ status = {} }: ManagedClusterAddOn, nowMs: number) => {
      const { conditions: before = [], configReferences = [] } = status
      const conditions = setCondition(before, condition, nowMs)
      const references = isItsTurn ? mergedReferences(configReferences, desired) : configReferences
      const patch = {
        ...(conditions !== before && { conditions }),
        ...(!isDeepStrictEqual(references, configReferences) && {
          configReferences: references.length > 0 ? references : null,
        }),
      }
      return Object.keys(patch).length > 0 ? patch : undefined
    }
  if (result.underWay.has(rollout.cluster)) return [{ addOn, patch: changed(CONFIGURED, true) }]
  if (rollout.state === 'to apply') return [{ addOn, patch: changed(NOT_CONFIGURED) }]
  if (rollout.state === 'succeeded') return [{ addOn, patch: changed(CONFIGURED) }]
  return []
}
