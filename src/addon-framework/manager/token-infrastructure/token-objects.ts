import { ADD_ON_GROUP, TOKEN_INFRASTRUCTURE_LABEL } from '../../../apis/addon/constants.ts'
import type { ServiceAccount } from '../../../apis/core/v1.ts'
import type { ObjectKey, ObjectMeta } from '../../../apis/meta/v1.ts'
import type { Role, RoleBinding } from '../../../apis/rbac/v1.ts'

const RBAC = 'rbac.authorization.k8s.io'
const TOKENS = { apiGroups: [''], resources: ['serviceaccounts/token'] } as const

/** On objects of the token driver: which add-on they are of. */
const NAME_LABEL = `${ADD_ON_GROUP}/name`

/** Which of such objects there are: a selector. */
export const TOKEN_OBJECTS = { labelSelector: `${TOKEN_INFRASTRUCTURE_LABEL}=true` }

export interface TokenObjects {
  readonly serviceAccount: ServiceAccount
  readonly role: Role
  readonly roleBinding: RoleBinding
}

/**
 * What an add-on's agent needs to have a token in place of a certificate: an account in its cluster's namespace on the hub, and the right of that
 * cluster's agents to ask for its tokens, also over gRPC.
 */
export function tokenObjects(cluster: string, addOn: string): TokenObjects {
  const account = `${addOn}-agent`
  const role = `${addOn}-token-role`
  const metadata = (name: string): ObjectMeta => ({
    name,
    namespace: cluster,
    labels: { [NAME_LABEL]: addOn, [TOKEN_INFRASTRUCTURE_LABEL]: 'true' },
  })
  const groups = [`system:open-cluster-management:${cluster}`, `open-cluster-management:${cluster}`]
  return {
    serviceAccount: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(account) },
    role: {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: metadata(role),
      rules: [
        { ...TOKENS, resourceNames: [account], verbs: ['create'] },
        { ...TOKENS, verbs: ['subscribe'] },
      ],
    },
    roleBinding: {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: metadata(role),
      roleRef: { apiGroup: RBAC, kind: 'Role', name: role },
      subjects: groups.map((name) => ({ apiGroup: RBAC, kind: 'Group', name })),
    },
  }
}

/** The add-on that an object of the token driver is of. */
export function addOnOfTokenObject({ namespace, labels }: ObjectMeta): readonly ObjectKey[] {
  const name = labels?.[NAME_LABEL]
  return name && namespace ? [{ namespace, name }] : []
}
