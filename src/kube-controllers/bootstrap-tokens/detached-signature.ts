import { createHmac } from 'node:crypto'

/**
 * Signs a text with a bootstrap token, so that who has the token can trust it: a JSON Web Signature (RFC 7515) by HS256, in the
 * compact form, from which the text itself is left out (k8s.io/cluster-bootstrap, token/jws).
 */
export function detachedSignature(text: string, tokenId: string, tokenSecret: string): string {
  const header = base64url(JSON.stringify({ alg: 'HS256', kid: tokenId }))
  const signature = createHmac('sha256', tokenSecret).update(`${header}.${base64url(text)}`)
  return `${header}..${signature.digest('base64url')}`
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
