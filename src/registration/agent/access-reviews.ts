import { CLUSTER_GROUP, MANAGED_CLUSTER_LEASE_NAME } from '../../apis/cluster/constants.ts'
import { isAllowed, type KubeClient, type ResourceAccess } from '../../kube/index.ts'
import { REGISTER_GROUP } from '../role-names.ts'

const WORK_GROUP = 'work.open-cluster-management.io'

function each(attributes: Omit<ResourceAccess, 'verb'>, ...verbs: string[]): ResourceAccess[] {
  return verbs.map((verb) => ({ ...attributes, verb }))
}

/** What bootstrap credentials must be allowed to do on a hub. */
export const BOOTSTRAP_RIGHTS: readonly ResourceAccess[] = [
  ...each({ group: CLUSTER_GROUP, resource: 'managedclusters' }, 'create', 'get'),
  ...each(
    { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' },
    'create',
    'get',
    'list',
    'watch',
  ),
]

/** What the agents of a cluster must be allowed to do on the hub that has accepted it. */
export function hubRights(clusterName: string): readonly ResourceAccess[] {
  const cluster = { group: CLUSTER_GROUP, resource: 'managedclusters', name: clusterName }
  const works = { group: WORK_GROUP, resource: 'manifestworks', namespace: clusterName }
  return [
    ...each({ group: 'certificates.k8s.io', resource: 'certificatesigningrequests' }, 'get', 'list', 'watch'),
    ...each(cluster, 'get', 'list', 'update', 'watch'),
    ...each({ ...cluster, subresource: 'status' }, 'patch', 'update'),
    ...each(
      { group: REGISTER_GROUP, resource: 'managedclusters', subresource: 'clientcertificates' },
      'renew',
    ),
    ...each(
      {
        group: 'coordination.k8s.io',
        resource: 'leases',
        name: MANAGED_CLUSTER_LEASE_NAME,
        namespace: clusterName,
      },
      'get',
      'update',
    ),
    ...each({ resource: 'events', namespace: clusterName }, 'create', 'patch', 'update'),
    ...each(
      { group: 'events.k8s.io', resource: 'events', namespace: clusterName },
      'create',
      'patch',
      'update',
    ),
    ...each(works, 'get', 'list', 'watch', 'update'),
    ...each({ ...works, subresource: 'status' }, 'patch', 'update'),
  ]
}

/** The first of the rights that the client does not have, as text; undefined if it has all. */
export async function missingRight(
  client: KubeClient,
  rights: readonly ResourceAccess[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  for (const right of rights) {
    if (await isAllowed(client, right, signal)) continue
    const { verb, resource, subresource, group } = right
    return `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`
  }
  return undefined
}
