import { pathSegmentProblems } from '../../common/name-rules.ts'
import { parseFieldSelector } from '../selectors/field-selector.ts'
import { badRequest, StatusError } from './status.ts'

/** What a request for objects wants to do, in the words of RBAC. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

/** A request for objects. What is not there is empty. */
export interface ResourceRequest {
  readonly isResource: true
  /** Empty where the method is none of Kubernetes. */
  readonly verb: Verb | ''
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly name: string
  readonly subresource: string
  /** What is behind the subresource, such as the path of a proxy request. */
  readonly rest: string
}

/** Any other: discovery, health, metrics. */
export interface NonResourceRequest {
  readonly isResource: false
  /** The HTTP method in lower case. */
  readonly verb: string
  readonly path: string
}

export type RequestInfo = ResourceRequest | NonResourceRequest

type Location = Pick<ResourceRequest, 'namespace' | 'resource' | 'name' | 'subresource' | 'rest'>

const VERB_BY_METHOD: Readonly<Record<string, Verb>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Before a resource: how a watch was asked for before `?watch=true`, deprecated since Kubernetes 1.11. */
const WATCH = 'watch'

/** These belong to a namespace itself; anything else behind its name is a resource in it. */
const NAMESPACE_SUBRESOURCES = ['status', 'finalize']

/**
 * Takes a request apart as Kubernetes does (k8s.io/apiserver, RequestInfoFactory). Authorisation and handling both go by the
 * result, so that what is allowed is what is done.
 *
 * @throws StatusError BadRequest when the path is no valid percent-encoding
 */
export function requestInfo(method: string, url: URL): RequestInfo {
  const path = decode(url.pathname)
  const segments = path.replace(/^\/+|\/+$/g, '').split('/')
  const verb = VERB_BY_METHOD[method]
  const [prefix, ...behind] = segments
  const [group = '', version = '', ...rest] = prefix === 'api' ? ['', ...behind] : behind
  const isApi = (prefix === 'api' && version !== '') || (prefix === 'apis' && group !== '' && version !== '')
  const isWatch = rest[0] === WATCH && rest.length > 1
  const location = isApi && rest.length > 0 ? locate(isWatch ? rest.slice(1) : rest) : undefined
  if (!location) return { isResource: false, verb: method.toLowerCase(), path }
  return {
    isResource: true,
    group,
    version,
    ...location,
    ...(isWatch ? { verb: WATCH } : refine(verb ?? '', location.name, url.searchParams)),
  }
}

function locate(segments: readonly string[]): Location {
  const [first = '', second = '', third = ''] = segments
  if (first !== 'namespaces' || second === '') return { namespace: '', ...within(segments) }
  if (third === '' || NAMESPACE_SUBRESOURCES.includes(third))
    return { namespace: second, ...within(segments) }
  return { namespace: second, ...within(segments.slice(2)) }
}

function within([resource = '', name = '', subresource = '', ...rest]: readonly string[]): Omit<
  Location,
  'namespace'
> {
  return { resource, name, subresource, rest: rest.join('/') }
}

/** Without a name a read is of many, and a deletion is of a collection. A selector that names one object counts as its name. */
function refine(
  verb: ResourceRequest['verb'],
  name: string,
  query: URLSearchParams,
): Pick<ResourceRequest, 'verb' | 'name'> {
  if (name !== '') return { verb, name }
  if (verb === 'delete') return { verb: 'deletecollection', name }
  if (verb !== 'get') return { verb, name }
  return { verb: isTrue(query.get('watch')) ? 'watch' : 'list', name: selectedName(query) }
}

/** Empty for a selector that cannot be read, which is refused when the request is carried out. */
function selectedName(query: URLSearchParams): string {
  try {
    const name = parseFieldSelector(query.get('fieldSelector') ?? '').exactValue('metadata.name') ?? ''
    return pathSegmentProblems(name).length === 0 ? name : ''
  } catch (error) {
    if (error instanceof StatusError) return ''
    throw error
  }
}

/** As Go reads a boolean of a query: there and not false. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== 'false' && value !== '0'
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw badRequest(`the path ${JSON.stringify(path)} is not a valid percent-encoding`)
  }
}
