/** The peer broke the wire contract. Ends the stream that it came on, and only that one, with `grpcStatus`. */
export class ProtocolError extends Error {
  readonly code = 'ERR_PROTOCOL'
  /** The gRPC status to end the stream with (13 is INTERNAL, 8 RESOURCE_EXHAUSTED). */
  readonly grpcStatus: number

  constructor(message: string, grpcStatus = 13, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProtocolError'
    this.grpcStatus = grpcStatus
  }
}
