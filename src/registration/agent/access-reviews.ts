import { CLUSTER_GROUP, MANAGED_CLUSTER_LEASE_NAME } from '../../apis/cluster/constants.ts'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { SELF_SUBJECT_ACCESS_REVIEWS } from '../../apis/resources.ts'
import type { KubeClient } from '../../kube/index.ts'
import { REGISTER_GROUP } from '../role-names.ts'

interface ResourceAttributes {
  readonly group?: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
  readonly name?: string
  readonly verb: string
}

interface SelfSubjectAccessReview extends KubeObject {
  readonly spec: { readonly resourceAttributes: ResourceAttributes }
  readonly status?: { readonly allowed?: boolean }
}

const WORK_GROUP = 'work.open-cluster-management.io'

function each(attributes: Omit<ResourceAttributes, 'verb'>, ...verbs: string[]): ResourceAttributes[] {
  return verbs.map((verb) => ({ ...attributes, verb }))
}

/** What bootstrap credentials must be allowed to do on a hub. */
export const BOOTSTRAP_RIGHTS: readonly ResourceAttributes[] = [
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
export function hubRights(clusterName: string): readonly ResourceAttributes[] {
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
  rights: readonly ResourceAttributes[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  const reviews = client.resource<SelfSubjectAccessReview>(SELF_SUBJECT_ACCESS_REVIEWS)
  for (const resourceAttributes of rights) {
    const review = await reviews.create({ metadata: {}, spec: { resourceAttributes } }, { signal })
    if (review.status?.allowed) continue
    const { verb, resource, subresource, group } = resourceAttributes
    return `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`
  }
  return undefined
}
