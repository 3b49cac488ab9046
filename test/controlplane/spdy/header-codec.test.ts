import type { Transform } from 'node:stream'
import { constants, createDeflate, createInflate, type Zlib } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  HeaderDecoder,
  HeaderEncoder,
  type SpdyHeaders,
} from '../../../src/controlplane/spdy/header-codec.ts'
import { HEADER_DICTIONARY, HEADER_DICTIONARY_ID } from '../../../src/controlplane/spdy/header-dictionary.ts'
import { SpdyError } from '../../../src/controlplane/spdy/spdy-error.ts'

const headerText = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'))
const headerName = headerText
  .map((text) => text.toLowerCase())
  .filter((text) => text !== '' && text === text.toLowerCase())
const headers: fc.Arbitrary<SpdyHeaders> = fc
  .array(fc.tuple(headerName, fc.array(headerText, { minLength: 1, maxLength: 3 })), { maxLength: 10 })
  .map((entries) => new Map(entries))

const STREAM_TYPE = new Map([['streamtype', ['error']]])

describe('the dictionary', () => {
  it('is the one of SPDY/3', () => {
    expect(HEADER_DICTIONARY).toHaveLength(1423)
    expect(adler32(HEADER_DICTIONARY)).toBe(HEADER_DICTIONARY_ID)
  })
})

describe('header blocks', () => {
  it('are read as they were written, one after the other', () => {
    fc.assert(
      fc.property(fc.array(headers, { maxLength: 20 }), (blocks) => {
        const [encoder, decoder] = [new HeaderEncoder(), new HeaderDecoder()]
        for (const each of blocks) expect(decoder.decode(encoder.encode(each))).toEqual(each)
      }),
    )
  })

  it('refer to what was before them, however long ago that is', () => {
    const [encoder, decoder] = [new HeaderEncoder(), new HeaderDecoder()]
    for (let count = 0; count < 3_000; count++) {
      const each = new Map([
        ['streamtype', ['data']],
        ['port', ['8080']],
        ['requestid', [String(count)]],
      ])
      const bytes = encoder.encode(each)
      if (count > 2) expect(bytes.length).toBeLessThan(60)
      expect(decoder.decode(bytes)).toEqual(each)
    }
  })

  it('are one zlib stream, as others read it', async () => {
    const encoder = new HeaderEncoder()
    const inflate = createInflate({ dictionary: HEADER_DICTIONARY })
    const [first, second] = [encoder.encode(STREAM_TYPE), encoder.encode(STREAM_TYPE)]
    const block = '\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05error'
    expect(await through(inflate, first)).toBe(block)
    expect(await through(inflate, second)).toBe(block)
    inflate.destroy()
  })

  it('are read as others write them', async () => {
    const deflate = createDeflate({ dictionary: HEADER_DICTIONARY, flush: constants.Z_SYNC_FLUSH, level: 9 })
    const decoder = new HeaderDecoder()
    for (let count = 0; count < 3; count++) {
      const bytes = await through(deflate, Buffer.from('\0\0\0\x01\0\0\0\x04port\0\0\0\x042379'))
      expect(decoder.decode(Buffer.from(bytes, 'latin1'))).toEqual(new Map([['port', ['2379']]]))
    }
    deflate.destroy()
  })
})

describe('what is no header block', () => {
  it('is a SpdyError, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, hasHead) => {
        const head = hasHead ? [0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2] : []
        try {
          new HeaderDecoder().decode(Buffer.from([...head, ...bytes]))
        } catch (error) {
          expect(error).toBeInstanceOf(SpdyError)
        }
      }),
    )
  })

  it.each([
    [
      'a block that is larger than it may be',
      [0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0, 1, 0, 0, ...new Array(65_536).fill(0x62)],
    ],
    ['a name in upper case', [0, 0, 0, 1, 0, 0, 0, 1, 0x41, 0, 0, 0, 0]],
    ['a name that is empty', [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a name that is there twice', [0, 0, 0, 2, 0, 0, 0, 1, 0x61, 0, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 0, 0]],
    ['a block that ends too soon', [0, 0, 0, 2, 0, 0, 0, 1, 0x61, 0, 0, 0, 0]],
    ['a length beyond the block', [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x61]],
    ['a number beyond the block', [0xff, 0xff, 0xff, 0xff]],
  ])('is %s', async (_what, block) => {
    const deflate = createDeflate({ dictionary: HEADER_DICTIONARY, flush: constants.Z_SYNC_FLUSH })
    const bytes = Buffer.from(await through(deflate, Buffer.from(block)), 'latin1')
    deflate.destroy()
    expect(() => new HeaderDecoder().decode(bytes)).toThrow(SpdyError)
  })

  it.each([
    ['without a dictionary', {}],
    ['with another dictionary', { dictionary: Buffer.from('another') }],
  ])('is a zlib stream %s', async (_what, options) => {
    const deflate = createDeflate({ ...options, flush: constants.Z_SYNC_FLUSH })
    const bytes = Buffer.from(await through(deflate, Buffer.from([0, 0, 0, 0])), 'latin1')
    deflate.destroy()
    expect(() => new HeaderDecoder().decode(bytes)).toThrow(SpdyError)
  })
})

/** What comes out for what goes in, flushed. */
async function through(stream: Transform & Zlib, bytes: Buffer): Promise<string> {
  const pieces: Buffer[] = []
  const take = (piece: Buffer) => pieces.push(piece)
  stream.on('data', take)
  await new Promise<void>((resolve) => stream.write(bytes, () => stream.flush(() => resolve())))
  stream.off('data', take)
  return Buffer.concat(pieces).toString('latin1')
}

function adler32(bytes: Buffer): number {
  let [a, b] = [1, 0]
  for (const each of bytes) {
    a = (a + each) % 65_521
    b = (b + a) % 65_521
  }
  return ((b << 16) | a) >>> 0
}
