import type { CustomResourceDefinition } from '../../apis/apiextensions/v1.ts'
import type { Deployment } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { CUSTOM_RESOURCE_DEFINITIONS, DEPLOYMENTS, PODS } from '../../apis/resources.ts'
import { labelSelectorText } from '../label-selector-text.ts'
import type { Session } from '../session.ts'
import { podStatus } from '../waiting/pod-status.ts'
import { replicaFailure, unreadyPods } from '../waiting/rollout.ts'
import { type Check, type Finding, ok, wrong } from './check.ts'

/** Whether a kind is there. */
export function crdCheck({ cluster, signal }: Session, id: string, name: string, cure: string): Check {
  return {
    id,
    look: async () => {
      const crd = await cluster
        .resource<CustomResourceDefinition>(CUSTOM_RESOURCE_DEFINITIONS)
        .find({ name }, { signal })
      return crd ? ok(`the CRD ${name} is there`) : wrong(`there is no CRD ${name}`, cure)
    },
  }
}

/** Whether a Deployment has all its Pods; else what is wrong with one of them. */
export function deploymentCheck(
  session: Session,
  id: string,
  key: { readonly namespace: string; readonly name: string },
  cure: string,
): Check {
  return { id, look: () => lookAtDeployment(session, key, cure) }
}

export async function lookAtDeployment(
  { cluster, signal }: Session,
  key: { readonly namespace: string; readonly name: string },
  cure: string,
): Promise<Finding> {
  const title = `Deployment ${key.namespace}/${key.name}`
  const deployment = await cluster.resource<Deployment>(DEPLOYMENTS).find(key, { signal })
  if (!deployment) return wrong(`there is no ${title}`, cure)
  const { spec, status } = deployment
  const expected = spec.replicas ?? 1
  const available = status?.availableReplicas ?? 0
  if (expected === 0)
    return wrong(
      `the ${title} is scaled to 0`,
      `kubectl -n ${key.namespace} scale deployment ${key.name} --replicas=1`,
    )
  if (available >= expected) return ok(`${title}: ${available} of ${expected} available`)
  const { items } = await cluster
    .resource<Pod>(PODS)
    .list({ namespace: key.namespace, labelSelector: labelSelectorText(spec.selector), signal })
  const [unready] = unreadyPods(deployment, items)
  const why = unready
    ? `Pod ${unready.metadata.name} is ${podStatus(unready)}`
    : (replicaFailure(deployment) ?? 'it has no Pods')
  const look = unready
    ? `kubectl -n ${key.namespace} describe pod ${unready.metadata.name}`
    : `kubectl -n ${key.namespace} describe deployment ${key.name}`
  return wrong(`${title}: ${available} of ${expected} available; ${why}`, `see ${look}`)
}
