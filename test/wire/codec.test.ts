import path from 'node:path'
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameDataWithUnknown, frameSmallData } from '../../src/wire/encode.ts'
import {
  type ControlPacket,
  decodePacket,
  encodePacket,
  frameControlPacket,
  frameDataHead,
  ProtocolError,
} from '../../src/wire/index.ts'
import {
  anyBytes,
  anyCuts,
  anyDataPacket,
  anyInt64,
  anyPacket,
  bytesField,
  comparable,
  encodeAny,
  hex,
  type KnownPacket,
  split,
  toConnectId,
  varint,
} from './packets.ts'

const decode = (message: Buffer) => comparable(decodePacket([message]))
const text = (value: string) => Buffer.from(value).toString('hex')

describe('the exact bytes of each packet', () => {
  const table: [name: string, packet: ControlPacket, bytes: string][] = [
    [
      'DIAL_REQ, whose type is left out',
      { type: 'DIAL_REQ', protocol: 'tcp', address: 'a:443', random: 2n ** 62n },
      `12 16 0a03${text('tcp')} 1205${text('a:443')} 18 808080808080808040`,
    ],
    [
      'DIAL_RSP of a dial that succeeded',
      { type: 'DIAL_RSP', error: '', connectId: 1, random: 300n },
      '08 01 1a 05 10 01 18 ac02',
    ],
    [
      'DIAL_RSP of a dial that failed',
      { type: 'DIAL_RSP', error: 'no', connectId: 0, random: 300n },
      `08 01 1a 07 0a02${text('no')} 18 ac02`,
    ],
    [
      'DIAL_RSP of a dial that was refused',
      { type: 'DIAL_RSP', error: 'no', connectId: 0, random: 300n, refused: true },
      `08 01 1a 0a 0a02${text('no')} 18 ac02 8004 01`,
    ],
    ['CLOSE_REQ', { type: 'CLOSE_REQ', connectId: 5, error: '' }, '08 02 2a 02 08 05'],
    [
      'CLOSE_REQ of a connection that was broken off',
      { type: 'CLOSE_REQ', connectId: 5, error: 'x' },
      `08 02 2a 06 08 05 820401${text('x')}`,
    ],
    ['CLOSE_RSP', { type: 'CLOSE_RSP', connectId: 5, error: '' }, '08 03 32 02 10 05'],
    [
      'CLOSE_RSP with an error',
      { type: 'CLOSE_RSP', connectId: 5, error: 'x' },
      `08 03 32 05 0a01${text('x')} 10 05`,
    ],
    ['DIAL_CLS', { type: 'DIAL_CLS', random: 7n }, '08 05 3a 02 08 07'],
    ['DRAIN, whose empty sub-message is there', { type: 'DRAIN' }, '08 06 42 00'],
    ['CREDIT', { type: 'CREDIT', connectId: 5, bytes: 300 }, '08 40 8204 05 08 05 10 ac02'],
    ['HALF_CLOSE', { type: 'HALF_CLOSE', connectId: 5 }, '08 41 8a04 02 08 05'],
    [
      'a negative id, in ten bytes',
      { type: 'HALF_CLOSE', connectId: -1 },
      '08 41 8a04 0b 08 ffffffffffffffffff01',
    ],
  ]

  it.each(table)('%s', (_name, packet, bytes) => {
    expect(encodePacket(packet).toString('hex')).toBe(bytes.replaceAll(' ', ''))
    expect(decodePacket([hex(bytes)])).toEqual(packet)
  })

  it.each([
    [1, 5, '08 04 22 09 08 01 1a 05'],
    [0, 1, '08 04 22 03 1a 01'],
    [300, 64 * 1024, '08 04 22 878004 08 ac02 1a 808004'],
    [-1, 1, '08 04 22 0e 08 ffffffffffffffffff01 1a 01'],
    [2n ** 63n - 1n, 1, '08 04 22 0d 08 ffffffffffffffff7f 1a 01'],
  ])('the head of DATA of connection %s with %i bytes', (connectId, length, head) => {
    const framed = frameDataHead(connectId, length)
    expect(framed.subarray(5).toString('hex')).toBe(head.replaceAll(' ', ''))
    expect([framed[0], framed.readUInt32BE(1)]).toEqual([0, framed.length - 5 + length])
    const message = Buffer.concat([framed.subarray(5), Buffer.alloc(length, 7)])
    expect(decodePacket([message])).toMatchObject({ type: 'DATA', connectId, length })
  })

  it('frames few bytes in one piece, which is head and bytes', () => {
    fc.assert(
      fc.property(anyDataPacket, ({ connectId, chunks, length }) => {
        const whole = frameSmallData(connectId, chunks, length)
        expect(whole).toEqual(Buffer.concat([frameDataHead(connectId, length), ...chunks]))
      }),
    )
  })

  it('puts gRPC’s prefix before a control packet: not compressed, and the length', () => {
    expect(frameControlPacket({ type: 'DRAIN' }).toString('hex')).toBe('000000000408064200')
  })
})

