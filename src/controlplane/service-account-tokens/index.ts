export type { BoundObjectRef } from './bound-object.ts'
export {
  JWKS_CONTENT_TYPE,
  JWKS_PATH,
  jsonWebKeySet,
  OPENID_CACHE_CONTROL,
  OPENID_CONFIGURATION_PATH,
  openIdConfiguration,
} from './openid-discovery.ts'
export { type PublicJwk, SigningKey } from './signing-key.ts'
export { type BoundObject, LEGACY_ISSUER } from './token-claims.ts'
export { type IssuedToken, type NewToken, TokenIssuer, type TokenIssuerOptions } from './token-issuer.ts'
export { readTokenRequestSpec, type TokenRequestSpec, tokenRequestErrors } from './token-request.ts'
export { TokenRequests, type TokenRequestsComponents } from './token-requests.ts'
export { TokenVerifier, type TokenVerifierComponents } from './token-verifier.ts'
