/** Metadata keys of the konnectivity wire, lower case as HTTP/2 carries them. */
export const AGENT_ID_HEADER = 'agentid'
export const AGENT_IDENTIFIERS_HEADER = 'agentidentifiers'
export const SERVER_ID_HEADER = 'serverid'
export const SERVER_COUNT_HEADER = 'servercount'
export const AUTHORIZATION_HEADER = 'authorization'

/** Ours, and absent toward and from every other implementation: see docs/protocol.md. */
export const EXTENSIONS_HEADER = 'cluster-proxy-extensions'
export const WINDOW_HEADER = 'cluster-proxy-window'

/** The newest version of the extensions that this code speaks. */
export const EXTENSION_VERSION = 1

export const DEFAULT_WINDOW_BYTES = 1024 * 1024
export const MIN_WINDOW_BYTES = 64 * 1024
export const MAX_WINDOW_BYTES = 16 * 1024 * 1024

type Headers = Readonly<Record<string, string | readonly string[] | number | undefined>>

/** What two peers have agreed on for one leg. `version` 0 means the plain konnectivity wire. */
export interface Extensions {
  readonly version: number
  /** How many bytes per connection the peer takes before it has granted more; meaningless with version 0. */
  readonly peerWindowBytes: number
}

export const NO_EXTENSIONS: Extensions = { version: 0, peerWindowBytes: 0 }

/** The metadata that announces us. */
export function announceExtensions(windowBytes: number, version = EXTENSION_VERSION): Record<string, string> {
  return { [EXTENSIONS_HEADER]: String(version), [WINDOW_HEADER]: String(windowBytes) }
}

/** The lower of both versions. An absent or senseless one means 0, the plain wire, as toward the originals. */
export function agreeOnVersion(headers: Headers, ownVersion = EXTENSION_VERSION): number {
  return Math.min(integerHeader(headers, EXTENSIONS_HEADER), ownVersion)
}

/** What the agent leg agrees on: the version, and how much the peer takes per connection. */
export function agreeOnExtensions(headers: Headers, ownVersion = EXTENSION_VERSION): Extensions {
  const version = agreeOnVersion(headers, ownVersion)
  const peerWindowBytes = integerHeader(headers, WINDOW_HEADER)
  const sensible = peerWindowBytes >= MIN_WINDOW_BYTES && peerWindowBytes <= MAX_WINDOW_BYTES
  return version > 0 && sensible ? { version, peerWindowBytes } : NO_EXTENSIONS
}

function integerHeader(headers: Headers, name: string): number {
  const value = headers[name]
  return typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : 0
}
