import type { Http2Session } from 'node:http2'
import { socketOf } from './destroy-session.ts'

/** The stream handle under a socket: Node's own, and undocumented. */
interface StreamHandle {
  readStart?(): number
}

/**
 * Makes a session read on while it waits for a write. Node stops reading a session's socket as long as a write to it has not
 * been taken (MaybeStopReading in its node_http2.cc). When both peers are Node and both send more than the socket's
 * buffers hold, neither reads what the other is waiting to get rid of, and both stand still for ever. There is no public
 * way to lift that; the handle's `readStart` does, and what is read is bounded by the windows.
 */
export function readOn(session: Http2Session | undefined): void {
  if (!session || session.destroyed) return
  const handle = (socketOf(session) as { _handle?: StreamHandle | null } | undefined)?._handle
  handle?.readStart?.()
}
