import type { Duplex } from 'node:stream'
import { createWebSocketStream, type WebSocket } from 'ws'

/** SPDY/3.1 over a WebSocket, whose messages are but pieces of it (k8s.io/apimachinery, pkg/util/portforward). */
const PREFIX = 'SPDY/3.1+'
const SUFFIX = '.k8s.io'

/** What a client wants to speak over SPDY over the WebSocket; empty where it does not want that. */
export function tunnelledProtocols(offered: readonly string[]): readonly string[] {
  return offered
    .filter((each) => each.startsWith(PREFIX) && each.endsWith(SUFFIX))
    .map((each) => each.slice(PREFIX.length))
}

export function tunnelOf(protocol: string): string {
  return PREFIX + protocol
}

/** What is carried in a WebSocket. It goes with it at once, also when nobody reads it just then. */
export function tunnelIn(socket: WebSocket): Duplex {
  const tunnel = createWebSocketStream(socket)
  socket.once('close', () => tunnel.destroy())
  return tunnel
}
