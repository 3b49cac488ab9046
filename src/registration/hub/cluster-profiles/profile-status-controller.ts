import { isDeepStrictEqual } from 'node:util'
import {
  AVAILABLE_CONDITION,
  CLUSTER_NAME_LABEL,
  CLUSTER_SET_LABEL,
  JOINED_CONDITION,
} from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { Condition } from '../../../apis/meta/v1.ts'
import {
  CLUSTER_MANAGER_LABEL,
  CLUSTER_PROFILE_MANAGER,
  type ClusterProfile,
  type ClusterProfileStatus,
  CLUSTER_SET_LABEL as PROFILE_SET_LABEL,
} from '../../../apis/multicluster/v1alpha1.ts'
import {
  type Controller,
  findCondition,
  type Informer,
  patchObject,
  setCondition,
} from '../../../kube/index.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { clusterLabelOf } from '../hub-informers.ts'
import { isOurs } from './profile-controller.ts'

const BY_CLUSTER = 'cluster'

/** What a profile calls the conditions of its cluster. */
const CONDITIONS: readonly (readonly [ofCluster: string, ofProfile: string])[] = [
  [AVAILABLE_CONDITION, 'ControlPlaneHealthy'],
  [JOINED_CONDITION, 'Joined'],
]

/** Copies what is known of a cluster into its profiles. */
export function addProfileStatusController(
  context: HubContext,
  profiles: Informer<ClusterProfile>,
): Controller {
  const { clusters } = context.informers
  profiles.addIndexer(BY_CLUSTER, clusterLabelOf)
  return clusterController(context, 'cluster-profile-status', async ({ name }, { signal }) => {
    const cluster = clusters.store.get(name)
    if (!cluster) return
    const now = context.client.clock.now()
    for (const profile of profiles.store.byIndex(BY_CLUSTER, name).filter(isOurs)) {
      const statusChange = ({ status = {} }: ClusterProfile) => {
        const changed = statusOf(status, cluster, now)
        return isDeepStrictEqual(changed, status) ? undefined : { status: changed }
      }
      await patchObject(profiles.resource, profile, statusChange, { signal, subresource: 'status' })
      const labelChange = ({ metadata }: ClusterProfile) => {
        const labels = { ...metadata.labels, ...labelsOf(cluster) }
        return isDeepStrictEqual(labels, metadata.labels) ? undefined : { metadata: { labels } }
      }
      const latest = profiles.store.get({ namespace: profile.metadata.namespace, name })
      if (latest) await patchObject(profiles.resource, latest, labelChange, { signal })
    }
  })
    .watch(clusters, { predicates: [{ onDelete: () => false }] })
    .watch(profiles, {
      map: (profile) => clusterLabelOf(profile).map((name) => ({ name })),
      predicates: [{ onDelete: () => false }],
    })
}

function labelsOf({ metadata }: ManagedCluster): Readonly<Record<string, string>> {
  return {
    [CLUSTER_MANAGER_LABEL]: CLUSTER_PROFILE_MANAGER,
    [PROFILE_SET_LABEL]: metadata.labels?.[CLUSTER_SET_LABEL] ?? '',
    [CLUSTER_NAME_LABEL]: metadata.name ?? '',
  }
}

export function statusOf(
  before: ClusterProfileStatus,
  { status }: ManagedCluster,
  now: number,
): ClusterProfileStatus {
  const conditions = CONDITIONS.reduce<readonly Condition[]>((all, [ofCluster, type]) => {
    const known = findCondition(status?.conditions, ofCluster)
    if (!known) return all
    const { status: state, reason, message } = known
    return setCondition(all, { type, status: state, reason, message }, now)
  }, before.conditions ?? [])
  const { kubernetes } = status?.version ?? {}
  const properties = (status?.clusterClaims ?? []).flatMap(({ name, value }) =>
    name && value ? [{ name, value }] : [],
  )
  return {
    ...before,
    ...(kubernetes !== undefined && { version: { kubernetes } }),
    properties,
    conditions,
  }
}
