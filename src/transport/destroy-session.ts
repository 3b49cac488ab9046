import type { Http2Session } from 'node:http2'
import type { Socket } from 'node:net'

/** How long a peer may take to receive what was written before the end, in milliseconds. */
const FLUSH_MS = 1_000

/**
 * Ends a session at once, and surely: `session.destroy()` alone waits for the socket to take what was written to it, which
 * a peer that has stopped reading puts off for as long as TCP does. 'close' follows within `flushMs`.
 */
export function destroySession(session: Http2Session, flushMs = FLUSH_MS): void {
  if (session.destroyed) return
  const socket = socketOf(session)
  session.destroy()
  if (!socket || socket.destroyed) return
  if (flushMs === 0) {
    socket.destroy()
    return
  }
  const timer = setTimeout(() => socket.destroy(), flushMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}

/**
 * Closes the session's socket when it fails. Node does so for most errors, but a peer's TLS alert leaves the socket open and
 * the session destroyed without a 'close', for ever.
 */
export function destroySocketOnError(session: Http2Session): void {
  const socket = socketOf(session)
  socket?.on('error', () => socket.destroy())
}

/** The socket itself: `session.socket` is a proxy that would pass `destroy` on to the session, but event methods to the socket. */
export function socketOf(session: Http2Session): Socket | undefined {
  const noop = () => {}
  try {
    return session.socket.once('close', noop).removeListener('close', noop) as Socket
  } catch {
    return undefined // it has none any more
  }
}
