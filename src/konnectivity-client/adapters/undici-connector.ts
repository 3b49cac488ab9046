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

type UndiciCallback = (...result: [null, Socket] | [Error, null]) => void

/**
 * What `new undici.Agent({ connect })` (or Pool, or Client) wants in order to connect through the tunnel, and with it
 * `fetch` by its `dispatcher` option.
 *
 * @param tlsOptions for `https:` targets; ALPN offers HTTP/1.1 only, unless `ALPNProtocols` says otherwise
 */
export function undiciConnector(
  tunnel: Tunnel,
  tlsOptions: ConnectionOptions = {},
  dialOptions: DialOptions = {},
): (options: UndiciConnectOptions, callback: UndiciCallback) => void {
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
