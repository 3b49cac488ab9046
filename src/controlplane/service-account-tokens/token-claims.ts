import { serviceAccountUserName } from '../rbac/index.ts'
import type { KubeObject } from '../registry/index.ts'

/** Who issues what is kept in Secrets; other tokens name the server's issuer. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount'

/** Names an object, and which of those that have had the name. */
export interface ObjectClaim {
  readonly name: string
  readonly uid?: string
}

/** What a token ends with: it is good while this object is there. */
export type BoundObject =
  | { readonly kind: 'Pod'; readonly object: KubeObject; readonly node?: ObjectClaim | undefined }
  | { readonly kind: 'Secret' | 'Node'; readonly object: KubeObject }

export interface NewTokenClaims {
  readonly issuer: string
  readonly serviceAccount: KubeObject
  readonly bound?: BoundObject | undefined
  readonly audiences: readonly string[]
  /** In seconds since the epoch, and from then on. */
  readonly issuedAt: number
  readonly expirationSeconds: number
  /** After how many seconds its use should be warned about. */
  readonly warnAfterSeconds?: number | undefined
  readonly id: string
}

/** The payload of a token, in the order of the original's (kubernetes, pkg/serviceaccount/claims.go). */
export function tokenClaims(token: NewTokenClaims) {
  const { serviceAccount, bound, issuedAt, warnAfterSeconds } = token
  return {
    aud: token.audiences,
    exp: issuedAt + token.expirationSeconds,
    iat: issuedAt,
    iss: token.issuer,
    jti: token.id,
    'kubernetes.io': {
      namespace: serviceAccount.metadata.namespace,
      ...boundClaims(bound),
      serviceaccount: claimOf(serviceAccount),
      ...(warnAfterSeconds === undefined ? {} : { warnafter: issuedAt + warnAfterSeconds }),
    },
    nbf: issuedAt,
    sub: subjectOf(serviceAccount),
  }
}

/** The payload of what is kept in a Secret: for the server alone, and for ever (kubernetes, pkg/serviceaccount/legacy.go). */
export function legacyTokenClaims(serviceAccount: KubeObject, secret: KubeObject) {
  const { namespace, name, uid } = serviceAccount.metadata
  return {
    iss: LEGACY_ISSUER,
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secret.metadata.name,
    'kubernetes.io/serviceaccount/service-account.name': name,
    'kubernetes.io/serviceaccount/service-account.uid': uid,
    sub: subjectOf(serviceAccount),
  }
}

export function claimOf({ metadata }: KubeObject): ObjectClaim {
  const { name = '', uid } = metadata
  return uid === undefined ? { name } : { name, uid }
}

function boundClaims(bound: BoundObject | undefined) {
  switch (bound?.kind) {
    case undefined:
      return {}
    case 'Pod':
      return { ...(bound.node ? { node: bound.node } : {}), pod: claimOf(bound.object) }
    case 'Secret':
      return { secret: claimOf(bound.object) }
    case 'Node':
      return { node: claimOf(bound.object) }
    default:
      return bound satisfies never
  }
}

function subjectOf({ metadata }: KubeObject): string {
  return serviceAccountUserName(metadata.namespace ?? '', metadata.name ?? '')
}
