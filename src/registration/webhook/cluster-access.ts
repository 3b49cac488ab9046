import { CLUSTER_GROUP } from '../../apis/cluster/constants.ts'
import { errorMessage } from '../../common/errors.ts'
import type { KubeClient } from '../../kube/index.ts'
import {
  type AdmissionDecision,
  denyForbidden,
  mayAccess,
  type ResourceAttributes,
  type UserInfo,
} from '../../kube/webhook/index.ts'

const REGISTER_GROUP = 'register.open-cluster-management.io'

/** A right that is asked for by name, and what is said to those who do not have it. */
export interface NamedRight {
  readonly attributes: ResourceAttributes & { readonly name: string }
  /** What the denial is about: not always the group of the right. */
  readonly resource: { readonly group: string; readonly resource: string }
  readonly complaint: (user: string) => string
}

export function rightToAccept(cluster: string): NamedRight {
  return {
    attributes: {
      group: REGISTER_GROUP,
      resource: 'managedclusters',
      subresource: 'accept',
      verb: 'update',
      name: cluster,
    },
    resource: { group: CLUSTER_GROUP, resource: 'managedclusters/accept' },
    complaint: (user) => `user ${user} cannot update the HubAcceptsClient field`,
  }
}

export function rightToJoin(clusterSet: string): NamedRight {
  return {
    attributes: {
      group: CLUSTER_GROUP,
      resource: 'managedclustersets',
      subresource: 'join',
      verb: 'create',
      name: clusterSet,
    },
    resource: { group: CLUSTER_GROUP, resource: 'managedclustersets/join' },
    complaint: (user) =>
      `user ${user} cannot add/remove a ManagedCluster to/from ManagedClusterSet ${JSON.stringify(clusterSet)}`,
  }
}

export function rightToBind(clusterSet: string): NamedRight {
  return {
    attributes: {
      group: CLUSTER_GROUP,
      resource: 'managedclustersets',
      subresource: 'bind',
      verb: 'create',
      name: clusterSet,
    },
    // The original names the group `apps` here; clients see it, and look for the reason only.
    resource: { group: 'apps', resource: 'managedclustersets/bind' },
    complaint: (user) => `user ${user} is not allowed to bind cluster set ${JSON.stringify(clusterSet)}`,
  }
}

/** Undefined for who has the right. Whoever cannot be asked about does not have it. */
export async function denialOf(
  client: KubeClient,
  user: UserInfo,
  { attributes, resource, complaint }: NamedRight,
  signal: AbortSignal,
): Promise<AdmissionDecision | undefined> {
  const deny = (why: string) => denyForbidden(resource, attributes.name, why)
  try {
    const isAllowed = await mayAccess(client, user, attributes, signal)
    return isAllowed ? undefined : deny(complaint(JSON.stringify(user.username)))
  } catch (error) {
    signal.throwIfAborted()
    return deny(errorMessage(error))
  }
}
