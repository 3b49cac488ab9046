import { isAllowed, type KubeClient, type ResourceAccess, unlistedAccess } from '../../kube/index.ts'

/** What came of asking: all is allowed, one thing is not, or one could not be asked about. */
export type ReviewResult =
  | { readonly outcome: 'allowed' }
  | { readonly outcome: 'denied'; readonly access: ResourceAccess }
  | { readonly outcome: 'failed'; readonly access: ResourceAccess; readonly error: unknown }

const CSRS = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' }
const CLUSTER_GROUP = 'cluster.open-cluster-management.io'
/** What is asked about is in the whole cluster, and rules are told for a namespace. */
const ANY_NAMESPACE = 'default'
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

/**
 * Asks an API whether the client may do these things: for its rules, then one by one for what they do not tell, of which the first that is
 * not allowed, or cannot be asked, ends it. Where rules tell all, the last is asked for all the same, as authorizers without rules have a
 * word, too.
 */
export async function reviewAccess(
  client: KubeClient,
  accesses: readonly ResourceAccess[],
  signal?: AbortSignal,
): Promise<ReviewResult> {
  let access = accesses[0] as ResourceAccess
  try {
    const namespace = accesses.find((each) => each.namespace)?.namespace ?? ANY_NAMESPACE
    const isOne = accesses.length === 1
    const unlisted = isOne ? accesses : await unlistedAccess(client, accesses, namespace, signal)
    for (access of unlisted.length > 0 ? unlisted : accesses.slice(-1)) {
      if (!(await isAllowed(client, access, signal))) return { outcome: 'denied', access }
    }
    return { outcome: 'allowed' }
  } catch (error) {
    signal?.throwIfAborted()
    return { outcome: 'failed', access, error }
  }
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
