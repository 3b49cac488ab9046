import { unescape as percentDecode } from 'node:querystring'

/** What an agent says that it can reach, for the proxy strategies to choose by. */
export interface AgentIdentifiers {
  readonly ipv4: readonly string[]
  readonly ipv6: readonly string[]
  readonly host: readonly string[]
  /** Carried on the wire, and used by no strategy. */
  readonly cidr: readonly string[]
  readonly defaultRoute: boolean
}

const ADDRESS_TYPES = new Set(['ipv4', 'ipv6', 'host', 'cidr', 'default-route'])

/** What Go's ParseBool holds true. */
const TRUE_TEXTS = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

/**
 * Reads the `agentIdentifiers` header, a URL query string. Unknown keys are skipped, so that newer agents can connect; what
 * Go's url.ParseQuery would refuse throws an Error.
 */
export function parseAgentIdentifiers(query: string): AgentIdentifiers {
  const values = parseQuery(query, 'fail to parse url encoded string: ')
  return {
    ipv4: values.get('ipv4') ?? [],
    ipv6: values.get('ipv6') ?? [],
    host: values.get('host') ?? [],
    cidr: values.get('cidr') ?? [],
    defaultRoute: TRUE_TEXTS.has(values.get('default-route')?.[0] ?? ''),
  }
}

/** The strict check of an agent's own flag: throws an Error also for a key that no server would understand. */
export function verifyAgentIdentifiers(query: string): void {
  for (const type of parseQuery(query, 'agent address is invalid: ').keys()) {
    if (!ADDRESS_TYPES.has(type)) throw new Error(`agent address is invalid: unknown address type: ${type}`)
  }
}

/** Go's url.ParseQuery: unlike URLSearchParams it refuses semicolons and broken percent escapes. */
function parseQuery(query: string, context: string): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    if (pair.includes(';')) throw new Error(`${context}invalid semicolon separator in query`)
    const [, rawKey = '', rawValue = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? []
    const key = unescapeQuery(rawKey, context)
    const value = unescapeQuery(rawValue, context)
    const earlier = values.get(key)
    if (earlier) earlier.push(value)
    else values.set(key, [value])
  }
  return values
}

function unescapeQuery(text: string, context: string): string {
  const badEscape = /%(?![\da-f]{2}).{0,2}/is.exec(text)
  if (badEscape) throw new Error(`${context}invalid URL escape ${JSON.stringify(badEscape[0])}`)
  return percentDecode(text.replaceAll('+', ' '))
}
