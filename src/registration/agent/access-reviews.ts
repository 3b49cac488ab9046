import { CLUSTER_GROUP } from '../../apis/cluster/constants.ts'
import { isAllowed, type KubeClient, type ResourceAccess, unlistedAccess } from '../../kube/index.ts'

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

/** The first of the rights that the client does not have, as text; undefined if it has all. */
export async function missingRight(
  client: KubeClient,
  rights: readonly ResourceAccess[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  // What is asked about is in the whole cluster, and rules are told for a namespace.
  for (const right of await unlistedAccess(client, rights, 'default', signal)) {
    if (await isAllowed(client, right, signal)) continue
    const { verb, resource, subresource, group } = right
    return `${verb} ${resource}${subresource ? `/${subresource}` : ''}${group ? `.${group}` : ''}`
  }
  return undefined
}