describe('against protobufjs', () => {
  const protoFile = path.join(import.meta.dirname, '../../proto/konnectivity.proto')
  const definition = loadSync(protoFile, { longs: String, enums: String, defaults: false, keepCase: true })
  const { Connect } = definition.AgentService as ServiceDefinition
  if (!Connect) throw new Error('the proto file has no AgentService.Connect')
  const { requestSerialize, requestDeserialize } = Connect

  it('reads what we encode', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        expect(requestDeserialize(encodeAny(packet))).toEqual(withoutDefaults(theirs(packet)))
      }),
      { numRuns: 1000 },
    )
  })

  it('writes what we decode, with defaults left out and with defaults spelled out', () => {
    fc.assert(
      fc.property(anyPacket, fc.boolean(), (packet, spelledOut) => {
        const message = requestSerialize(spelledOut ? theirs(packet) : withoutDefaults(theirs(packet)))
        expect(decode(message)).toEqual(comparable(packet))
      }),
      { numRuns: 1000 },
    )
  })
})

describe('decoding what was encoded', () => {
  it('gives the packet back, however the message arrives', () => {
    fc.assert(
      fc.property(anyPacket, anyCuts, (packet, cuts) => {
        expect(comparable(decodePacket(split(encodeAny(packet), cuts)))).toEqual(comparable(packet))
      }),
      { numRuns: 1000 },
    )
  })

  it('hands out an id as a number exactly when a number holds it', () => {
    for (const [value, expected] of [
      [2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
      [2n ** 53n, 2n ** 53n],
      [-(2n ** 53n) + 1n, Number.MIN_SAFE_INTEGER],
      [-(2n ** 53n), -(2n ** 53n)],
    ] as const) {
      const packet = decodePacket([encodePacket({ type: 'HALF_CLOSE', connectId: value })])
      expect(packet).toEqual({ type: 'HALF_CLOSE', connectId: expected })
    }
  })

  it('replaces lone surrogates, so that what is sent is UTF-8', () => {
    const packet = decodePacket([encodePacket({ type: 'CLOSE_RSP', connectId: 1, error: 'a\ud800b' })])
    expect(packet).toMatchObject({ error: 'a\ufffdb' })
  })
})

describe('the fast path for DATA', () => {
  it('decodes what the slow path decodes, for any chunking', () => {
    fc.assert(
      fc.property(anyDataPacket, anyCuts, fc.integer({ min: 2, max: 10 }), (packet, cuts, typeLength) => {
        const message = encodeAny(packet)
        // A type that is not minimally encoded means the same, and is none of the fast path's business.
        const slow = Buffer.concat([hex('08'), varint(4n, typeLength), message.subarray(2)])
        const expected = comparable(packet)
        expect(comparable(decodePacket(split(message, cuts)))).toEqual(expected)
        expect(comparable(decodePacket(split(slow, cuts)))).toEqual(expected)
      }),
      { numRuns: 1000 },
    )
  })

  it('copies nothing and gives the bytes in the pieces that they came in', () => {
    const head = frameDataHead(1, 60_000).subarray(5)
    const message = Buffer.concat([head, Buffer.alloc(60_000)])
    const pieces = split(message, [100, 30_000])
    const packet = decodePacket(pieces)
    if (packet.type !== 'DATA') throw new Error('not DATA')
    expect(packet.chunks.map((chunk) => chunk.length)).toEqual([
      100 - head.length,
      29_900,
      message.length - 30_000,
    ])
    for (const chunk of packet.chunks) expect(chunk.buffer).toBe(message.buffer)
  })

  it('leaves a second sub-message to the slow path, which merges it as Go does', () => {
    const merged = hex('08 04 22 05 08 01 1a 01 61 22 02 08 02')
    expect(decode(merged)).toEqual({ type: 'DATA', connectId: 2, chunks: text('a'), length: 1 })
    // The same with lengths that lie: the first covers the second sub-message, which is then only bytes.
    expect(decode(hex('08 04 22 09 08 01 1a 05 61 22 02 08 02'))).toEqual({
      type: 'DATA',
      connectId: 1,
      chunks: '6122020802',
      length: 5,
    })
  })
})

describe('protobuf’s freedoms', () => {
  it('takes varints that are longer than they need to be', () => {
    fc.assert(
      fc.property(anyInt64, anyBytes(1, 20), fc.integer({ min: 1, max: 10 }), (id, data, padding) => {
        const payload = Buffer.concat([hex('08'), varint(id, padding), hex('1a'), varint(20n, padding)])
        const whole = Buffer.concat([payload, Buffer.alloc(20, data)])
        const message = Buffer.concat([
          hex('08'),
          varint(4n, padding),
          hex('22'),
          varint(BigInt(whole.length), padding),
          whole,
        ])
        expect(decodePacket([message])).toMatchObject({
          type: 'DATA',
          connectId: toConnectId(id),
          length: 20,
        })
      }),
    )
  })

  it('takes a type in any place, of several the last, and cuts it to 32 bits', () => {
    expect(decode(hex('42 00 08 06'))).toEqual({ type: 'DRAIN' })
    expect(decode(hex('08 04 08 06 42 00'))).toEqual({ type: 'DRAIN' })
    expect(decode(Buffer.concat([hex('08'), varint(6n + 2n ** 32n), hex('4200')]))).toEqual({ type: 'DRAIN' })
  })

  it('takes the last of several values of one field', () => {
    expect(decode(hex('08 02 2a 04 08 05 08 06'))).toEqual({ type: 'CLOSE_REQ', connectId: 6, error: '' })
    expect(decode(hex('08 04 22 0a 08 01 1a 02 6162 1a 02 6364'))).toEqual({
      type: 'DATA',
      connectId: 1,
      chunks: text('cd'),
      length: 2,
    })
  })

  it('takes the last member of the oneof, and merges a member only with the parts right before it', () => {
    const closeRequest = hex('2a 04 08 05 1801')
    const closeResponse = hex('32 02 10 05')
    const rest = hex('2a 02 1001')
    expect(decode(Buffer.concat([hex('0802'), closeResponse, closeRequest]))).toEqual({
      type: 'CLOSE_REQ',
      connectId: 5,
      error: '',
      unknown: { payload: hex('1801') },
    })
    expect(decode(Buffer.concat([hex('0802'), closeRequest, closeResponse, rest]))).toEqual({
      type: 'CLOSE_REQ',
      connectId: 0,
      error: '',
      unknown: { payload: hex('1001') },
    })
    expect(() => decode(Buffer.concat([hex('0802'), closeRequest, closeResponse]))).toThrow(ProtocolError)
  })

  it('joins a sub-message that comes in parts, also one that comes before its type', () => {
    expect(decode(hex('2a 02 08 05 0802 2a 00 2a 05 8204 02 6162'))).toEqual({
      type: 'CLOSE_REQ',
      connectId: 5,
      error: 'ab',
    })
  })
})

describe('what this version does not know', () => {
  /** A field with a number that no packet or payload uses, of every wire type, groups included. */
  const anyUnknownField = fc
    .record({ field: fc.constantFrom(9, 15, 16, 63, 66, 2047, 2 ** 29 - 1), wireType: fc.nat({ max: 4 }) })
    .chain(({ field, wireType }) => {
      const tag = (type: number) => varint(BigInt(field) * 8n + BigInt(type))
      if (wireType === 0) return anyInt64.map((value) => Buffer.concat([tag(0), varint(value)]))
      if (wireType === 1) return anyBytes(8, 8).map((value) => Buffer.concat([tag(1), value]))
      if (wireType === 2) return anyBytes(0, 20).map((value) => bytesField(field, value))
      if (wireType === 3) return fc.constant(Buffer.concat([tag(3), hex('53 0807 54'), tag(4)]))
      return anyBytes(4, 4).map((value) => Buffer.concat([tag(5), value]))
    })
  const anyUnknown = fc
    .array(anyUnknownField, { minLength: 1, maxLength: 4 })
    .map((all) => Buffer.concat(all))

  it('is kept in the packet and in the payload, DATA included, and encoded back', () => {
    fc.assert(
      fc.property(anyPacket, fc.option(anyUnknown), fc.option(anyUnknown), (plain, packet, payload) => {
        const unknown = { ...(packet ? { packet } : {}), ...(payload ? { payload } : {}) }
        const full: KnownPacket = packet || payload ? { ...plain, unknown } : plain
        const message = encodeAny(full)
        const decoded = decodePacket([message])
        expect(comparable(decoded)).toEqual(comparable(full))
        expect(encodeAny(decoded as KnownPacket)).toEqual(message)
      }),
      { numRuns: 500 },
    )
  })

  it('is found anywhere in a message, and put last', () => {
    const message = hex('48 01 08 02 48 02 2a 06 18 01 08 05 18 02 48 03')
    const packet = decodePacket([message])
    expect(packet).toEqual({
      type: 'CLOSE_REQ',
      connectId: 5,
      error: '',
      unknown: { packet: hex('4801 4802 4803'), payload: hex('1801 1802') },
    })
    expect(encodeAny(packet as KnownPacket)).toEqual(hex('08 02 2a 06 08 05 18 01 18 02 48 01 48 02 48 03'))
  })

  it('includes a known number with another wire type, as Go sees it', () => {
    expect(decode(hex('08 04 22 08 08 01 18 07 1a 02 6162 0d 01020304'))).toEqual({
      type: 'DATA',
      connectId: 1,
      chunks: text('ab'),
      length: 2,
      unknown: { packet: hex('0d 01020304'), payload: hex('1807') },
    })
  })

  it('puts unknown fields of DATA behind the bytes, prefix included', () => {
    const framed = frameDataWithUnknown(1, [Buffer.from('a')], { packet: hex('4801'), payload: hex('2002') })
    expect(framed.toString('hex')).toBe('000000000d 0804 2207 0801 1a0161 2002 4801'.replaceAll(' ', ''))
  })

  it('keeps DATA.error, which nobody sets, but only as UTF-8: a Go peer ends its whole stream over anything else', () => {
    const message = hex('08 04 22 09 08 01 12 02 c3bc 1a 01 61')
    expect(decode(message)).toEqual({
      type: 'DATA',
      connectId: 1,
      chunks: text('a'),
      length: 1,
      unknown: { payload: hex('1202c3bc') },
    })
    expect(() => decode(hex('08 04 22 09 08 01 12 02 c328 1a 01 61'))).toThrow(/not valid UTF-8/)
  })

  it('may be the type itself', () => {
    expect(decode(hex('08 07'))).toEqual({ type: 'UNKNOWN', typeNumber: 7 })
    expect(decode(hex('08 64 9206 02 0801'))).toEqual({ type: 'UNKNOWN', typeNumber: 100 })
    expect(decode(Buffer.concat([hex('08'), varint(-1n), hex('42 00')]))).toEqual({
      type: 'UNKNOWN',
      typeNumber: -1,
    })
  })
})

describe('a malformed packet', () => {
  it.each([
    ['nothing at all', ''],
    ['a type without a payload', '08 04'],
    ['DRAIN without its sub-message', '08 06'],
    ['a payload of another type', '08 04 2a 02 08 05'],
    ['a payload without a type, other than DIAL_REQ’s', '22 05 08 01 1a 01 61'],
    ['DIAL_REQ with the payload of DATA', '08 00 22 05 08 01 1a 01 61'],
    ['field number 0', '00 00'],
    ['a field number past 29 bits', '80808080 10 00 08 06 42 00'],
    ['a tag past 64 bits', 'ffffffffffffffffff7f 00'],
    ['a varint past 64 bits', '08 ffffffffffffffffff02 42 00'],
    ['a varint of eleven bytes', '08 8080808080808080808000 42 00'],
    ['wire type 6', '08 06 42 00 4e'],
    ['wire type 7', '08 06 42 00 4f'],
    ['a group that ends but did not begin', '08 06 42 00 4c'],
    ['a group that another ends', '08 06 42 00 4b 54'],
    ['a group without an end', '08 06 42 00 4b 08 01'],
    ['groups in groups in groups', `08 06 42 00 ${'4b'.repeat(5000)}${'4c'.repeat(5000)}`],
    ['a length past the end', '08 04 22 06 08 01 1a 01 61'],
    ['a length of 2^64-1', '08 04 22 ffffffffffffffffff01 08 01'],
    ['an inner length past its sub-message', '08 04 22 05 08 01 1a 02 61 62'],
    ['an address that is not UTF-8', '12 04 12 02 c328'],
    ['an address that is an encoded surrogate', '12 05 12 03 eda080'],
    ['a negative credit', '08 40 8204 0d 08 05 10 ffffffffffffffffff01'],
    ['a credit past 2^53', '08 40 8204 0c 08 05 10 ffffffffffffffff7f'],
  ])('is refused: %s', (_name, bytes) => {
    expect(() => decode(hex(bytes))).toThrow(ProtocolError)
  })

  it('says which status to end the stream with', () => {
    expect(() => decode(hex('08 04'))).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL', grpcStatus: 13 }),
    )
  })

  it('is what is left of any packet that is cut short, at any place', () => {
    fc.assert(
      fc.property(anyPacket, anyCuts, (packet, cuts) => {
        const message = encodeAny(packet)
        for (let length = 0; length < message.length; length++) {
          expect(() => decodePacket(split(message.subarray(0, length), cuts))).toThrow(ProtocolError)
        }
      }),
    )
  })
})

