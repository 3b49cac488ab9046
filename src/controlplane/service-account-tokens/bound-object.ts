import { isJsonObject } from '../api/json.ts'
import { badRequest, conflict, notFound } from '../api/status.ts'
import type { ObjectLookup } from '../authentication/object-lookup.ts'
import type { KubeObject } from '../registry/index.ts'
import { type BoundObject, claimOf, type ObjectClaim } from './token-claims.ts'

/** The `boundObjectRef` of a TokenRequest. What is not there is empty. */
export interface BoundObjectRef {
  readonly kind: string
  readonly apiVersion: string
  readonly name: string
  readonly uid: string
}

const RESOURCE_BY_KIND = { Pod: 'pods', Node: 'nodes', Secret: 'secrets' } as const

type BoundKind = keyof typeof RESOURCE_BY_KIND

/**
 * What a token for a service account is to be bound to.
 *
 * @throws StatusError NotFound; Conflict when it has another uid; BadRequest when a token cannot be bound to it
 */
export function findBoundObject(
  lookup: ObjectLookup,
  serviceAccount: KubeObject,
  ref: BoundObjectRef,
): BoundObject {
  const { group, version } = parseApiVersion(ref.apiVersion)
  const { kind } = ref
  if (group !== '' || !isBoundKind(kind))
    throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  const { namespace = '', name = '' } = serviceAccount.metadata
  const resource = RESOURCE_BY_KIND[kind]
  const object = lookup.get(resource, kind === 'Node' ? '' : namespace, ref.name)
  if (!object) throw notFound({ group: '', resource }, ref.name)
  if (kind === 'Pod' && podSpec(object).serviceAccountName !== name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`,
    )
  }
  if (ref.uid !== '' && ref.uid !== object.metadata.uid) {
    throw conflict(
      { group, resource: kind },
      ref.name,
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  return kind === 'Pod' ? { kind, object, node: nodeOf(lookup, object) } : { kind, object }
}

/** By name alone when there is no such node, so that whoever looks at the token still can tell. */
function nodeOf(lookup: ObjectLookup, pod: KubeObject): ObjectClaim | undefined {
  const { nodeName } = podSpec(pod)
  if (typeof nodeName !== 'string' || nodeName === '') return undefined
  const node = lookup.get('nodes', '', nodeName)
  return node ? claimOf(node) : { name: nodeName }
}

function podSpec({ spec }: KubeObject) {
  return isJsonObject(spec) ? spec : {}
}

function isBoundKind(kind: string): kind is BoundKind {
  return Object.hasOwn(RESOURCE_BY_KIND, kind)
}

function parseApiVersion(apiVersion: string): { readonly group: string; readonly version: string } {
  const parts = apiVersion.split('/')
  if (parts.length > 2) return { group: '', version: '' }
  const [version = '', group = ''] = parts.reverse()
  return { group, version }
}
