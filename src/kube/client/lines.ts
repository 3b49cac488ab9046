import { KubeRequestError } from '../errors.ts'

/** Objects of at most 3 MiB are stored, and a little more may be said about them. */
const LONGEST_LINE_BYTES = 16 * 1024 * 1024

const NEWLINE = 0x0a

/**
 * Splits a stream into its lines, wherever its chunks begin and end; what follows the last newline is no line. Holds one line,
 * and throws a KubeRequestError when that grows too long.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end))
      const line = Buffer.concat(parts).toString()
      parts = []
      bytes = 0
      start = end + 1
      if (line.trim() !== '') yield line
    }
    parts.push(chunk.subarray(start))
    bytes += chunk.length - start
    if (bytes > LONGEST_LINE_BYTES) throw new KubeRequestError('a line of the answer is too long')
  }
}
