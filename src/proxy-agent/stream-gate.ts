import type { MessageStream } from '../transport/index.ts'

/**
 * Pauses a stream while the backlog of at least one of its connections is full. Only for servers that do not speak of credit:
 * they cannot be told to slow down one connection.
 */
export class StreamGate {
  readonly #stream: Pick<MessageStream, 'pause' | 'resume'>
  #full = 0

  constructor(stream: Pick<MessageStream, 'pause' | 'resume'>) {
    this.#stream = stream
  }

  readonly close = (): void => {
    this.#full++
    if (this.#full === 1) this.#stream.pause()
  }

  readonly open = (): void => {
    this.#full--
    if (this.#full === 0) this.#stream.resume()
  }
}
