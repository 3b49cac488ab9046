import { isJsonObject, type JsonObject } from '../api/json.ts'
import { notFound } from '../api/status.ts'
import { AuthenticationError } from '../authentication/authentication-error.ts'
import type { ObjectLookup } from '../authentication/object-lookup.ts'
import {
  CREDENTIAL_ID_KEY,
  NODE_NAME_KEY,
  NODE_UID_KEY,
  POD_NAME_KEY,
  POD_UID_KEY,
} from '../authentication/well-known-users.ts'
import { serviceAccountUser, type User } from '../rbac/index.ts'
import type { KubeObject } from '../registry/index.ts'
import { claim, stringClaim } from './parse-token.ts'

/** How far clocks may differ, and how long what is being deleted still counts. */
const LEEWAY_MS = 60_000

const SECOND_MS = 1_000

interface Reference {
  readonly name: string
  readonly uid: string
}

/**
 * The service account of a token whose signature has been verified (kubernetes, pkg/serviceaccount/claims.go). `now` is in ms since
 * the epoch.
 *
 * @throws AuthenticationError when its time is not now, or the account or what it is bound to has gone
 */
export function boundTokenUser(lookup: ObjectLookup, claims: JsonObject, now: number): User {
  checkTimes(claims, now)
  const about = objectClaim(claims, 'kubernetes.io') ?? {}
  const namespace = stringClaim(about, 'namespace')
  const account = reference(about, 'serviceaccount') ?? { name: '', uid: '' }
  const [secret, pod, node] = ['secret', 'pod', 'node'].map((kind) => reference(about, kind))

  checkAccount(lookup, namespace, account, now)
  if (secret) checkBound('secret', lookup.get('secrets', namespace, secret.name), secret, now)
  if (pod) checkBound('pod', lookup.get('pods', namespace, pod.name), pod, now)
  // Of a pod's token, the node only says where the pod ran.
  if (node && !pod) checkBound('node', lookup.get('nodes', '', node.name), node, now)

  const id = stringClaim(claims, 'jti')
  return {
    ...serviceAccountUser(namespace, account.name),
    uid: account.uid,
    extra: {
      ...(id === '' ? {} : { [CREDENTIAL_ID_KEY]: [`JTI=${id}`] }),
      ...(node ? { [NODE_NAME_KEY]: [node.name] } : {}),
      ...(node && node.uid !== '' ? { [NODE_UID_KEY]: [node.uid] } : {}),
      ...(pod ? { [POD_NAME_KEY]: [pod.name], [POD_UID_KEY]: [pod.uid] } : {}),
    },
  }
}

function checkTimes(claims: JsonObject, now: number): void {
  const [notBefore, expires, issued] = ['nbf', 'exp', 'iat'].map((name) => timeClaim(claims, name))
  if (notBefore !== undefined && now + LEEWAY_MS < notBefore)
    throw new AuthenticationError('service account token is not valid yet')
  // Go takes a missing expiry for none at all; ours always have one.
  if (expires === undefined || now - LEEWAY_MS > expires)
    throw new AuthenticationError('service account token has expired')
  if (issued !== undefined && now + LEEWAY_MS < issued)
    throw new AuthenticationError('service account token is issued in the future')
}

function checkAccount(lookup: ObjectLookup, namespace: string, { name, uid }: Reference, now: number): void {
  const account = lookup.get('serviceaccounts', namespace, name)
  if (!account)
    throw new AuthenticationError(notFound({ group: '', resource: 'serviceaccounts' }, name).message)
  if (account.metadata.uid !== uid)
    throw new AuthenticationError(
      `service account UID (${account.metadata.uid}) does not match claim (${uid})`,
    )
  if (isDeleted(account, now))
    throw new AuthenticationError(`service account ${namespace}/${name} has been deleted`)
}

function checkBound(kind: string, object: KubeObject | undefined, { uid }: Reference, now: number): void {
  if (!object) throw new AuthenticationError('service account token has been invalidated')
  if (object.metadata.uid !== uid) {
    throw new AuthenticationError(
      `${kind} UID (${object.metadata.uid}) does not match service account ${kind} ref claim (${uid})`,
    )
  }
  if (isDeleted(object, now)) throw new AuthenticationError('service account token has been invalidated')
}

/** A pod that is on its way out may still use its token for a while. */
function isDeleted({ metadata: { deletionTimestamp } }: KubeObject, now: number): boolean {
  return deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < now - LEEWAY_MS
}

function reference(claims: JsonObject, name: string): Reference | undefined {
  const value = objectClaim(claims, name)
  return value && { name: stringClaim(value, 'name'), uid: stringClaim(value, 'uid') }
}

function objectClaim(claims: JsonObject, name: string): JsonObject | undefined {
  const value = claim(claims, name)
  return isJsonObject(value) ? value : undefined
}

function timeClaim(claims: JsonObject, name: string): number | undefined {
  const value = claim(claims, name)
  return typeof value === 'number' && Number.isFinite(value) ? value * SECOND_MS : undefined
}
