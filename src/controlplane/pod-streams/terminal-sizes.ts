import type { TerminalSize } from './pod-runtime.ts'

/** Sizes are some ten bytes each. */
const MAX_BYTES = 4 * 1024
const MAX_SIZE = 0xffff

/** What a client says of its terminal: JSON after JSON, names in any case (Go's). Ends at what is none, and with the connection. */
export async function* terminalSizes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TerminalSize> {
  let text = ''
  for await (const chunk of untilBroken(bytes)) {
    text += Buffer.from(chunk).toString('latin1')
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = parseSize(text.slice(0, end + 1))
      if (!size) return
      yield size
      text = text.slice(end + 1)
    }
    if (text.length > MAX_BYTES) return
  }
}

async function* untilBroken(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch {
    // the client has gone, which is told elsewhere
  }
}

function parseSize(text: string): TerminalSize | undefined {
  try {
    const fields = new Map(
      Object.entries(JSON.parse(text)).map(([name, value]) => [name.toLowerCase(), value]),
    )
    return { width: cells(fields.get('width')), height: cells(fields.get('height')) }
  } catch {
    return undefined
  }
}

function cells(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.min(Math.trunc(value), MAX_SIZE) : 0
}
