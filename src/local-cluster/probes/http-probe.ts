import type { OutgoingHttpHeaders } from 'node:http'
import { withDeadline } from '../../kube/index.ts'
import { HttpGetError, type HttpUrl, httpGet, urlText } from './http-get.ts'
import { ProbeTimeout } from './network-error.ts'
import { PROBE_USER_AGENT, type ProbeResult } from './probe-result.ts'

/** Go's HTTP client gives up after so many. */
const MOST_REDIRECTS = 10
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export interface HttpProbeTarget {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  /** With its query. @default / */
  readonly path?: string
  readonly headers?: readonly { readonly name: string; readonly value: string }[]
}

/**
 * Whether a GET is answered with a status from 200 to 399; certificates are not verified. Redirects are followed to the same host
 * only: one to elsewhere is a success with a warning (kubernetes, pkg/probe/http).
 */
export async function probeHttp(
  { headers = [], path = '/', ...address }: HttpProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const url = { ...address, path: wirePath(path) }
  try {
    return await withDeadline({ ms: timeoutMs, error: () => new ProbeTimeout(), signal }, (deadline) =>
      getFollowing(url, requestHeaders(headers), deadline),
    )
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof HttpGetError)) return { outcome: 'unknown', message: String(error) }
    return error.isBroken
      ? { outcome: 'unknown', message: error.message }
      : { outcome: 'failure', message: `Get ${JSON.stringify(urlText(url))}: ${error.message}` }
  }
}

async function getFollowing(
  first: HttpUrl,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<ProbeResult> {
  let url = first
  let sent = headers
  for (let redirects = 0; ; redirects += 1) {
    const { status, location, body } = await httpGet(url, sent, signal)
    if (status < 200 || status >= 400) {
      return { outcome: 'failure', message: `HTTP probe failed with statuscode: ${status}` }
    }
    if (status < 300) return { outcome: 'success', message: body }
    const next = REDIRECTS.has(status) && location ? redirected(url, location) : undefined
    if (!next || next.host !== first.host) {
      const message = `Probe terminated redirects, Response body: ${body}`
      return { outcome: 'success', message, isWarning: true }
    }
    if (redirects + 1 >= MOST_REDIRECTS) throw new HttpGetError(`stopped after ${MOST_REDIRECTS} redirects`)
    if (/^[a-z]+:|^\/\//i.test(location ?? '')) sent = withoutHost(sent)
    url = next
  }
}

/** Undefined for what is not HTTP. */
function redirected(from: HttpUrl, location: string): HttpUrl | undefined {
  if (!URL.canParse(location, urlText(from))) return undefined
  const { protocol, hostname, port, pathname, search } = new URL(location, urlText(from))
  if (protocol !== 'http:' && protocol !== 'https:') return undefined
  const isSecure = protocol === 'https:'
  return {
    scheme: isSecure ? 'https' : 'http',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isSecure ? 443 : 80) : Number(port),
    path: `${pathname}${search}`,
  }
}

/** A header that is given is not ours to set; an empty `Accept` is none. Of those of the same name all are sent. */
function requestHeaders(given: NonNullable<HttpProbeTarget['headers']>): OutgoingHttpHeaders {
  const headers = new Map<string, string[]>()
  for (const { name, value } of given) {
    const key = name.toLowerCase()
    headers.set(key, [...(headers.get(key) ?? []), value])
  }
  if (!headers.has('user-agent')) headers.set('user-agent', [PROBE_USER_AGENT])
  if (!headers.has('accept')) headers.set('accept', ['*/*'])
  else if (headers.get('accept')?.[0] === '') headers.delete('accept')
  const entries = [...headers].map(([name, values]) => [name, single(name) ? (values[0] ?? '') : values])
  return Object.fromEntries(entries)
}

/** These cannot be sent twice. */
function single(name: string): boolean {
  return name === 'host' || name === 'user-agent'
}

function withoutHost({ host: _, ...headers }: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return headers
}

/** What cannot stand in a request line is escaped; a fragment is not sent. */
function wirePath(path: string): string {
  const [withoutFragment = ''] = path.split('#')
  const rooted = withoutFragment.startsWith('/') ? withoutFragment : `/${withoutFragment}`
  return rooted.replace(/[^\x21-\x7e]+/gu, (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}
