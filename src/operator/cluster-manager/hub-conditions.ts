import type { Deployment } from '../../apis/apps/v1.ts'
import {
  CLUSTER_MANAGER_CONDITION as CONDITION,
  CLUSTER_MANAGER_REASON as REASON,
} from '../../apis/operator/constants.ts'
import type { NewCondition } from '../../kube/index.ts'
import { HUB_NAMESPACE } from './hub-names.ts'

/** What could not be applied; the original has a reason for each of its steps. */
export type FailedStep = 'crds' | 'secrets' | 'hub' | 'runtime' | 'webhooks'

const FAILURES: Readonly<Record<FailedStep, readonly [reason: string, message: string]>> = {
  crds: [REASON.crdApplyFailed, 'Failed to apply crd'],
  secrets: ['HubResourceApplyFailed', `Failed to sync secrets to clusterManager namespace ${HUB_NAMESPACE}`],
  hub: ['HubResourceApplyFailed', 'Failed to apply hub resources'],
  runtime: [REASON.runtimeResourceApplyFailed, 'Failed to apply runtime resources'],
  webhooks: [REASON.webhookApplyFailed, 'Failed to apply webhook resources'],
}

export function appliedCondition(): NewCondition {
  const message = 'Components of cluster manager are applied'
  return { type: CONDITION.applied, status: 'True', reason: REASON.applied, message }
}

export function notAppliedCondition(step: FailedStep, error: unknown): NewCondition {
  const [reason, message] = FAILURES[step]
  const text = error instanceof Error ? error.message : String(error)
  return { type: CONDITION.applied, status: 'False', reason, message: `${message}: ${text}` }
}

/** Whether all Deployments run as they are wanted, and nothing else. */
export function progressingCondition(deployments: readonly Deployment[]): NewCondition {
  const type = CONDITION.progressing
  const rolling = deployments
    .filter(({ metadata, spec, status }) => {
      const isSeen = metadata.generation === status?.observedGeneration
      return !isSeen || (spec.replicas ?? 1) !== (status?.readyReplicas ?? 0)
    })
    .map(({ metadata }) => metadata.name)
  if (rolling.length === 0) {
    const message = 'Components of cluster manager are up to date'
    return { type, status: 'False', reason: REASON.upToDate, message }
  }
  const message = `Deployments ${rolling.join(',')} is still rolling`
  return { type, status: 'True', reason: REASON.deploymentRolling, message }
}

/** Looks a Deployment of the hub's namespace up. */
export type FindDeployment = (name: string) => Deployment | undefined

export function registrationDegradedCondition(name: string, find: FindDeployment): NewCondition {
  return degradedCondition(
    [`${name}-registration-controller`, `${name}-registration-webhook`],
    find,
    'registration',
    {
      type: CONDITION.hubRegistrationDegraded,
      missing: REASON.getRegistrationDeploymentFailed,
      unavailable: REASON.unavailableRegistrationPod,
      functional: REASON.registrationFunctional,
      message: 'Registration is managing credentials',
    },
  )
}

export function placementDegradedCondition(name: string, find: FindDeployment): NewCondition {
  return degradedCondition([`${name}-placement-controller`], find, 'placement', {
    type: CONDITION.hubPlacementDegraded,
    missing: REASON.getPlacementDeploymentFailed,
    unavailable: REASON.unavailablePlacementPod,
    functional: REASON.placementFunctional,
    message: 'Placement is scheduling placement decisions',
  })
}

function degradedCondition(
  names: readonly string[],
  find: FindDeployment,
  component: string,
  words: Readonly<Record<'type' | 'missing' | 'unavailable' | 'functional' | 'message', string>>,
): NewCondition {
  const { type } = words
  for (const name of names) {
    const deployment = find(name)
    const which = `${component} deployment "${HUB_NAMESPACE}" "${name}"`
    if (!deployment) {
      const message = `Failed to get ${which}: deployments.apps "${name}" not found`
      return { type, status: 'True', reason: words.missing, message }
    }
    const unavailable = (deployment.spec.replicas ?? 1) - (deployment.status?.availableReplicas ?? 0)
    if (unavailable > 0) {
      const message = `${unavailable} of requested instances are unavailable of ${which}`
      return { type, status: 'True', reason: words.unavailable, message }
    }
  }
  return { type, status: 'False', reason: words.functional, message: words.message }
}
