import { badRequest } from '../api/status.ts'
import type { User } from '../rbac/index.ts'
import { firstHeader, headerValues, type RequestHeaders } from './request-headers.ts'

const EXTRA_PREFIX = 'impersonate-extra-'

/** Whom somebody wants to be, as the headers say it: nothing has been added or checked. */
export interface WantedUser extends User {
  /** Empty when none is wanted. */
  readonly uid: string
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/**
 * Undefined when there is nothing about impersonation.
 *
 * @throws StatusError BadRequest when a group, a uid or something else is wanted, but no user
 */
export function wantedUser(headers: RequestHeaders): WantedUser | undefined {
  const wanted = {
    name: utf8(firstHeader(headers, 'impersonate-user')),
    uid: utf8(firstHeader(headers, 'impersonate-uid')),
    groups: headerValues(headers, 'impersonate-group').map(utf8),
    extra: wantedExtra(headers),
  }
  if (wanted.name !== '') return wanted
  if (wanted.uid === '' && wanted.groups.length === 0 && Object.keys(wanted.extra).length === 0)
    return undefined
  throw badRequest(`requested ${goSyntax(wanted)} without impersonating a user name`)
}

function wantedExtra(headers: RequestHeaders): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = Object.create(null)
  for (const header of Object.keys(headers)) {
    if (!header.startsWith(EXTRA_PREFIX)) continue
    const key = decodeKey(header.slice(EXTRA_PREFIX.length))
    extra[key] = [...(extra[key] ?? []), ...headerValues(headers, header).map(utf8)]
  }
  return extra
}

/** Keys are percent-encoded, since not every character may be in a header's name; what is not is taken as it is. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** Node reads headers as Latin-1, Kubernetes as UTF-8. */
function utf8(value: string): string {
  return Buffer.from(value, 'latin1').toString()
}

/** As Go prints a value for its programmers, which is what the original answers here. */
function goSyntax({ name, uid, groups, extra }: WantedUser): string {
  const list = (texts: readonly string[]) =>
    texts.length === 0 ? '[]string(nil)' : `[]string{${texts.map((each) => JSON.stringify(each)).join(', ')}}`
  const entries = Object.entries(extra).sort(([one], [other]) => (one < other ? -1 : 1))
  const pairs = entries.map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`)
  const map = pairs.length === 0 ? '(nil)' : `{${pairs.join(', ')}}`
  return `&user.DefaultInfo{Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}, Groups:${list(groups)}, Extra:map[string][]string${map}}`
}
