export type { SpdyHeaders } from './header-codec.ts'
export { SpdyError } from './spdy-error.ts'
export { SpdySession, type SpdySessionComponents, type SpdySessionOptions } from './spdy-session.ts'
export type { SpdyStream } from './spdy-stream.ts'
