import { type FieldError, forbidden, invalid, notSupported } from '../api/field-error.ts'
import { isTrue } from '../api/request-info.ts'
import { badRequest, invalidObject } from '../api/status.ts'

/** Which revision a list is to be of, relative to the one that is named. */
export type VersionMatch = 'Exact' | 'NotOlderThan'

/** What a client says of the list or watch that it wants; nothing given is undefined. */
export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly limit: number | undefined
  readonly continueToken: string | undefined
  /** 0 asks for whatever is at hand. */
  readonly resourceVersion: number | undefined
  readonly versionMatch: VersionMatch | undefined
  readonly allowBookmarks: boolean
  /** Whether a watch begins with all there is, and a bookmark says where that ends. */
  readonly sendInitialEvents: boolean | undefined
  readonly timeoutMs: number | undefined
}

const LIST_OPTIONS = { group: 'meta.k8s.io', kind: 'ListOptions' }
const VERSION_MATCHES: readonly string[] = ['Exact', 'NotOlderThan'] satisfies VersionMatch[]

/**
 * Reads the query of a list or watch by the rules of k8s.io/apimachinery (ValidateListOptions).
 *
 * @throws StatusError BadRequest for what is no number, Invalid for what does not go together
 */
export function parseListOptions(query: URLSearchParams, isWatch: boolean): ListOptions {
  const errors = validate(query, isWatch)
  if (errors.length > 0) throw invalidObject(LIST_OPTIONS, '', errors)
  const timeoutSeconds = integer(query, 'timeoutSeconds')
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: positive(integer(query, 'limit')),
    continueToken: query.get('continue') || undefined,
    resourceVersion: revision(query.get('resourceVersion')),
    versionMatch: (query.get('resourceVersionMatch') || undefined) as VersionMatch | undefined,
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
  }
}

function validate(query: URLSearchParams, isWatch: boolean): FieldError[] {
  const match = query.get('resourceVersionMatch') ?? ''
  const version = query.get('resourceVersion') ?? ''
  if (query.has('sendInitialEvents')) return validateInitialEvents(match, isWatch)
  if (match === '') return []
  const field = 'resourceVersionMatch'
  if (isWatch)
    return [
      forbidden(field, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'),
    ]
  if (query.get('continue'))
    return [forbidden(field, 'resourceVersionMatch is forbidden when continue is provided')]
  if (version === '')
    return [forbidden(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided')]
  if (!VERSION_MATCHES.includes(match)) return [notSupported(field, match, VERSION_MATCHES)]
  if (match === 'Exact' && version === '0')
    return [forbidden(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')]
  return []
}

function validateInitialEvents(match: string, isWatch: boolean): FieldError[] {
  if (!isWatch) return [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')]
  if (match === 'NotOlderThan') return []
  const field = 'resourceVersionMatch'
  if (match !== '') return [notSupported(field, match, ['NotOlderThan'])]
  return [forbidden(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')]
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^-?\d{1,15}$/.test(text))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined
}

function revision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw invalidObject(LIST_OPTIONS, '', [
    invalid('resourceVersion', text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`),
  ])
}
