import { readFileSync } from 'node:fs'
import { frameDataHead, GRPC_PREFIX_BYTES } from '../../src/wire/encode.ts'
import { type ConnectId, decodePacket, encodePacket, type Packet } from '../../src/wire/index.ts'

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

/** One gRPC message without its prefix. For the recorded ones, recorded-wire.test.ts shows that this undoes their decoding. */
export function encodeMessage(packet: Packet): Buffer {
  if (packet.type === 'UNKNOWN') throw new Error(`unknown packet type ${packet.typeNumber}`)
  if (packet.type !== 'DATA') return encodePacket(packet)
  const head = frameDataHead(packet.connectId, packet.length).subarray(GRPC_PREFIX_BYTES)
  return Buffer.concat([head, ...packet.chunks])
}

/** Grows with every packet and with every byte of DATA, however that is cut. */
export function amount(messages: readonly Buffer[]): number {
  return messages
    .map((message): Packet => decodePacket([message]))
    .reduce((sum, packet) => sum + (packet.type === 'DATA' ? packet.length : 1_000_000), 0)
}

/** The messages as they were; with `recut`, DATA that follows DATA is joined. */
export function transcript(messages: readonly Buffer[], recut: boolean): string[] {
  const lines: string[] = []
  let open: { connectId: unknown; bytes: Buffer } | undefined
  const close = () => {
    if (open) lines.push(`DATA of ${open.connectId}: ${open.bytes.toString('hex')}`)
    open = undefined
  }
  for (const message of messages) {
    const packet = decodePacket([message])
    if (recut && packet.type === 'DATA') {
      const bytes = Buffer.concat([open?.bytes ?? Buffer.alloc(0), ...packet.chunks])
      open = { connectId: packet.connectId, bytes }
    } else {
      close()
      lines.push(message.toString('hex'))
    }
  }
  close()
  return lines
}

/** What stands in a replay for IDs, addresses and the like of the recording, wherever they occur. */
export class Substitutes {
  /** Parts of addresses and of error texts. */
  readonly #texts: ReadonlyMap<string, string>
  readonly #randoms = new Map<bigint, bigint>()
  readonly #connectIds = new Map<ConnectId, ConnectId>()

  constructor(texts: Readonly<Record<string, string>> = {}) {
    this.#texts = new Map(Object.entries(texts))
  }

  /** Ours has answered with `ours` where the original said `recorded`: from now on its IDs stand for the original's. */
  learn(recorded: Buffer, ours: Buffer): void {
    const [original, own] = [decodePacket([recorded]), decodePacket([ours])]
    if (original.type === 'DIAL_REQ' && own.type === 'DIAL_REQ') {
      substitute(this.#randoms, original.random, own.random)
    } else if (original.type === 'DIAL_RSP' && own.type === 'DIAL_RSP' && original.connectId !== 0) {
      substitute(this.#connectIds, original.connectId, own.connectId)
    }
  }

  /** The message as it has to be in the replay. */
  applyTo(message: Buffer): Buffer {
    const packet = decodePacket([message])
    return encodeMessage({
      ...packet,
      ...('random' in packet ? { random: this.#randoms.get(packet.random) ?? packet.random } : {}),
      ...('connectId' in packet
        ? { connectId: this.#connectIds.get(packet.connectId) ?? packet.connectId }
        : {}),
      ...('address' in packet ? { address: this.#textFor(packet.address) } : {}),
      ...('error' in packet ? { error: this.#textFor(packet.error) } : {}),
    })
  }

  #textFor(text: string): string {
    return [...this.#texts].reduce((sum, [from, to]) => sum.replace(from, to), text)
  }
}

/** Two originals have to have two substitutes. */
function substitute<Id>(ids: Map<Id, Id>, original: Id, own: Id): void {
  if ([...ids.values()].includes(own)) throw new Error(`${own} was chosen twice`)
  ids.set(original, own)
}
