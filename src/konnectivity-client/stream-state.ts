import type { ConnectionStatus } from './metrics.ts'

/**
 * The life of one connection's stream. This table is the whole truth.
 *
 * | state | meaning |
 * |---|---|
 * | `created` | the stream is open, nothing was said on it |
 * | `dialing` | DIAL_REQ was sent |
 * | `open` | connected, both ways |
 * | `writeEnded` | we have sent HALF_CLOSE |
 * | `readEnded` | the peer has sent HALF_CLOSE |
 * | `closing` | both ways ended, or CLOSE_REQ was sent: CLOSE_RSP is due, and without half-close DATA may come until then |
 * | `releasing` | nothing more is to be said: our side of the stream is ended, the server's end is due |
 * | `closed` | the stream is gone |
 */
export const transitions = {
  created: ['dialing', 'releasing', 'closed'],
  dialing: ['open', 'releasing', 'closed'],
  open: ['writeEnded', 'readEnded', 'closing', 'releasing', 'closed'],
  writeEnded: ['closing', 'releasing', 'closed'],
  readEnded: ['closing', 'releasing', 'closed'],
  closing: ['releasing', 'closed'],
  releasing: ['closed'],
  closed: [],
} as const satisfies Record<string, readonly string[]>

export type StreamState = keyof typeof transitions

export const STATUS_BY_STATE: Readonly<Record<StreamState, ConnectionStatus | undefined>> = {
  created: 'created',
  dialing: 'dialing',
  open: 'ok',
  writeEnded: 'ok',
  readEnded: 'ok',
  closing: 'closing',
  releasing: 'closing',
  closed: undefined,
}

export function mayBecome(from: StreamState, to: StreamState): boolean {
  return (transitions[from] as readonly StreamState[]).includes(to)
}
