import { ADD_ON_CONDITION, ADD_ON_PROGRESSING_REASON } from '../../../apis/addon/constants.ts'
import type { ManagedClusterAddOn } from '../../../apis/addon/v1alpha1.ts'
import { findCondition } from '../../../kube/index.ts'
import { isSameConfig } from '../../configs/config-reference.ts'
import { type DesiredConfigs, findDesired, listDesired } from '../../configs/desired-configs.ts'
import type { ClusterRollout } from '../../rollout/cluster-rollout.ts'

/**
 * How far the wanted configurations are on an add-on's cluster: in its status or not, and there as the ones that were applied last or not.
 * Without any configuration it is there already.
 */
export function rolloutOf(addOn: ManagedClusterAddOn, desired: DesiredConfigs): ClusterRollout {
  const cluster = addOn.metadata.namespace ?? ''
  const references = addOn.status?.configReferences ?? []
  if (references.length !== listDesired(desired).length) return { cluster, state: 'to apply' }
  const progressing = findCondition(addOn.status?.conditions, ADD_ON_CONDITION.progressing)
  const since = (...reasons: string[]) =>
    progressing && reasons.includes(progressing.reason)
      ? { sinceMs: Date.parse(progressing.lastTransitionTime) }
      : {}
  for (const { desiredConfig, lastAppliedConfig, ...resource } of references) {
    const wanted = desiredConfig && findDesired(desired, resource, desiredConfig)
    if (!wanted || !isSameConfig(wanted.desiredConfig, desiredConfig)) return { cluster, state: 'to apply' }
    if (isSameConfig(lastAppliedConfig, desiredConfig)) continue
    const { failed, progressing: underWay } = ADD_ON_PROGRESSING_REASON
    const state = progressing?.reason === failed ? 'failed' : 'progressing'
    return { cluster, state, ...since(failed, underWay) }
  }
  return { cluster, state: 'succeeded', ...since(ADD_ON_PROGRESSING_REASON.completed) }
}
