import { readFileSync } from 'node:fs'

interface RecordedMessage {
  readonly bytes: number
  /** All of it, or of a long one the beginning. */
  readonly hex?: string
  readonly head?: string
}

/** One thing that one of the originals said, or how it ended its stream: test/fixtures/README.md. */
export interface RecordedLine {
  readonly scenario: string
  readonly stream: string
  readonly dir: 'agent -> server' | 'server -> agent' | 'client -> server' | 'server -> client'
  readonly headers?: Readonly<Record<string, string>>
  readonly message?: RecordedMessage
  readonly end?: string
}

const file = new URL('../fixtures/recorded-tunnel.jsonl', import.meta.url)

export const recordedTunnel: readonly RecordedLine[] = readFileSync(file, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordedLine)

/** What went over the wire. Of a long message only the head was written down; what is missing are bytes of DATA, here zeros. */
export function rebuildMessage({ bytes, hex, head }: RecordedMessage): Buffer {
  return Buffer.concat([Buffer.from(hex ?? head ?? '', 'hex')], bytes) // concat fills up with zeros
}
