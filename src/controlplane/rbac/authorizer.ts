/** Who asks, as authentication has found. */
export interface User {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** What is asked for; a request that requestInfo has taken apart is one. What is not there is empty. */
export type Attributes = ResourceAttributes | NonResourceAttributes

export interface ResourceAttributes {
  readonly isResource: true
  /** Besides those of requests also `bind`, `escalate`, `impersonate`, `approve`, `sign` and any other. */
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
}

export interface NonResourceAttributes {
  readonly isResource: false
  /** The HTTP method in lower case. */
  readonly verb: string
  readonly path: string
}

export interface Decision {
  readonly allowed: boolean
  /** Why; often empty when it is not allowed, since RBAC has nothing to say then. */
  readonly reason: string
}

export interface Authorizer {
  /** What is not allowed by anybody is forbidden. */
  authorize(user: User, attributes: Attributes): Decision
}

/** Its members may do anything, even when no role says so or the roles cannot be read. */
export const PRIVILEGED_GROUP = 'system:masters'

export const PRIVILEGED_GROUP_AUTHORIZER: Authorizer = {
  authorize: (user) => ({ allowed: isPrivileged(user), reason: '' }),
}

export function isPrivileged({ groups }: User): boolean {
  return groups.includes(PRIVILEGED_GROUP)
}

/** Allows what any of them does, and asks them in their order. */
export function unionAuthorizer(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(user, attributes) {
      const reasons: string[] = []
      for (const each of authorizers) {
        const decision = each.authorize(user, attributes)
        if (decision.allowed) return decision
        if (decision.reason !== '') reasons.push(decision.reason)
      }
      return { allowed: false, reason: reasons.join('\n') }
    },
  }
}
