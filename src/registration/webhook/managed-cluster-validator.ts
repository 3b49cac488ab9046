import { CLUSTER_SET_LABEL } from '../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import type { Namespace } from '../../apis/core/v1.ts'
import { NAMESPACES } from '../../apis/resources.ts'
import { errorMessage } from '../../common/errors.ts'
import type { KubeClient } from '../../kube/index.ts'
import {
  type AdmissionDecision,
  type AdmissionHandler,
  allow,
  denyBadRequest,
  denyForbidden,
} from '../../kube/webhook/index.ts'
import { denialOf, rightToAccept, rightToJoin } from './cluster-access.ts'
import { shapeProblem } from './managed-cluster-shape.ts'

/** Says which ManagedClusters may be written, and by whom: accepting one, and its set, are rights of their own. */
export function managedClusterValidator({
  client,
}: {
  readonly client: KubeClient
}): AdmissionHandler<ManagedCluster> {
  return async ({ operation, object, oldObject, userInfo }, signal) => {
    if (!object || (operation !== 'CREATE' && operation !== 'UPDATE')) return allow()
    const problem = shapeProblem(object)
    if (problem !== undefined) return denyBadRequest(problem)

    const name = object.metadata.name ?? ''
    if (isAccepted(object) && !isAccepted(oldObject)) {
      const denial =
        (await namespaceDenial(client, name, signal)) ??
        (await denialOf(client, userInfo, rightToAccept(name), signal))
      if (denial) return denial
    }

    const [before, after] = [clusterSetOf(oldObject), clusterSetOf(object)]
    for (const clusterSet of before === after ? [] : [before, after]) {
      if (clusterSet === '') continue
      const denial = await denialOf(client, userInfo, rightToJoin(clusterSet), signal)
      if (denial) return denial
    }
    return allow()
  }
}

/** What is made for an accepted cluster would be lost with a namespace that is going. */
async function namespaceDenial(
  client: KubeClient,
  name: string,
  signal: AbortSignal,
): Promise<AdmissionDecision | undefined> {
  const deny = (why: string) => denyForbidden(rightToAccept(name).resource, name, why)
  try {
    const namespace = await client.resource<Namespace>(NAMESPACES).find({ name }, { signal })
    if (namespace?.status?.phase !== 'Terminating') return undefined
    return deny(`cluster namespace ${JSON.stringify(name)} is terminating`)
  } catch (error) {
    signal.throwIfAborted()
    return deny(errorMessage(error))
  }
}

function isAccepted(cluster: ManagedCluster | undefined): boolean {
  return cluster?.spec?.hubAcceptsClient === true
}

function clusterSetOf(cluster: ManagedCluster | undefined): string {
  return cluster?.metadata.labels?.[CLUSTER_SET_LABEL] ?? ''
}
