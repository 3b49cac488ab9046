import { type FieldError, forbidden, invalid, notSupported } from '../api/field-error.ts'
import { GoNumberError, parseUint64, queryInteger } from '../api/go-integer.ts'
import { isTrue } from '../api/request-info.ts'
import { badRequest, invalidObject, StatusError } from '../api/status.ts'
import { type ContinueToken, decodeContinue } from './continue-token.ts'

/** Which revision a list is to be of, relative to the one that is named. */
export type VersionMatch = 'Exact' | 'NotOlderThan'

export interface Selectors {
  readonly labelSelector: string
  readonly fieldSelector: string
}

/** What a client says of the list that it wants; nothing given is undefined. */
export interface ListOptions extends Selectors {
  readonly limit: number | undefined
  readonly continueToken: ContinueToken | undefined
  /** 0 asks for whatever is at hand. */
  readonly resourceVersion: number | undefined
  readonly versionMatch: VersionMatch | undefined
}

/** What a client says of the watch that it wants; nothing given is undefined. */
export interface WatchQuery extends Selectors {
  readonly resourceVersion: number | undefined
  readonly allowBookmarks: boolean
  /** Whether a watch begins with all there is, and a bookmark says where that ends. */
  readonly sendInitialEvents: boolean
  readonly timeoutMs: number | undefined
}

const LIST_OPTIONS = { group: 'meta.k8s.io', kind: 'ListOptions' }
const MATCH = 'resourceVersionMatch'
const VERSION_MATCHES: readonly string[] = ['Exact', 'NotOlderThan'] satisfies VersionMatch[]

/**
 * Reads the query of a list by the rules of k8s.io/apimachinery (ValidateListOptions).
 *
 * @throws StatusError BadRequest for what is no number or no token, Invalid for what does not go together
 */
export function parseListOptions(query: URLSearchParams): ListOptions {
  const { limit } = integers(query)
  requireValid(listErrors(query))
  const token = query.get('continue')
  const resourceVersion = query.get('resourceVersion') ?? ''
  const continueToken = token ? decodeContinue(token) : undefined
  if (continueToken && !isAnyVersion(resourceVersion))
    throw badRequest('specifying resource version is not allowed when using continue')
  return {
    ...selectors(query),
    limit: limit !== undefined && limit > 0 ? limit : undefined,
    continueToken,
    resourceVersion: revision(resourceVersion, (problem) =>
      badRequest(`invalid resource version: ${problem}`),
    ),
    versionMatch: (query.get(MATCH) || undefined) as VersionMatch | undefined,
  }
}

/**
 * Reads the query of a watch, which is by the same rules. One that names no version, or any, begins with all there is and says where
 * that ends, as if it had asked for it (SetListOptionsDefaults).
 *
 * @throws StatusError BadRequest for what is no number, Invalid for what does not go together, Unknown for a version that is none
 */
export function parseWatchOptions(query: URLSearchParams): WatchQuery {
  const { timeoutSeconds } = integers(query)
  const resourceVersion = query.get('resourceVersion') ?? ''
  let match = query.get(MATCH) ?? ''
  let sendInitialEvents = query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined
  if (sendInitialEvents === undefined && match === '' && isAnyVersion(resourceVersion)) {
    sendInitialEvents = true
    match = 'NotOlderThan'
  }
  requireValid(watchErrors(match, sendInitialEvents, Boolean(query.get('continue'))))
  return {
    ...selectors(query),
    resourceVersion: revision(resourceVersion, unknown),
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: sendInitialEvents === true,
    timeoutMs: timeoutSeconds === undefined ? undefined : timeoutSeconds * 1000,
  }
}

/** How new an object has to be that is read; undefined when that is all the same. @throws StatusError Unknown */
export function parseGetVersion(query: URLSearchParams): number | undefined {
  return revision(query.get('resourceVersion') ?? '', unknown)
}

function integers(query: URLSearchParams): Record<'timeoutSeconds' | 'limit', number | undefined> {
  return { timeoutSeconds: queryInteger(query, 'timeoutSeconds'), limit: queryInteger(query, 'limit') }
}

function selectors(query: URLSearchParams): Selectors {
  return { labelSelector: query.get('labelSelector') ?? '', fieldSelector: query.get('fieldSelector') ?? '' }
}

function requireValid(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject(LIST_OPTIONS, '', errors)
}

function listErrors(query: URLSearchParams): FieldError[] {
  const errors: FieldError[] = []
  const match = query.get(MATCH) ?? ''
  const version = query.get('resourceVersion') ?? ''
  if (match !== '') {
    if (version === '')
      errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (query.get('continue'))
      errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'))
    if (!VERSION_MATCHES.includes(match)) errors.push(notSupported(MATCH, match, [...VERSION_MATCHES, '']))
    if (match === 'Exact' && version === '0')
      errors.push(forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (query.has('sendInitialEvents'))
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  return errors
}

function watchErrors(
  match: string,
  sendInitialEvents: boolean | undefined,
  continues: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (match === '') return errors
  if (sendInitialEvents === undefined) {
    const detail = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
    errors.push(forbidden(MATCH, detail))
  }
  if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']))
  if (continues) errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'))
  return errors
}

function isAnyVersion(resourceVersion: string): boolean {
  return resourceVersion === '' || resourceVersion === '0'
}

function revision(text: string, refusal: (problem: string) => StatusError): number | undefined {
  if (text === '') return undefined
  try {
    return Number(parseUint64(text))
  } catch (error) {
    if (!(error instanceof GoNumberError)) throw error
    const { field, message } = invalid('resourceVersion', text, error.message)
    throw refusal(`${field}: ${message}`)
  }
}

function unknown(problem: string): StatusError {
  return new StatusError('Unknown', problem)
}
