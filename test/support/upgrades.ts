import https from 'node:https'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import WebSocket from 'ws'
import type { TestControlPlane } from './control-plane.ts'

/** A connection that has become something else, or the answer that it did not. */
export interface Upgraded {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly socket: Duplex | undefined
  readonly body: string
}

/** Asks for SPDY/3.1, as Kubernetes' clients do. */
export function upgrade(
  { url, tls }: TestControlPlane,
  path: string,
  headers: Record<string, string> = {},
): Promise<Upgraded> {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: url.hostname,
      port: url.port,
      ...tls,
      agent: false,
      method: 'POST',
      path,
      headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', ...headers },
    })
    request.once('upgrade', ({ statusCode = 0, headers }, socket) =>
      resolve({ status: statusCode, headers, socket, body: '' }),
    )
    request.once('response', async (response) => {
      const { statusCode = 0, headers } = response
      resolve({ status: statusCode, headers, socket: undefined, body: await text(response) })
    })
    request.once('error', reject).end()
  })
}

/** A WebSocket, open. Rejects with the status of the answer where there is none. */
export function webSocket(
  { url, tls }: TestControlPlane,
  path: string,
  protocols: readonly string[],
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  const socket = new WebSocket(`wss://${url.host}${path}`, [...protocols], {
    ...tls,
    headers,
  } as WebSocket.ClientOptions)
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket)).once('error', reject)
    socket.once('unexpected-response', async (_request, response) => {
      reject(new Error(`${response.statusCode} ${await text(response)}`))
    })
  })
}

/** Each message with its channel, until it closes. */
export async function messagesOf(socket: WebSocket): Promise<[number, Buffer][]> {
  const messages: [number, Buffer][] = []
  socket.on('message', (data: Buffer) => messages.push([data[0] as number, data.subarray(1)]))
  await new Promise((resolve) => socket.once('close', resolve))
  return messages
}
