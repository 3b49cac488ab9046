import { StatusError } from '../api/status.ts'
import { type Attributes, type Authorizer, forbidden, type User } from '../rbac/index.ts'
import { type WantedUser, wantedUser } from './impersonation-headers.ts'
import { CONSTRAINED_MODES, type ImpersonationMode } from './impersonation-modes.ts'
import { type ImpersonationCheck, LEGACY_CHECK, mayImpersonate } from './impersonation-rights.ts'
import type { RequestHeaders } from './request-headers.ts'

export interface ImpersonationRequest {
  /** Who asks. */
  readonly user: User
  /** For what; the rights of some depend on it. */
  readonly attributes: Attributes
  readonly headers: RequestHeaders
}

/**
 * As whom a request is carried out (k8s.io/apiserver, pkg/endpoints/filters/impersonation): as its sender, or as whoever it names
 * in its headers, if the sender may be that. There are the finer rights of KEP-5284, for what is done and as whom, and the right to
 * `impersonate` for everything; the one that is missing first is what a refusal names.
 *
 * @throws StatusError Forbidden, or BadRequest when the headers name no user
 */
export function impersonate(authorizer: Authorizer, request: ImpersonationRequest): User {
  const wanted = wantedUser(request.headers)
  if (!wanted) return request.user
  let refusal: StatusError | undefined
  for (const attempt of attempts(request, wanted)) {
    try {
      return attempt(authorizer)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      refusal ??= error
    }
  }
  throw refusal as StatusError // the last attempt is always made, and ended in one
}

function attempts(request: ImpersonationRequest, wanted: WantedUser): ((authorizer: Authorizer) => User)[] {
  const { user } = request
  const modes = CONSTRAINED_MODES.filter((mode) => mode.appliesTo(wanted, user))
  return [
    ...modes.map((mode) => (authorizer: Authorizer) => impersonateIn(mode, authorizer, request, wanted)),
    (authorizer) => mayImpersonate(authorizer, user, wanted, LEGACY_CHECK),
  ]
}

function impersonateIn(
  mode: ImpersonationMode,
  authorizer: Authorizer,
  { user, attributes }: ImpersonationRequest,
  wanted: WantedUser,
): User {
  const requestor = mode.requestor?.(user) ?? user
  const action = { ...attributes, verb: `impersonate-on:${mode.name}:${attributes.verb}` }
  const decision = authorizer.authorize(requestor, action)
  if (!decision.allowed) throw forbidden(requestor, action, decision.reason)
  const check: ImpersonationCheck = {
    verb: `impersonate:${mode.name}`,
    isConstrained: true,
    anyNode: mode.anyNode ?? false,
  }
  return mayImpersonate(authorizer, requestor, wanted, check)
}
