export { ClientCall } from './client-call.ts'
export { destroySession } from './destroy-session.ts'
export { FairWriter, WRITE_BUDGET_BYTES } from './fair-writer.ts'
export { GrpcStatusError } from './grpc-status-error.ts'
export { type ClientTls, connectHttp2, describeEndpoint, type Http2ConnectOptions } from './http2-client.ts'
export {
  AGENT_STREAM_WINDOW_BYTES,
  CLIENT_STREAM_WINDOW_BYTES,
  SERVER_LIMITS,
  STREAM_WINDOW_BYTES,
  settingsWithWindow,
} from './http2-limits.ts'
export {
  type BacklogLimit,
  type CreditLimit,
  InboundFlow,
  type Sink,
  STUCK_READER_MS,
} from './inbound-flow.ts'
export { BRISK_PACE, Keepalive, type KeepalivePace } from './keepalive.ts'
export { MessageStream, type MessageStreamHandler, type StreamEnd } from './message-stream.ts'
export { OutboundFlow, SEND_QUEUE_HIGH_BYTES } from './outbound-flow.ts'
export { type Segment, SegmentQueue, splitSegment, toSegment } from './segment-queue.ts'
export { ServerCall } from './server-call.ts'
export { ServerSessions } from './server-sessions.ts'
