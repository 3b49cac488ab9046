import { type WebSocket, WebSocketServer } from 'ws'
import { textAnswer, type UpgradeAnswer, type WholeAnswer } from '../http/answer.ts'

/** As golang.org/x/net/websocket, DefaultMaxPayloadBytes. */
const MAX_PAYLOAD_BYTES = 32 * 1024 * 1024

/** The subprotocols that a client can speak, the one that it likes best first; undefined when it does not speak WebSocket. */
export function webSocketProtocols(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): readonly string[] | undefined {
  if (String(headers.upgrade ?? '').toLowerCase() !== 'websocket') return undefined
  return commaSeparated(headers['sec-websocket-protocol'])
}

export function commaSeparated(value: string | readonly string[] | undefined): readonly string[] {
  return String(value ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
}

/** What is said to a client with which there is no common language. */
export function noCommonProtocol(): WholeAnswer {
  return textAnswer(403, 'Forbidden')
}

/** Speaks WebSocket in `protocol`, which is empty for none. `serve` gets it open. */
export function webSocketAnswer(protocol: string, serve: (socket: WebSocket) => void): UpgradeAnswer {
  return {
    status: 101,
    upgrade: ({ request, socket, head }) => {
      const server = new WebSocketServer({
        noServer: true,
        clientTracking: false,
        perMessageDeflate: false,
        maxPayload: MAX_PAYLOAD_BYTES,
      })
      // Some of Kubernetes' names of protocols are no tokens of HTTP, which the library insists on.
      delete request.headers['sec-websocket-protocol']
      server.on('headers', (lines) => {
        if (protocol !== '') lines.push(`Sec-WebSocket-Protocol: ${protocol}`)
      })
      server.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('error', () => {}) // `close` follows
        serve(webSocket)
      })
    },
  }
}

/** Aborted when the client has gone, or what it sends is no WebSocket. */
export function closeSignal(socket: WebSocket): AbortSignal {
  const gone = new AbortController()
  socket.once('close', () => gone.abort())
  return gone.signal
}
