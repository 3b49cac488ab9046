import { CLUSTER_SET_LABEL, DEFAULT_CLUSTER_SET_NAME } from '../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../apis/cluster/v1.ts'
import { type PatchOperation, pointerSegment } from '../../kube/webhook/index.ts'

/** Puts a cluster that is in no exclusive set into the default one. */
export function joinDefaultClusterSet({ metadata }: ManagedCluster): readonly PatchOperation[] {
  const { labels } = metadata
  if (labels?.[CLUSTER_SET_LABEL]) return []
  if (!labels || Object.keys(labels).length === 0)
    return [{ op: 'add', path: '/metadata/labels', value: { [CLUSTER_SET_LABEL]: DEFAULT_CLUSTER_SET_NAME } }]
  const path = `/metadata/labels/${pointerSegment(CLUSTER_SET_LABEL)}`
  return [{ op: 'add', path, value: DEFAULT_CLUSTER_SET_NAME }]
}
