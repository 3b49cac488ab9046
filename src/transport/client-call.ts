import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2'
import { AppError } from '../common/errors.ts'
import { GrpcStatusError, readGrpcStatus } from './grpc-status-error.ts'
import { MessageStream } from './message-stream.ts'

/** One gRPC stream that we opened. */
export class ClientCall {
  readonly messages: MessageStream
  /** The server's metadata; rejects when the stream ends without any, with the server's status where it gave one. */
  readonly headers: Promise<IncomingHttpHeaders>
  readonly #stream: ClientHttp2Stream
  #status: { status: number; message: string } | undefined

  constructor(session: ClientHttp2Session, path: string, metadata: Readonly<Record<string, string>>) {
    this.#stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...metadata,
    })
    this.messages = new MessageStream(this.#stream)
    this.headers = this.#awaitHeaders()
    this.headers.catch(() => {}) // whoever needs them awaits them; nobody has to
    this.#stream.on('trailers', (trailers) => {
      this.#status = readGrpcStatus(trailers)
    })
  }

  /** The status that the server ended the stream with, if it did and it was not OK. */
  get failure(): GrpcStatusError | undefined {
    const status = this.#status
    return status && status.status !== 0 ? new GrpcStatusError(status.status, status.message) : undefined
  }

  #awaitHeaders(): Promise<IncomingHttpHeaders> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingHttpHeaders>()
    let answered = false
    let error: Error | undefined
    this.#stream.once('response', (headers) => {
      answered = true
      this.#status = readGrpcStatus(headers)
      if (this.#status) reject(new GrpcStatusError(this.#status.status, this.#status.message))
      else if (headers[':status'] !== 200) reject(new Error(`unexpected HTTP status ${headers[':status']}`))
      else resolve(headers)
    })
    this.#stream.once('error', (reason) => {
      error = reason
    })
    this.#stream.once('close', () => {
      if (answered) return
      reject(error ?? new AppError('ERR_UNANSWERED', 'the stream was closed before it was answered'))
    })
    return promise
  }
}
