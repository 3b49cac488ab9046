import type { Deployment } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { DEPLOYMENTS, PODS } from '../../apis/resources.ts'
import type { KubeClient } from '../../kube/client.ts'
import type { Session } from '../session.ts'
import { awaitObjects, WaitTimeoutError } from './await-objects.ts'
import { podStatus } from './pod-status.ts'

export interface AwaitedPods {
  readonly cluster: KubeClient
  readonly namespace: string
  /** The value of the Pods' label `app`. */
  readonly app: string
  /** What makes them, and is asked why there are none. */
  readonly deployment: string
  /** As in `Waiting for <text> to become ready...`. */
  readonly text: string
  readonly done: string
}

/** Waits until one of the Pods is ready. A wait in vain says what is wrong with them. */
export async function awaitReadyPod(
  session: Session,
  { cluster, namespace, app, deployment, text, done }: AwaitedPods,
): Promise<void> {
  await session.progress.during({ text: `Waiting for ${text} to become ready...`, done }, async (report) => {
    let seen = 0
    try {
      await awaitObjects<Pod>({
        cluster,
        resource: PODS,
        selection: { namespace, labelSelector: `app=${app}` },
        what: text,
        timeoutMs: session.timeoutMs,
        signal: session.signal,
        isDone: (pods) => pods.some(isReady),
        statusOf: (pods) => {
          seen = pods.length
          const [first] = pods
          return first ? podStatus(first) : `there is no Pod of the Deployment ${namespace}/${deployment} yet`
        },
        report,
      })
    } catch (error) {
      if (!(error instanceof WaitTimeoutError) || seen > 0) throw error
      throw new WaitTimeoutError(text, session.timeoutMs, await whyNoPods(cluster, namespace, deployment))
    }
  })
}

function isReady({ status }: Pod): boolean {
  return (
    status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ??
    false
  )
}

/** Why a Deployment has no Pods: it is not there, or they cannot be made. */
async function whyNoPods(cluster: KubeClient, namespace: string, name: string): Promise<string> {
  const deployment = await cluster.resource<Deployment>(DEPLOYMENTS).find({ namespace, name })
  if (!deployment) return `there is no Deployment ${namespace}/${name}`
  const failure = deployment.status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  )
  return failure
    ? `${failure.reason}: ${failure.message}`
    : `the Deployment ${namespace}/${name} has no Pods; do the controllers of the cluster run?`
}
