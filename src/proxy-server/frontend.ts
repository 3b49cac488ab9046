import type { Sink } from '../transport/index.ts'
import type { UnknownFields } from '../wire/index.ts'
import type { Connection } from './connection.ts'
import type { DialFailure } from './dial-failure.ts'

/**
 * One program's connection to the hub side of the tunnel, whatever it speaks. It hands its bytes to the `Connection`
 * that `onConnected` gave it, and is a sink for what comes back.
 */
export interface Frontend extends Sink {
  readonly kind: 'grpc' | 'http-connect'
  /** True when the end of one direction can be told apart from the end of the connection. */
  readonly canHalfClose: boolean
  /** True when the frontend still reads after it has asked to close. */
  readonly readsAfterClose: boolean
  /** The target was reached. A frontend that is not ready for its bytes holds them back on the connection. */
  onConnected(connection: Connection, unknown?: UnknownFields): void
  onDialFailed(failure: DialFailure): void
  /** The agent cannot take more for now: stop handing over bytes until `resumeSource`. */
  pauseSource(): void
  resumeSource(): void
  /** The target has finished sending; only called when `canHalfClose`. */
  finishSending(): void
  /** The connection is over: cleanly when `error` is empty, else broken off. The last call. */
  close(error: string, unknown?: UnknownFields): void
  /** The connection is over, and the frontend has long not read: it is cut off from what it has not got. The last call. */
  cutOff(): void
}
