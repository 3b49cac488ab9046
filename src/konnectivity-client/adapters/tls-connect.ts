import { once } from 'node:events'
import { isIP } from 'node:net'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'
import { DialError } from '../../common/errors.ts'
import { splitHostPort } from '../host-port.ts'
import type { DialOptions, Tunnel } from '../tunnel.ts'
import { followReferences } from './follow-references.ts'

/**
 * Dials through the tunnel and speaks TLS with the target. Resolves once its certificate has been verified, against the
 * dialled host unless `options.servername` names another.
 *
 * @throws DialError, or the TLS error
 */
export async function tlsConnect(
  tunnel: Tunnel,
  address: string,
  options: ConnectionOptions = {},
  dialOptions: DialOptions = {},
): Promise<TLSSocket> {
  const socket = await tunnel.dial(address, dialOptions)
  const name = options.servername || (splitHostPort(address)?.host ?? '')
  const secured = tls.connect({ ...options, host: name, ...(isIP(name) ? {} : { servername: name }), socket })
  try {
    await once(secured, 'secureConnect', dialOptions.signal ? { signal: dialOptions.signal } : {})
    return followReferences(secured, socket)
  } catch (error) {
    secured.on('error', () => {})
    secured.destroy()
    socket.destroy()
    const { signal } = dialOptions
    throw signal?.aborted
      ? new DialError('context', 'dial timeout, context', { cause: signal.reason })
      : error
  }
}
