import { once } from 'node:events'
import type { Logger } from '../../common/log.ts'
import type { AnswerStream, StreamedAnswer } from '../http/answer.ts'

/** A log as it comes. One that breaks off is broken off for the client, too. */
export function logAnswer(log: Logger, pieces: AsyncIterable<Uint8Array>): StreamedAnswer {
  return {
    status: 200,
    contentType: 'text/plain',
    stream: (output) => {
      send(pieces, output).then(
        () => output.end(),
        (err) => {
          if (!output.signal.aborted) log.warn({ err }, 'cannot read on in the log of a container')
          output.destroy()
        },
      )
    },
  }
}

/** Reads no faster than the client does. */
async function send(pieces: AsyncIterable<Uint8Array>, output: AnswerStream): Promise<void> {
  for await (const piece of pieces) {
    if (output.signal.aborted) return
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    if (bytes.length > 0 && !output.write(bytes)) await drained(output)
  }
}

async function drained(output: AnswerStream): Promise<void> {
  if (output.signal.aborted) return
  const done = new AbortController()
  const gone = once(output.signal, 'abort', { signal: done.signal }).catch(() => {})
  await Promise.race([new Promise<void>((resolve) => output.onDrain(resolve)), gone])
  done.abort()
}
