import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameParser } from '../../../src/controlplane/spdy/frame-parser.ts'
import type { SpdyStream } from '../../../src/controlplane/spdy/index.ts'
import { eventually } from '../../support/eventually.ts'
import { numbers, SpdyClient } from './spdy-client.ts'

const FIN = 1
const echo = (stream: SpdyStream) => {
  stream.pipe(stream)
}

describe('a stream', () => {
  it('carries bytes both ways, and ends both ways', async () => {
    const client = new SpdyClient(echo)
    client.open(1, { streamtype: 'data' })
    client.data(1, 'hello')
    await eventually(() => client.frames).toEqual(['SYN_REPLY 1', 'DATA 1 hello'])
    client.data(1, '', FIN)
    await eventually(() => client.frames).toEqual(['SYN_REPLY 1', 'DATA 1 hello', 'DATA 1 FIN'])
    client.transport.end()
    await client.ended
  })

  it('has its headers', async () => {
    const opened = Promise.withResolvers<SpdyStream>()
    const client = new SpdyClient(opened.resolve)
    client.open(1, { streamtype: 'error', port: '80' })
    const stream = await opened.promise
    expect([stream.header('streamtype'), stream.header('port'), stream.header('none')]).toEqual([
      'error',
      '80',
      '',
    ])
    client.break()
    await client.ended
  })

  it('may end with its first frame', async () => {
    const client = new SpdyClient(echo)
    client.open(1, {}, FIN)
    await eventually(() => client.frames).toEqual(['SYN_REPLY 1', 'DATA 1 FIN'])
    client.transport.end()
    await client.ended
  })

  it('is reset when it is destroyed, and what was on its way is dropped', async () => {
    const opened = Promise.withResolvers<SpdyStream>()
    const client = new SpdyClient(opened.resolve)
    client.open(1)
    ;(await opened.promise).destroy()
    await eventually(() => client.frames).toEqual(['SYN_REPLY 1', 'RST_STREAM 1 5'])
    client.data(1, 'too late')
    client.control(6, numbers(1))
    await eventually(() => client.frames.at(-1)).toBe('PING 1')
    client.transport.end()
    await client.ended
  })

  it('is destroyed when the client resets it', async () => {
    const opened = Promise.withResolvers<SpdyStream>()
    const client = new SpdyClient(opened.resolve)
    client.open(1)
    const stream = await opened.promise
    client.control(3, numbers(1, 5))
    await once(stream, 'close')
    expect(client.frames).toEqual(['SYN_REPLY 1'])
    client.transport.end()
    await client.ended
  })

  it('is refused by whoever does not want it, and when there are too many', async () => {
    const client = new SpdyClient(
      (stream) => {
        if (stream.id === 1) throw new Error('not this')
      },
      { maxStreams: 1 },
    )
    client.open(1)
    client.open(3)
    client.open(5)
    await eventually(() => client.frames).toEqual(['RST_STREAM 1 3', 'SYN_REPLY 3', 'RST_STREAM 5 3'])
    client.transport.end()
    await client.ended
  })
})

