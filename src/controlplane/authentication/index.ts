export { AuthenticationError } from './authentication-error.ts'
export { Authenticator, type AuthenticatorComponents, type RequestCredentials } from './authenticator.ts'
export {
  BootstrapTokenAuthenticator,
  type BootstrapTokenComponents,
} from './bootstrap-token-authenticator.ts'
export { CachedTokenAuthenticator } from './cached-token-authenticator.ts'
export { ClientCertificateAuthenticator } from './client-certificate-authenticator.ts'
export { type ImpersonationRequest, impersonate } from './impersonation.ts'
export type { ObjectLookup } from './object-lookup.ts'
export { type RequestHeaders, subprotocols, withoutIdentity } from './request-headers.ts'
export {
  reviewToken,
  type SelfSubjectReviewStatus,
  selfSubjectReview,
  type TokenReviewStatus,
  type UserInfo,
  userInfo,
} from './reviews.ts'
export {
  type AuthenticatedToken,
  type TokenAuthenticator,
  unionTokenAuthenticator,
} from './token-authenticator.ts'
export {
  ANONYMOUS_USER,
  ANONYMOUS_USER_NAME,
  AUTHENTICATED_GROUP,
  CREDENTIAL_ID_KEY,
  NODES_GROUP,
  UNAUTHENTICATED_GROUP,
} from './well-known-users.ts'
