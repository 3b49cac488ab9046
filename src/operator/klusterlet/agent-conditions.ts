import type { Deployment } from '../../apis/apps/v1.ts'
import { KLUSTERLET_CONDITION, KLUSTERLET_REASON } from '../../apis/operator/constants.ts'
import type { Klusterlet } from '../../apis/operator/v1.ts'
import type { NewCondition } from '../../kube/index.ts'
import { agentNamespaceOf, deploymentsOf } from './names.ts'

/** Finds an agent's Deployment by its namespace and name. */
export type FindDeployment = (key: { namespace: string; name: string }) => Deployment | undefined

/** What the agents' Deployments say: whether all agents have an available Pod, and each as many as are wanted. */
export function agentConditions(klusterlet: Klusterlet, find: FindDeployment): NewCondition[] {
  const namespace = agentNamespaceOf(klusterlet)
  const { registration, work } = deploymentsOf(klusterlet)
  const { generation: observedGeneration } = klusterlet.metadata
  const degraded = (type: string, name: string) =>
    desiredCondition(type, namespace, name, find({ namespace, name }))
  const names = [...new Set([registration, work])]
  return [
    availableCondition(namespace, names, find),
    degraded(KLUSTERLET_CONDITION.registrationDesiredDegraded, registration),
    degraded(KLUSTERLET_CONDITION.workDesiredDegraded, work),
  ].map((condition) => ({ ...condition, ...(observedGeneration !== undefined && { observedGeneration }) }))
}

function availableCondition(namespace: string, names: readonly string[], find: FindDeployment): NewCondition {
  const type = KLUSTERLET_CONDITION.available
  for (const name of names) {
    const deployment = find({ namespace, name })
    if (!deployment)
      return {
        type,
        status: 'False',
        reason: KLUSTERLET_REASON.getDeploymentFailed,
        message: notFound(namespace, name),
      }
    const available = deployment.status?.availableReplicas ?? 0
    if (available <= 0)
      return {
        type,
        status: 'False',
        reason: KLUSTERLET_REASON.noAvailablePods,
        message: `${available} of requested instances are available of deployment "${namespace}" "${name}"`,
      }
  }
  const message = `deployments are ready: ${names.join(',')}`
  return { type, status: 'True', reason: KLUSTERLET_REASON.available, message }
}

function desiredCondition(
  type: string,
  namespace: string,
  name: string,
  deployment: Deployment | undefined,
): NewCondition {
  if (!deployment)
    return {
      type,
      status: 'True',
      reason: KLUSTERLET_REASON.getDeploymentFailed,
      message: notFound(namespace, name),
    }
  const desired = deployment.spec?.replicas ?? 1
  const unavailable = desired - (deployment.status?.availableReplicas ?? 0)
  if (unavailable > 0)
    return {
      type,
      status: 'True',
      reason: KLUSTERLET_REASON.unavailablePods,
      message: `${unavailable} of requested instances are unavailable of deployment "${namespace}" "${name}"`,
    }
  const message = `deployments replicas are desired: ${desired}`
  return { type, status: 'False', reason: KLUSTERLET_REASON.deploymentsFunctional, message }
}

function notFound(namespace: string, name: string): string {
  return `Failed to get deployment "${namespace}" "${name}": deployments.apps "${name}" not found`
}
