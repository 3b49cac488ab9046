import type { Http2Session } from 'node:http2'
import { socketOf } from './destroy-session.ts'

/** The stream handle under a socket: Node's own, and undocumented. */
interface StreamHandle {
  readStart?(): number
  /** Bytes that the kernel has not taken. */
  readonly writeQueueSize?: number
}

/**
 * Makes a session read on while it waits for a write. Node stops reading a session's socket as long as a write to it has not
 * been taken (MaybeStopReading in its node_http2.cc). When both peers are Node and both send more than the socket's
 * buffers hold, neither reads what the other is waiting to get rid of, and both stand still for ever. There is no public
 * way to lift that; the handle's `readStart` does, and what is read is bounded by the windows.
 */
export function readOn(session: Http2Session): void {
  if (!session.destroyed) handleOf(session)?.readStart?.()
}

/** Whether a write to the session's socket has not been taken; true also when that cannot be known. */
export function waitsForSocket(session: Http2Session): boolean {
  return handleOf(session)?.writeQueueSize !== 0
}

function handleOf(session: Http2Session): StreamHandle | null | undefined {
  return (socketOf(session) as { _handle?: StreamHandle | null } | undefined)?._handle
}
