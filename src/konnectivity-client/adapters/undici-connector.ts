import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { joinHostPort } from '../host-port.ts'
import type { DialOptions, Tunnel } from '../tunnel.ts'
import { tlsConnect } from './tls-connect.ts'

/** The part of undici's connector options that is used here. */
export interface UndiciConnectOptions {
  readonly hostname: string
  readonly protocol: string
  readonly port: string
  readonly servername?: string | null | undefined
}

/** What undici calls when it wants a connection. */
export type UndiciConnector = (
  options: UndiciConnectOptions,
  callback: (...result: [null, Socket] | [Error, null]) => void,
) => void

/**
 * What `new undici.Agent({ connect })` (or Pool, or Client) wants in order to connect through the tunnel, and with it
 * `fetch` by its `dispatcher` option.
 *
 * undici tells a connector of its own neither of requests that are given up, nor that its client is destroyed, nor its
 * `connectTimeout`, which it keeps to only with its own connector. A dial therefore goes on until it is answered, and
 * undici then destroys a socket that it has no use for; what ends a dial sooner is in `dialOptions`.
 *
 * @param tlsOptions for `https:` targets; ALPN offers HTTP/1.1 only, unless `ALPNProtocols` says otherwise
 * @param dialOptions of each dial; `timeoutMs` stands for undici's `connectTimeout`, and `signal` gives up all dials, such
 * as when the client is destroyed
 */
export function undiciConnector(
  tunnel: Tunnel,
  tlsOptions: ConnectionOptions = {},
  dialOptions: DialOptions = {},
): UndiciConnector {
  return ({ hostname, protocol, port, servername }, callback) => {
    const secure = protocol === 'https:'
    const address = joinHostPort(hostname, port || (secure ? 443 : 80))
    const name = tlsOptions.servername ?? servername ?? undefined
    const connecting = secure
      ? tlsConnect(
          tunnel,
          address,
          { ALPNProtocols: ['http/1.1'], ...tlsOptions, ...(name ? { servername: name } : {}) },
          dialOptions,
        )
      : tunnel.dial(address, dialOptions)
    connecting.then(
      (socket) => callback(null, socket as unknown as Socket), // a TunnelSocket has all that undici asks of one
      (error) => callback(error, null),
    )
  }
}
