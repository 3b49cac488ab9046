import { CLUSTER_NAME_LABEL, CLUSTER_SET_BOUND_CONDITION } from '../../../apis/cluster/constants.ts'
import type { ManagedCluster } from '../../../apis/cluster/v1.ts'
import type { ManagedClusterSet, ManagedClusterSetBinding } from '../../../apis/cluster/v1beta2.ts'
import type { Namespace } from '../../../apis/core/v1.ts'
import {
  CLUSTER_MANAGER_LABEL,
  CLUSTER_PROFILE_MANAGER,
  type ClusterProfile,
} from '../../../apis/multicluster/v1alpha1.ts'
import { NAMESPACES } from '../../../apis/resources.ts'
import {
  type Controller,
  deleteObject,
  type Informer,
  isAlreadyExists,
  isConditionTrue,
} from '../../../kube/index.ts'
import { labelsChanged } from '../cluster-sets/cluster-set-controller.ts'
import { ClusterSetMembership } from '../cluster-sets/membership.ts'
import { clusterController, type HubContext } from '../hub-context.ts'
import { BY_CLUSTER_SET } from '../hub-informers.ts'

/** Makes a ClusterProfile of each cluster in each namespace that a set of the cluster is bound to. Works namespace by namespace. */
export function addClusterProfileController(
  context: HubContext,
  profiles: Informer<ClusterProfile>,
): Controller {
  const { client, informers } = context
  const { clusters, clusterSets, bindings } = informers
  const membership = new ClusterSetMembership(informers)

  function wantedIn(namespace: string): ReadonlySet<string> {
    const sets = bindings.store
      .list(namespace)
      .filter(isBound)
      .flatMap(({ spec }) => clusterSets.store.get(spec?.clusterSet ?? '') ?? [])
    const members = sets.flatMap((set) => membership.clustersOf(set))
    return new Set(
      members
        .filter(({ metadata }) => !metadata.deletionTimestamp)
        .map(({ metadata }) => metadata.name ?? ''),
    )
  }

  const namespacesOfSet = ({ metadata }: Pick<ManagedClusterSet, 'metadata'>) =>
    bindings.store
      .byIndex(BY_CLUSTER_SET, metadata.name ?? '')
      .map((binding) => ({ name: binding.metadata.namespace ?? '' }))
  const toNamespace = ({ metadata }: { metadata: { namespace?: string } }) => [
    { name: metadata.namespace ?? '' },
  ]

  return clusterController(context, 'cluster-profile', async ({ name: namespace }, { signal }) => {
    const home = await client.resource<Namespace>(NAMESPACES).find({ name: namespace }, { signal })
    if (!home || home.metadata.deletionTimestamp) return
    const wanted = wantedIn(namespace)
    for (const profile of profiles.store.list(namespace)) {
      if (isOurs(profile) && !wanted.has(profile.metadata.name ?? ''))
        await deleteObject(profiles, profile, signal)
    }
    for (const cluster of wanted) {
      if (profiles.store.get({ namespace, name: cluster })) continue
      try {
        await profiles.resource.create(profileOf(namespace, cluster), { signal })
      } catch (error) {
        if (!isAlreadyExists(error)) throw error
      }
    }
  })
    .watch<ManagedClusterSetBinding>(bindings, { map: toNamespace })
    .watch<ManagedClusterSet>(clusterSets, { map: namespacesOfSet })
    .watch<ManagedCluster>(clusters, {
      map: (cluster) => membership.setsOf(cluster).flatMap(namespacesOfSet),
      predicates: [
        { onUpdate: (before, after) => labelsChanged(before, after) || hasBegunToGo(before, after) },
      ],
    })
    .watch(profiles, { map: toNamespace, predicates: [{ onUpdate: () => false }] })
}

export function isOurs({ metadata }: ClusterProfile): boolean {
  return metadata.labels?.[CLUSTER_MANAGER_LABEL] === CLUSTER_PROFILE_MANAGER
}

function isBound({ status }: ManagedClusterSetBinding): boolean {
  return isConditionTrue(status?.conditions, CLUSTER_SET_BOUND_CONDITION)
}

function hasBegunToGo(before: ManagedCluster, after: ManagedCluster): boolean {
  return before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp
}

function profileOf(namespace: string, cluster: string): ClusterProfile {
  return {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: {
      name: cluster,
      namespace,
      labels: { [CLUSTER_MANAGER_LABEL]: CLUSTER_PROFILE_MANAGER, [CLUSTER_NAME_LABEL]: cluster },
    },
    spec: { displayName: cluster, clusterManager: { name: CLUSTER_PROFILE_MANAGER } },
  }
}
