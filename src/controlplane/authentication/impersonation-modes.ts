import type { User } from '../rbac/index.ts'
import type { WantedUser } from './impersonation-headers.ts'
import { nodeNameOf, serviceAccountOf } from './user-names.ts'
import { NODE_NAME_KEY } from './well-known-users.ts'

const ASSOCIATED_NODE_KEYS = 'authentication.kubernetes.io/associated-node-keys'

/** A kind of impersonation that has rights of its own: `impersonate:NAME`, and `impersonate-on:NAME:VERB` for what is done. */
export interface ImpersonationMode {
  readonly name: string
  appliesTo(wanted: WantedUser, requestor: User): boolean
  /** Whose rights are asked for, if not just the sender's. */
  readonly requestor?: (user: User) => User
  /** The right is asked for all nodes, whichever is wanted. */
  readonly anyNode?: boolean
}

export const CONSTRAINED_MODES: readonly ImpersonationMode[] = [
  {
    // The node that a service account's pod runs on.
    name: 'associated-node',
    appliesTo: (wanted, requestor) =>
      isOnlyName(wanted) &&
      serviceAccountOf(requestor.name) !== undefined &&
      nodeNameOf(wanted.name) !== undefined &&
      nodeNameOf(wanted.name) === nodeOfPod(requestor),
    requestor: (user) => ({
      ...user,
      extra: { [ASSOCIATED_NODE_KEYS]: Object.keys(user.extra ?? {}).sort() },
    }),
    anyNode: true,
  },
  {
    name: 'arbitrary-node',
    appliesTo: (wanted) => isOnlyName(wanted) && nodeNameOf(wanted.name) !== undefined,
  },
  {
    name: 'serviceaccount',
    appliesTo: (wanted) => isOnlyName(wanted) && serviceAccountOf(wanted.name) !== undefined,
  },
  {
    name: 'user-info',
    appliesTo: ({ name }) => nodeNameOf(name) === undefined && serviceAccountOf(name) === undefined,
  },
]

/** Groups and all else of nodes and service accounts are the server's to say. */
function isOnlyName({ uid, groups, extra }: WantedUser): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0
}

function nodeOfPod({ extra = {} }: User): string | undefined {
  const values = (Object.hasOwn(extra, NODE_NAME_KEY) ? extra[NODE_NAME_KEY] : undefined) ?? []
  return values.length === 1 ? values[0] : undefined
}
