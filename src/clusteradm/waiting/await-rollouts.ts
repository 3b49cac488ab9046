import type { Deployment } from '../../apis/apps/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { DEPLOYMENTS, PODS } from '../../apis/resources.ts'
import type { Session } from '../session.ts'
import { awaitObjects, type Expected, expected } from './await-objects.ts'
import { isRolledOut, rolloutStatus } from './rollout.ts'

export interface AwaitedRollouts {
  readonly namespace: string
  /** Of the Deployments. */
  readonly names: readonly string[]
  /** As in `Waiting for <text> to become ready...`. */
  readonly text: string
  readonly done: string
  /** What must be so before the Deployments mean anything. */
  readonly before?: readonly Expected<KubeObject>[]
}

/** Waits until Deployments run as they are wanted now. A wait in vain says what is wrong with their Pods. */
export async function awaitRollouts(
  session: Session,
  { namespace, names, text, done, before = [] }: AwaitedRollouts,
): Promise<void> {
  const { cluster, timeoutMs, signal } = session
  let pods: readonly Pod[] = []
  const selection = { namespace }
  const podsToTellOf = expected<Pod>({
    cluster,
    resource: PODS,
    selection,
    missing: (found) => {
      pods = found
      return undefined
    },
  })
  const deployments = expected<Deployment>({
    cluster,
    resource: DEPLOYMENTS,
    selection,
    missing: (found) => {
      for (const name of names) {
        const deployment = found.find(({ metadata }) => metadata.name === name)
        if (!deployment) return `there is no Deployment ${namespace}/${name} yet`
        if (!isRolledOut(deployment)) return rolloutStatus(deployment, pods)
      }
      return undefined
    },
  })
  await session.progress.during({ text: `Waiting for ${text} to become ready...`, done }, (report) =>
    awaitObjects({ what: text, timeoutMs, signal, report }, [...before, podsToTellOf, deployments]),
  )
}