describe('a session', () => {
  it('answers pings of the client', async () => {
    const client = new SpdyClient(echo)
    client.control(6, numbers(2)) // one of ours, which we never sent
    client.control(6, numbers(7))
    await eventually(() => client.frames).toEqual(['PING 7'])
    client.transport.end()
    await client.ended
  })

  it('bears what it does not know', async () => {
    const client = new SpdyClient(echo)
    client.control(4, numbers(0)) // SETTINGS
    client.control(9, numbers(0, 100)) // WINDOW_UPDATE
    client.control(42, Buffer.from('whatever'))
    client.control(6, numbers(1))
    await eventually(() => client.frames).toEqual(['PING 1'])
    client.transport.end()
    await client.ended
  })

  it('ends when the client says so and no stream is left', async () => {
    const client = new SpdyClient(echo)
    client.open(1)
    client.control(7, numbers(0, 0))
    client.open(3)
    client.data(1, 'still there', FIN)
    await once(client.transport, 'end')
    expect(client.frames).toEqual(['SYN_REPLY 1', 'DATA 1 still there', 'DATA 1 FIN'])
    client.transport.end()
    await client.ended
  })

  it('destroys its streams with the connection', async () => {
    const opened = Promise.withResolvers<SpdyStream>()
    const client = new SpdyClient(opened.resolve)
    client.open(1)
    const stream = await opened.promise
    client.break()
    await Promise.all([client.ended, once(stream, 'close')])
  })

  it('reads no further while too much is unread, and opens the window as it is read', async () => {
    const opened = Promise.withResolvers<SpdyStream>()
    const client = new SpdyClient(opened.resolve, { maxUnreadBytes: 256 * 1024 })
    client.open(1)
    const stream = await opened.promise
    const sent = 64 * 64 * 1024
    for (let count = 0; count < 64; count++) client.data(1, Buffer.alloc(64 * 1024))
    await nextTurn()
    expect(client.transport.writableLength).toBeGreaterThan(sent / 2)
    expect(client.windowBytes).toBeLessThanOrEqual(128 * 1024)
    let read = 0
    stream.on('data', (piece: Buffer) => {
      read += piece.length
    })
    await eventually(() => read).toBe(sent)
    await eventually(() => client.windowBytes).toBe(sent)
    client.transport.end()
    await client.ended
  })

  it('goes on when a stream that nobody read is destroyed', async () => {
    const streams: SpdyStream[] = []
    const client = new SpdyClient((stream) => streams.push(stream), { maxUnreadBytes: 1024 })
    client.open(1)
    client.data(1, Buffer.alloc(200 * 1024))
    await eventually(() => streams.length).toBe(1)
    client.open(3)
    await nextTurn()
    expect(streams).toHaveLength(1)
    streams[0]?.destroy()
    await eventually(() => streams.length).toBe(2)
    client.transport.end()
    await client.ended
  })

  it.each([
    ['a frame of another version', (client: SpdyClient) => client.transport.write(numbers(0x8002_0001, 0))],
    ['HTTP', (client: SpdyClient) => client.transport.write('\xf0T / HTTP/1.1\r\n\r\n')],
    ['data of a stream that was never opened', (client: SpdyClient) => client.data(7, 'x')],
    ['a stream of even number', (client: SpdyClient) => client.open(2)],
    ['a stream whose number has been', (client: SpdyClient) => [client.open(3), client.open(3)]],
    ['a frame that is too short', (client: SpdyClient) => client.control(1, Buffer.alloc(4))],
    [
      'a frame that is too long',
      (client: SpdyClient) => client.transport.write(numbers(0x8003_0001, 0xff_ffff)),
    ],
    [
      'no header block',
      (client: SpdyClient) => client.control(1, Buffer.concat([numbers(1, 0), Buffer.alloc(20)])),
    ],
  ])('ends with a GOAWAY at %s', async (_what, send) => {
    const client = new SpdyClient(echo)
    send(client)
    await client.ended
    await eventually(() => client.frames.at(-1)).toMatch(/^GOAWAY \d+ 1$/)
    client.transport.end()
  })

  it('survives anything', async () => {
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(
          fc.integer({ min: 0, max: 12 }),
          fc.integer({ min: 0, max: 255 }),
          fc.uint8Array({ maxLength: 32 }),
        )
        .map(([type, flags, payload]) =>
          Buffer.concat([
            numbers((0x8003_0000 | type) >>> 0, (flags * 0x100_0000 + payload.length) >>> 0),
            Buffer.from(payload),
          ]),
        ),
      fc
        .tuple(fc.integer({ min: 0, max: 4 }), fc.uint8Array({ maxLength: 32 }))
        .map(([id, data]) => Buffer.concat([numbers(id, data.length), Buffer.from(data)])),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 20 }), async (frames) => {
        const client = new SpdyClient(echo)
        client.open(1, { streamtype: 'data' })
        for (const each of frames) client.transport.write(each)
        client.transport.end()
        await client.ended
      }),
    )
  })
})

describe('frames', () => {
  it('are the same however their bytes come', () => {
    const bytes = Buffer.concat([
      numbers(0x8003_0006, 4, 1),
      numbers(1, 5),
      Buffer.from('hello'),
      numbers(3, 0x0100_0003),
      Buffer.from('end'),
      numbers(5, 0x0100_0000),
    ])
    const parse = (pieces: readonly Buffer[]) => {
      const parser = new FrameParser()
      const seen = new Map<number, string>()
      for (const piece of pieces)
        for (const frame of parser.push(piece))
          if (frame.kind === 'data')
            seen.set(
              frame.streamId,
              `${seen.get(frame.streamId) ?? ''}${frame.data}${frame.isLast ? '!' : ''}`,
            )
          else seen.set(-frame.type, frame.payload.toString('hex'))
      return Object.fromEntries(seen)
    }
    const expected = { [-6]: '00000001', 1: 'hello', 3: 'end!', 5: '!' }
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length]
        const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge))
        expect(parse(pieces)).toEqual(expected)
      }),
    )
  })
})
