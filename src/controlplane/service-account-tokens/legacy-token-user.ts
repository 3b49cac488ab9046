import type { JsonObject } from '../api/json.ts'
import { notFound } from '../api/status.ts'
import { AuthenticationError } from '../authentication/authentication-error.ts'
import type { ObjectLookup } from '../authentication/object-lookup.ts'
import { sameSecret, secretValue } from '../authentication/secrets.ts'
import { serviceAccountUser, serviceAccountUserName, type User } from '../rbac/index.ts'
import type { KubeObject } from '../registry/index.ts'
import { stringClaim } from './parse-token.ts'

const PREFIX = 'kubernetes.io/serviceaccount/'

/** Put on Secrets of tokens that have not been used for a year. */
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'

/**
 * The service account of a token that is kept in a Secret, and good as long as it is there (kubernetes,
 * pkg/serviceaccount/legacy.go). Its signature has been verified.
 *
 * @throws AuthenticationError when the account or the Secret has gone or is another
 */
export function legacyTokenUser(lookup: ObjectLookup, token: string, claims: JsonObject): User {
  const subject = required(claims, 'sub', 'sub')
  const namespace = required(claims, `${PREFIX}namespace`, 'namespace')
  const secretName = required(claims, `${PREFIX}secret.name`, 'secretName')
  const name = required(claims, `${PREFIX}service-account.name`, 'serviceAccountName')
  const uid = required(claims, `${PREFIX}service-account.uid`, 'serviceAccountUID')
  if (subject !== serviceAccountUserName(namespace, name))
    throw new AuthenticationError('sub claim is invalid')

  const secret = lookup.get('secrets', namespace, secretName)
  if (!secret || secret.metadata.deletionTimestamp !== undefined)
    throw new AuthenticationError('Token has been invalidated')
  if (!sameSecret(secretValue(secret, 'token'), token))
    throw new AuthenticationError("Token does not match server's copy")
  checkAccount(lookup.get('serviceaccounts', namespace, name), { namespace, name, uid })
  if (secret.metadata.labels?.[INVALID_SINCE]) {
    throw new AuthenticationError(
      `the token in secret ${namespace}/${secretName} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE}' label from the secret to temporarily allow use of this token`,
    )
  }
  return { ...serviceAccountUser(namespace, name), uid }
}

function checkAccount(
  account: KubeObject | undefined,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
): void {
  if (!account)
    throw new AuthenticationError(notFound({ group: '', resource: 'serviceaccounts' }, name).message)
  if (account.metadata.deletionTimestamp !== undefined)
    throw new AuthenticationError(`ServiceAccount ${namespace}/${name} has been deleted`)
  if (account.metadata.uid !== uid)
    throw new AuthenticationError(
      `ServiceAccount UID (${account.metadata.uid}) does not match claim (${uid})`,
    )
}

function required(claims: JsonObject, claim: string, name: string): string {
  const value = stringClaim(claims, claim)
  if (value === '') throw new AuthenticationError(`${name} claim is missing`)
  return value
}
