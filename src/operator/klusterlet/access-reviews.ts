import { isAllowed, type KubeClient, type ResourceAccess } from '../../kube/index.ts'

/** What came of asking: all is allowed, one thing is not, or one could not be asked about. */
export type ReviewResult =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'denied'; readonly access: ResourceAccess }
  | { readonly outcome: 'failed'; readonly access: ResourceAccess; readonly error: unknown }

const CSRS = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' }
const CLUSTER_GROUP = 'cluster.open-cluster-management.io'
const WORK_GROUP = 'work.open-cluster-management.io'

/** What an agent does on the hub to get its identity. */
export function bootstrapAccess(): ResourceAccess[] {
  return [
    ...each(['create', 'get'], { group: CLUSTER_GROUP, resource: 'managedclusters' }),
    ...each(['create', 'get', 'list', 'watch'], CSRS),
  ]
}

/** What the agents of a cluster do on the hub from then on. */
export function hubAccess(clusterName: string): ResourceAccess[] {
  const cluster = { group: CLUSTER_GROUP, resource: 'managedclusters', name: clusterName }
  const certificates = {
    group: 'register.open-cluster-management.io',
    resource: 'managedclusters',
    subresource: 'clientcertificates',
  }
  const works = { group: WORK_GROUP, resource: 'manifestworks', namespace: clusterName }
  return [
    ...each(['get', 'list', 'watch'], CSRS),
    ...each(['get', 'list', 'update', 'watch'], cluster),
    ...each(['patch', 'update'], { ...cluster, subresource: 'status' }),
    ...each(['renew'], certificates),
    ...each(['get', 'update'], leaseOf(clusterName)),
    ...each(['create', 'patch', 'update'], { resource: 'events', namespace: clusterName }),
    ...each(['create', 'patch', 'update'], {
      group: 'events.k8s.io',
      resource: 'events',
      namespace: clusterName,
    }),
    ...each(['get', 'list', 'watch', 'update'], works),
    ...each(['patch', 'update'], { ...works, subresource: 'status' }),
  ]
}

/** What nobody may do for a cluster that the hub does not accept (any more), or does not know. */
export function renewalAccess(clusterName: string): ResourceAccess {
  return { verb: 'update', ...leaseOf(clusterName) }
}

/** Asks an API, one by one, whether the client may do these things; what is not allowed, or cannot be asked, ends it. */
export async function reviewAccess(
  client: KubeClient,
  accesses: readonly ResourceAccess[],
  signal?: AbortSignal,
): Promise<ReviewResult> {
  for (const access of accesses) {
    try {
      if (!(await isAllowed(client, access, signal))) return { outcome: 'denied', access }
    } catch (error) {
      signal?.throwIfAborted()
      return { outcome: 'failed', access, error }
    }
  }
  return { outcome: 'allowed' }
}

/** As Go prints the attributes of a review, which is what stands in conditions. */
export function describeAccess({
  namespace = '',
  verb,
  group = '',
  resource,
  subresource = '',
  name = '',
}: ResourceAccess): string {
  const fields = [
    `Namespace:${namespace}`,
    `Verb:${verb}`,
    `Group:${group}`,
    'Version:',
    `Resource:${resource}`,
    `Subresource:${subresource}`,
    `Name:${name}`,
    'FieldSelector:nil',
    'LabelSelector:nil',
  ]
  return `&ResourceAttributes{${fields.map((field) => `${field},`).join('')}}`
}

function leaseOf(namespace: string): Omit<ResourceAccess, 'verb'> {
  return { group: 'coordination.k8s.io', resource: 'leases', name: 'managed-cluster-lease', namespace }
}

function each(verbs: readonly string[], access: Omit<ResourceAccess, 'verb'>): ResourceAccess[] {
  return verbs.map((verb) => ({ ...access, verb }))
}
