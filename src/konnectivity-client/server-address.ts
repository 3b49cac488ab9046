import { ConfigError } from '../common/errors.ts'
import type { Http2ConnectOptions } from '../transport/index.ts'
import { splitHostPort } from './host-port.ts'

/** Where a proxy server listens: a TCP endpoint or a unix socket. */
export type ServerEndpoint = Http2ConnectOptions['endpoint']

/** The addresses as given in the options: one or several, at least one. */
export interface ServerAddresses {
  /** `host:port`, `[v6]:port`, `unix:///path` or `unix:path`. */
  readonly address?: string | undefined
  /** Several of them: the first to answer is taken. The last one that worked is tried first, each other half a second later. */
  readonly addresses?: readonly string[] | undefined
}

/** @throws ConfigError when there is no address, or one that cannot be read */
export function parseServerAddresses(options: ServerAddresses): ServerEndpoint[] {
  const addresses = [
    ...(options.address === undefined ? [] : [options.address]),
    ...(options.addresses ?? []),
  ]
  if (addresses.length === 0) throw new ConfigError('no proxy server address was given')
  return addresses.map(parseServerAddress)
}

function parseServerAddress(address: string): ServerEndpoint {
  const path = /^unix:(?:\/\/)?(.+)$/.exec(address)?.[1]
  if (path !== undefined) return { path }
  const endpoint = splitHostPort(address)
  if (!endpoint) {
    throw new ConfigError(
      `invalid proxy server address ${JSON.stringify(address)}: want host:port or unix:path`,
    )
  }
  return endpoint
}
