import { CLUSTER_MANAGER_CONDITION, DELETING_CONDITION } from '../../apis/operator/constants.ts'
import type { ClusterManager } from '../../apis/operator/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import type { NewCondition } from '../../kube/index.ts'
import { HUB_NAMESPACE, isHosted } from './hub-names.ts'
import { unsupportedDrivers } from './registration-drivers.ts'

const CLEAN_UP_CURE =
  'Detach the clusters (clusteradm unjoin, then kubectl delete managedcluster) and see that the agents run which clean up; ' +
  'of what no agent will ever clean up, remove the finalizers with kubectl edit.'

/** Why nothing can be done for it; then nothing is. `maker`: whose the hub is. */
export function refusalOf(
  clusterManager: ClusterManager,
  maker: ClusterManager | undefined,
): NewCondition | undefined {
  if (isHosted(clusterManager)) {
    return refusal(
      'HostedModeUnsupported',
      'This operator does not deploy hubs in Hosted mode yet, and changes nothing: set spec.deployOption.mode to Default.',
    )
  }
  if (maker && maker.metadata.name !== clusterManager.metadata.name) {
    return refusal(
      'HubOfAnotherClusterManager',
      `The hub of this cluster is that of ClusterManager ${maker.metadata.name}, and there can be one only: ` +
        'nothing is changed until one of the two is deleted.',
    )
  }
  const drivers = unsupportedDrivers(clusterManager.spec ?? {})
  if (drivers.length === 0) return undefined
  return refusal(
    'RegistrationDriverUnsupported',
    `Nothing here serves the registration driver ${drivers.join(', ')} yet, and nothing is changed: ` +
      'remove it from spec.registrationConfiguration.registrationDrivers.',
  )
}

/** Nothing else is changed either as long as the TLS profile is nonsense. */
export function invalidTlsProfile(where: string, problem: string): NewCondition {
  return refusal('InvalidTLSProfile', `Nothing is changed as long as ${where} cannot be used: ${problem}.`)
}

/** Why what was made for it cannot be removed here. What is in this cluster is another hub's, or nobody's. */
export function removalRefusalOf(clusterManager: ClusterManager): NewCondition | undefined {
  if (!isHosted(clusterManager) || wasDeployedHere(clusterManager)) return undefined
  return {
    type: DELETING_CONDITION.type,
    status: 'False',
    reason: 'HostedModeUnsupported',
    message:
      'This operator does not know hubs in Hosted mode yet, and removes nothing: ' +
      'leave it to the operator that has made the hub, or remove the finalizer with kubectl edit.',
  }
}

/** For what is in the way of a removal. */
export function remainingCondition(obstacle: string): NewCondition {
  const message = `${obstacle}. ${CLEAN_UP_CURE}`
  return {
    type: DELETING_CONDITION.type,
    status: 'False',
    reason: DELETING_CONDITION.resourceRemaining,
    message,
  }
}

/** For a removal that fails, and is tried again. */
export function removalFailedCondition(error: unknown): NewCondition {
  const message = `The hub cannot be removed yet, and it is tried again: ${errorMessage(error)}`
  return { type: DELETING_CONDITION.type, status: 'False', reason: DELETING_CONDITION.error, message }
}

/** Before somebody has set it to Hosted. */
function wasDeployedHere({ status }: ClusterManager): boolean {
  return (status?.relatedResources ?? []).some(
    ({ resource, name }) => resource === 'namespaces' && name === HUB_NAMESPACE,
  )
}

function refusal(reason: string, message: string): NewCondition {
  return { type: CLUSTER_MANAGER_CONDITION.applied, status: 'False', reason, message }
}