/** A packet as proto-loader has it, with all fields of its payload. */
function theirs(packet: KnownPacket): { type: string } & Record<string, unknown> {
  const { type } = packet
  switch (type) {
    case 'DIAL_REQ':
      return {
        type,
        dialRequest: { protocol: packet.protocol, address: packet.address, random: String(packet.random) },
      }
    case 'DIAL_RSP':
      return {
        type,
        dialResponse: {
          error: packet.error,
          connectID: String(packet.connectId),
          random: String(packet.random),
          refused: packet.refused ?? false,
        },
      }
    case 'DATA':
      return { type, data: { connectID: String(packet.connectId), data: Buffer.concat(packet.chunks) } }
    case 'CLOSE_REQ':
      return { type, closeRequest: { connectID: String(packet.connectId), error: packet.error } }
    case 'CLOSE_RSP':
      return { type, closeResponse: { error: packet.error, connectID: String(packet.connectId) } }
    case 'DIAL_CLS':
      return { type, closeDial: { random: String(packet.random) } }
    case 'DRAIN':
      return { type, drain: {} }
    case 'CREDIT':
      return { type, credit: { connectID: String(packet.connectId), bytes: String(packet.bytes) } }
    case 'HALF_CLOSE':
      return { type, halfClose: { connectID: String(packet.connectId) } }
    default:
      throw new Error(`unhandled packet ${packet satisfies never}`)
  }
}

/** The same as a proto3 encoder sends it. */
function withoutDefaults({ type, ...payload }: ReturnType<typeof theirs>): Record<string, unknown> {
  const isDefault = (value: unknown) => value === '' || value === '0' || value === false
  const payloads = Object.entries(payload).map(([name, fields]) => [
    name,
    Object.fromEntries(Object.entries(fields as object).filter(([, value]) => !isDefault(value))),
  ])
  return { ...(type === 'DIAL_REQ' ? {} : { type }), ...Object.fromEntries(payloads) }
}
