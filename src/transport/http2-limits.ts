import type { ServerOptions, Settings } from 'node:http2'

/**
 * What a peer may have under way on one stream before we have read it: on the frontend leg this is the back-pressure of
 * a single connection. The whole session gets `SESSION_WINDOW_BYTES`, so that one stream that nobody reads holds up no
 * other: Node returns session credit as soon as bytes arrive.
 */
export const STREAM_WINDOW_BYTES = 1024 * 1024
/** The same on the client's side, where the memory is the reader's own and a stall costs throughput. */
export const CLIENT_STREAM_WINDOW_BYTES = 4 * 1024 * 1024
/** The agent's one stream carries all its connections, each of which has a window of its own. */
export const AGENT_STREAM_WINDOW_BYTES = 8 * 1024 * 1024
export const SESSION_WINDOW_BYTES = 16 * 1024 * 1024

/**
 * Go clients end every dial with RST_STREAM, and Node by default answers about a thousand of them with GOAWAY. The
 * limits are lifted here, and `ResetBudget` bounds resets instead, at a rate that no honest client reaches.
 */
export const SERVER_LIMITS = {
  maxSessionMemory: 4096, // MiB; every queue behind it has its own bound
  maxSendHeaderBlockLength: 64 * 1024,
  maxOutstandingPings: 100,
  maxSessionInvalidFrames: 1000,
  maxSessionRejectedStreams: 1000,
  streamResetBurst: 1_000_000,
  streamResetRate: 1_000_000,
} as const satisfies ServerOptions

export function settingsWithWindow(initialWindowSize: number): Settings {
  return { initialWindowSize, enablePush: false, maxHeaderListSize: 64 * 1024 }
}
