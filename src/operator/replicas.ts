import type { Node } from '../apis/core/v1.ts'
import { NODES } from '../apis/resources.ts'
import { KubeApiError, type KubeClient, KubeRequestError } from '../kube/index.ts'

const HIGHLY_AVAILABLE = 3

/** Three where the control plane has several nodes, else one. Three also where that cannot be found out. */
export async function replicasByNodes(
  client: KubeClient,
  controlPlaneNodeLabelSelector: string,
  signal?: AbortSignal,
): Promise<number> {
  try {
    const page = await client
      .resource<Node>(NODES)
      .list({ labelSelector: controlPlaneNodeLabelSelector, limit: 2, signal })
    return page.items.length <= 1 ? 1 : HIGHLY_AVAILABLE
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof KubeApiError || error instanceof KubeRequestError) return HIGHLY_AVAILABLE
    throw error
  }
}
