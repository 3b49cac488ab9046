import http, { type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { AppError } from '../common/errors.ts'
import { type HostPort, joinHostPort } from './host-port.ts'

/** More of an error page than this is of no use to anyone. */
const LONGEST_BODY_BYTES = 16 * 1024

/** The proxy server answered a CONNECT with another status than 200. */
export class ConnectResponseError extends AppError {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super('ERR_CONNECT_RESPONSE', message)
    this.statusCode = statusCode
  }
}

/**
 * Asks the HTTP proxy at the other end of `socket` for a connection to `remote`. The socket carries that connection
 * afterwards.
 *
 * @throws ConnectResponseError with the text of the proxy's answer; else the socket's error
 */
export async function requestConnect(socket: Socket, remote: HostPort): Promise<void> {
  const authority = joinHostPort(remote.host, remote.port)
  const { promise, resolve, reject } = Promise.withResolvers<{ response: IncomingMessage; head: Buffer }>()
  http
    .request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority },
      createConnection: () => socket,
    })
    .on('connect', (response, _socket, head) => resolve({ response, head }))
    .on('error', reject)
    .end()
  const { response, head } = await promise
  if (head.length > 0) socket.unshift(head)
  const { statusCode = 0 } = response
  if (statusCode === 200) return
  const text = (await readBody(socket, Number(response.headers['content-length'] ?? Infinity))).trim()
  throw new ConnectResponseError(statusCode, text || `${statusCode} ${response.statusMessage}`)
}

/** Node's parser leaves the body of an answer to CONNECT on the socket. */
async function readBody(socket: Socket, contentLength: number): Promise<string> {
  const wanted = Math.min(contentLength, LONGEST_BODY_BYTES)
  const chunks: Buffer[] = []
  let length = 0
  if (wanted > 0) {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= wanted) break
    }
  }
  return Buffer.concat(chunks).subarray(0, wanted).toString('utf8')
}
