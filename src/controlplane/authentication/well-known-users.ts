import type { User } from '../rbac/index.ts'

/** k8s.io/apiserver, pkg/authentication/user. */
export const ANONYMOUS_USER_NAME = 'system:anonymous'
export const AUTHENTICATED_GROUP = 'system:authenticated'
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated'
export const NODES_GROUP = 'system:nodes'

/** In `extra`: which certificate or token somebody came with. */
export const CREDENTIAL_ID_KEY = 'authentication.kubernetes.io/credential-id'
export const POD_NAME_KEY = 'authentication.kubernetes.io/pod-name'
export const POD_UID_KEY = 'authentication.kubernetes.io/pod-uid'
export const NODE_NAME_KEY = 'authentication.kubernetes.io/node-name'
export const NODE_UID_KEY = 'authentication.kubernetes.io/node-uid'

export const ANONYMOUS_USER: User = { name: ANONYMOUS_USER_NAME, groups: [UNAUTHENTICATED_GROUP] }

/** Whoever has shown good credentials is in this group, unless they name the anonymous user. */
export function asAuthenticated(user: User): User {
  const isSaid = user.groups.some((each) => each === AUTHENTICATED_GROUP || each === UNAUTHENTICATED_GROUP)
  if (isSaid || user.name === ANONYMOUS_USER_NAME) return user
  return { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] }
}
