import type { Segment } from '../transport/index.ts'

/**
 * What carries one connection's bytes to the proxy server: an HTTP/2 stream of its own, or a socket of its own.
 * It hands what it receives to the `CarrierSink` that it was given.
 */
export interface Carrier {
  /** Our end of the connection to the proxy server; undefined on a unix socket. */
  readonly localAddress: string | undefined
  readonly localPort: number | undefined
  /** Bytes that were written and not yet handed to the network. */
  readonly queuedBytes: number
  /** Sends at most 64 KiB; `onWritten` is called once they are with the network, or lost. */
  write(segment: Segment, onWritten: () => void): void
  /** Says that no more bytes will come, behind those written. */
  end(): void
  /** Ends the connection and lets go of the sink. A `reason` that is not empty breaks it off at the far side, too. */
  close(reason: string): void
  /** Stops and restarts what the sink is handed, for the far side to notice in the end. */
  pause(): void
  resume(): void
  /** Whether the connection keeps the process alive; at first it does. */
  ref(): void
  unref(): void
}

/** The receiving end of a carrier. After `handleClosed` or `handleBreak` nothing more comes. */
export interface CarrierSink {
  handleData(chunks: readonly Buffer[], length: number): void
  /** The peer will send no more, and still reads. */
  handleEnd(): void
  /** The peer has closed the connection in order. */
  handleClosed(): void
  /** The connection was broken off. */
  handleBreak(error: Error): void
}
