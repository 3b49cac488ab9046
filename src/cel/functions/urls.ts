import type { FunctionTable } from '../overload.ts'
import { EvaluationError, ListValue, MapValue, OpaqueValue, type Value } from '../values.ts'

/** An absolute URL, or an absolute path, as Go's net/url has it. */
class Url extends OpaqueValue {
  readonly typeName = 'url'
  readonly text: string
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string

  constructor(text: string, [scheme = '', host = '', path = '', query = '']: readonly string[]) {
    super()
    this.text = text
    this.scheme = scheme.toLowerCase()
    this.host = host.slice(host.lastIndexOf('@') + 1)
    this.path = path
    this.query = query
  }

  override equals(other: OpaqueValue): boolean {
    return other instanceof Url && other.text === this.text
  }
}

/** Kubernetes' functions for URLs. */
export function addUrls(table: FunctionTable): void {
  table.add('isURL(string): bool', ([text], meter) => {
    meter.charge((text as string).length / 10)
    return urlOf(text as string) !== undefined
  })
  table.add('url(string): url', ([text], meter) => {
    meter.charge((text as string).length / 10)
    const url = urlOf(text as string)
    if (!url)
      throw new EvaluationError(
        `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
      )
    return url
  })
  const url = (value: Value | undefined) => value as Url
  table.add('url.getScheme(): string', ([a]) => url(a).scheme)
  table.add('url.getHost(): string', ([a]) => url(a).host)
  table.add('url.getHostname(): string', ([a]) => hostname(url(a).host))
  table.add('url.getPort(): string', ([a]) => /:(\d+)$/.exec(url(a).host)?.[1] ?? '')
  table.add('url.getEscapedPath(): string', ([a]) =>
    url(a).path.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]+/g, encodeURI),
  )
  table.add('url.getQuery(): map(string, list(string))', ([a], meter) => {
    meter.charge(url(a).query.length / 10)
    return queryOf(url(a).query)
  })
}

function urlOf(text: string): Url | undefined {
  if (/\p{Cc}/u.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):(?:\/\/([^/?]*))?|(?=\/))([^?]*)(?:\?([\s\S]*))?$/.exec(text)
  if (!match) return undefined
  const [, scheme = '', host = '', path = '', query = ''] = match
  if (/[\s<>"\\^`{|}]/.test(host) || /:[^\]]*[^\d\]][^\]]*$/.test(host.replace(/^[^@]*@/, '')))
    return undefined
  // What has neither a host nor a path that begins at the root is opaque, and no URL to ask for.
  if (scheme !== '' && match[2] === undefined && !path.startsWith('/')) return undefined
  return new Url(text, [scheme, host, path, query])
}

function hostname(host: string): string {
  const bare = host.replace(/:\d*$/, '')
  return bare.startsWith('[') && bare.endsWith(']') ? bare.slice(1, -1) : bare
}

function queryOf(query: string): MapValue {
  const values = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(query))
    values.set(name, [...(values.get(name) ?? []), value])
  return MapValue.of([...values].map(([name, all]) => [name, ListValue.of(all)] as const))
}
