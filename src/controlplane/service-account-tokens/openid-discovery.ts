import type { PublicJwk, SigningKey } from './signing-key.ts'

/** Where relying parties find out how to verify tokens (kubernetes, pkg/serviceaccount/openidmetadata.go). */
export const OPENID_CONFIGURATION_PATH = '/.well-known/openid-configuration'
export const JWKS_PATH = '/openid/v1/jwks'

export const JWKS_CONTENT_TYPE = 'application/jwk-set+json'

/** Of both documents. */
export const OPENID_CACHE_CONTROL = 'public, max-age=3600'

/** `externalAddress` is where the server is reached, such as `192.0.2.2:6443`. */
export function openIdConfiguration(key: SigningKey, issuer: string, externalAddress: string) {
  return {
    issuer,
    jwks_uri: `https://${externalAddress}${JWKS_PATH}`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [key.algorithm],
  }
}

export async function jsonWebKeySet(key: SigningKey): Promise<{ readonly keys: readonly PublicJwk[] }> {
  return { keys: [await key.publicJwk()] }
}
