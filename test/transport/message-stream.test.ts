import { once } from 'node:events'
import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MessageStream, toSegment } from '../../src/transport/index.ts'
import { decodePacket, GRPC_STATUS, MAX_MESSAGE_BYTES } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import { framed, Http2Pair, RecordingHandler } from './http2-pair.ts'
import { dataFrame, FRAME, headersFrame, RawHttp2Peer, resetFrame } from './raw-http2-peer.ts'

const CANCEL = 8

let pair: Http2Pair

beforeEach(async () => {
  pair = await Http2Pair.open()
})

afterEach(() => {
  pair.close()
})

/** A stream whose far end is a `MessageStream`; what is written to `near` is what it receives. */
async function openToMessages(maxMessageBytes?: number) {
  const { near, far } = await pair.openStream()
  near.on('error', () => {})
  const handler = new RecordingHandler()
  const messages = new MessageStream(far, maxMessageBytes)
  messages.start(handler)
  return { near, far, messages, handler }
}

/** Writes so that each piece is a frame of its own. */
async function writeFrame(stream: ClientHttp2Stream, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve) => stream.write(piece, () => resolve()))
}

describe('receiving messages', () => {
  it('puts them together, whatever pieces they arrive in', async () => {
    const anyMessages = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 6 })
    const anyCuts = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(anyMessages, anyCuts, async (contents, cuts) => {
        const { near, handler } = await openToMessages()
        const expected = contents.map((content) => Buffer.from(content))
        let rest = Buffer.concat(expected.map(framed))
        for (const cut of cuts) {
          if (rest.length === 0) break
          await writeFrame(near, rest.subarray(0, cut))
          rest = rest.subarray(cut)
        }
        near.end(rest)
        await handler.peerEnd
        expect(handler.contents).toEqual(expected)
        near.close()
      }),
      { numRuns: 40 },
    )
  })

  it('takes messages up to the limit', async () => {
    const { near, handler } = await openToMessages()
    const large = Buffer.alloc(MAX_MESSAGE_BYTES, 7)
    near.write(framed(large))
    await handler.received(1)
    expect(handler.contents[0]?.equals(large)).toBe(true)
  })

  it('refuses a larger one as soon as it says so', async () => {
    const { near, handler } = await openToMessages(1000)
    near.write(framed(Buffer.from('small')))
    near.write(framed(Buffer.alloc(1001)).subarray(0, 5))
    const error = await handler.protocolError
    expect(error.grpcStatus).toBe(GRPC_STATUS.RESOURCE_EXHAUSTED)
    expect(error.message).toBe('received message larger than max (1001 vs. 1000)')
    expect(handler.events).toEqual(['message', 'protocol error'])
  })

  it('refuses a compressed one', async () => {
    const { near, handler } = await openToMessages()
    near.write(Buffer.from('0100000000', 'hex'))
    expect((await handler.protocolError).grpcStatus).toBe(GRPC_STATUS.UNIMPLEMENTED)
  })

  it('delivers nothing more after an error, not even an end', async () => {
    const { near, far, handler } = await openToMessages()
    near.end(Buffer.concat([Buffer.from('0100000000', 'hex'), framed(Buffer.from('late'))]))
    await once(far, 'end')
    far.end()
    expect(await handler.closed).toMatchObject({ clean: false, resetCode: 0 })
    expect(handler.events).toEqual(['protocol error', 'close'])
  })

  it.each([
    ['the prefix', framed(Buffer.from('hello')).subarray(0, 3)],
    ['the message', framed(Buffer.from('hello')).subarray(0, 7)],
  ])('takes an end in the middle of %s for an error', async (_where, bytes) => {
    const { near, far, handler } = await openToMessages()
    near.end(bytes)
    expect((await handler.protocolError).grpcStatus).toBe(GRPC_STATUS.INTERNAL)
    far.end()
    expect((await handler.closed).clean).toBe(false)
    expect(handler.events).toEqual(['protocol error', 'close'])
  })

  it('joins a message that arrives byte by byte, so that it is not a Buffer for each', async () => {
    const { near, handler } = await openToMessages()
    const content = Buffer.from(Uint8Array.from({ length: 3000 }, (_value, index) => index % 256))
    await writeFrame(near, framed(content).subarray(0, 5))
    for (const byte of content) await writeFrame(near, Buffer.of(byte))
    await writeFrame(near, framed(content))
    await handler.received(2)
    expect(handler.contents).toEqual([content, content])
    expect(handler.messages[0]?.length).toBeLessThan(512)
    expect(handler.messages[1]?.length).toBeLessThan(5)
  })

  it('stops between chunks while it is paused', async () => {
    const { near, messages, handler } = await openToMessages()
    await writeFrame(near, framed(Buffer.from('one')))
    await handler.received(1)
    messages.pause()
    await writeFrame(near, framed(Buffer.from('two')))
    await roundTrip()
    expect(handler.messages).toHaveLength(1)
    messages.resume()
    await handler.received(2)
  })
})

describe('sending messages', () => {
  it.each([
    ['small, copied together', 100, 1],
    ['just small', 2047, 3],
    ['just large', 2048, 3],
    ['large, in pieces', 60_000, 4],
  ])('writes DATA: %s', async (_name, length, pieces) => {
    const { near, messages } = await openToMessages()
    const peer = new RecordingHandler()
    new MessageStream(near).start(peer)
    const bytes = Buffer.from(Uint8Array.from({ length }, (_value, index) => index % 251))
    const size = Math.ceil(length / pieces)
    const chunks = Array.from({ length: pieces }, (_value, at) => bytes.subarray(at * size, (at + 1) * size))
    const written = Promise.withResolvers<void>()
    expect(messages.sendData(5, { chunks, length }, written.resolve)).toBe(true)
    expect(messages.queuedBytes).toBeGreaterThan(length)
    messages.sendControl({ type: 'CLOSE_REQ', connectId: 5, error: '' })
    await written.promise
    await peer.received(2)
    const [data, close] = peer.messages.map((message) => decodePacket(message))
    if (data?.type !== 'DATA') throw new Error('not DATA')
    expect(Buffer.concat(data.chunks).equals(bytes)).toBe(true)
    expect(close).toEqual({ type: 'CLOSE_REQ', connectId: 5, error: '' })
    expect(messages.queuedBytes).toBe(0)
  })

  it('writes DATA with its unknown fields', async () => {
    const { near, messages } = await openToMessages()
    const peer = new RecordingHandler()
    new MessageStream(near).start(peer)
    const unknown = { payload: Buffer.from('2001', 'hex'), packet: Buffer.from('4801', 'hex') }
    messages.sendData(5, { ...toSegment(Buffer.from('abc')), unknown })
    await peer.received(1)
    expect(decodePacket(peer.messages[0] ?? [])).toMatchObject({ connectId: 5, length: 3, unknown })
  })

  it('tells when bytes have left, not when they were taken', async () => {
    const { near, messages } = await openToMessages()
    near.pause()
    let written = 0
    const large = toSegment(Buffer.alloc(60_000))
    for (let count = 0; count < 20; count++) {
      messages.sendData(1, large, () => {
        written += 1
      })
    }
    await roundTrip()
    expect(written).toBeLessThan(20)
    expect(messages.queuedBytes).toBeGreaterThan(0)
    near.resume()
    await eventually(() => written).toBe(20)
    expect(messages.queuedBytes).toBe(0)
  })

  it('sends nothing without bytes, and nothing once the stream is over', async () => {
    const { near, messages, handler } = await openToMessages()
    expect(messages.sendData(1, toSegment(Buffer.alloc(0)))).toBe(false)
    near.close(CANCEL)
    await handler.closed
    expect(messages.writable).toBe(false)
    expect(messages.sendData(1, toSegment(Buffer.alloc(1)))).toBe(false)
    expect(messages.sendControl({ type: 'DRAIN' })).toBe(false)
    messages.end()
    messages.reset()
    messages.pause()
    messages.resume()
  })

  it('calls back for writes that a reset has cut off', async () => {
    const { near, messages, handler } = await openToMessages()
    near.pause()
    const written = Promise.withResolvers<void>()
    for (let count = 0; count < 20; count++) messages.sendData(1, toSegment(Buffer.alloc(60_000)))
    messages.sendData(1, toSegment(Buffer.alloc(60_000)), written.resolve)
    near.close(CANCEL)
    await handler.closed
    await written.promise
    expect(messages.queuedBytes).toBe(0)
  })
})

describe('how a stream ends', () => {
  it('in order: the peer’s end is told, and we can still write', async () => {
    const { near, messages, handler } = await openToMessages()
    const peer = new RecordingHandler()
    new MessageStream(near).start(peer)
    near.end(framed(Buffer.from('last')))
    await handler.peerEnd
    expect(messages.sendControl({ type: 'DRAIN' })).toBe(true)
    messages.end()
    expect(await handler.closed).toEqual({ clean: true, resetCode: 0 })
    expect(await peer.closed).toEqual({ clean: true, resetCode: 0 })
    expect(handler.events).toEqual(['message', 'peer end', 'close'])
    expect(peer.events).toEqual(['message', 'peer end', 'close'])
  })

  it('lost with its connection, which is no end of the peer', async () => {
    const { near, messages, handler } = await openToMessages()
    const peer = new RecordingHandler()
    new MessageStream(near).start(peer)
    near.write(framed(Buffer.from('last')))
    await handler.received(1)
    pair.clientSocket.destroy()
    expect(await handler.closed).toMatchObject({ clean: false, resetCode: CANCEL })
    expect((await peer.closed).clean).toBe(false)
    expect(handler.events).toEqual(['message', 'close'])
    expect(messages.closed).toBe(true)
  })

  it('lost with a connection that was reset', async () => {
    const { handler } = await openToMessages()
    pair.clientSocket.resetAndDestroy()
    expect((await handler.closed).clean).toBe(false)
    expect(handler.events).toEqual(['close'])
  })

  it.each(['near', 'far'] as const)('lost with its session, destroyed at the %s end', async (end) => {
    const { handler } = await openToMessages()
    if (end === 'near') pair.client.destroy()
    else pair.server.destroy()
    expect((await handler.closed).clean).toBe(false)
    expect(handler.events).toEqual(['close'])
  })

  it('by our own reset: nothing is delivered any more, not even the rest of the same chunk', async () => {
    const { near, messages, handler } = await openToMessages()
    const peer = new RecordingHandler()
    new MessageStream(near).start(peer)
    const onMessage = handler.onMessage.bind(handler)
    handler.onMessage = (message) => {
      onMessage(message)
      messages.reset()
    }
    near.write(Buffer.concat([framed(Buffer.from('one')), framed(Buffer.from('two'))]))
    expect(await handler.closed).toEqual({ clean: false, resetCode: CANCEL })
    expect(handler.events).toEqual(['message', 'close'])
    expect(await peer.closed).toMatchObject({ clean: false, resetCode: CANCEL })
    expect(peer.events).toEqual(['close'])
  })

  it('is told also to a handler that comes too late, with what arrived before', async () => {
    const { near, far } = await pair.openStream()
    const messages = new MessageStream(far)
    near.write(framed(Buffer.from('one')))
    await roundTrip()
    near.close(CANCEL)
    await once(far, 'close')
    const handler = new RecordingHandler()
    messages.start(handler)
    expect(handler.events).toEqual([])
    expect(await handler.closed).toMatchObject({ clean: false, resetCode: CANCEL })
    expect(handler.events).toEqual(['message', 'close'])
  })

  it('delivers what had arrived before a reset, though nobody was reading', async () => {
    const { near, messages, handler } = await openToMessages()
    messages.pause()
    for (let count = 0; count < 10; count++) await writeFrame(near, framed(Buffer.alloc(2000, count)))
    await roundTrip()
    expect(handler.messages).toHaveLength(0)
    near.close(CANCEL)
    await handler.closed
    expect(handler.contents).toEqual(Array.from({ length: 10 }, (_value, fill) => Buffer.alloc(2000, fill)))
  })
})

describe.each(['plaintext', 'tls'] as const)('a reset over %s', (kind) => {
  let connection: Http2Pair

  beforeEach(async () => {
    connection = await Http2Pair.open(kind)
  })

  afterEach(() => {
    connection.close()
  })

  it('is not taken for an end in order, though Node sends END_STREAM before it', async () => {
    const { near, far } = await connection.openStream()
    const handler = new RecordingHandler()
    new MessageStream(far).start(handler)
    near.write(framed(Buffer.from('half of it')))
    await handler.received(1)
    near.close(CANCEL)
    expect(await handler.closed).toMatchObject({ clean: false, resetCode: CANCEL })
    expect(handler.events).toEqual(['message', 'close'])
  })

  it.each(['near', 'far'] as const)('by the %s end reaches the other', async (end) => {
    const { near, far } = await connection.openStream()
    const streams = { near: new MessageStream(near), far: new MessageStream(far) }
    const handlers = { near: new RecordingHandler(), far: new RecordingHandler() }
    streams.near.start(handlers.near)
    streams.far.start(handlers.far)
    streams[end].reset()
    for (const handler of [handlers.near, handlers.far]) {
      expect(await handler.closed).toMatchObject({ clean: false, resetCode: CANCEL })
      expect(handler.events).toEqual(['close'])
    }
  })
})

describe('frame by frame', () => {
  let peer: RawHttp2Peer
  let session: ClientHttp2Session
  let messages: MessageStream
  let handler: RecordingHandler

  const responseHeaders = headersFrame(1, { ':status': '200' })
  const trailers = headersFrame(1, { 'grpc-status': '0' }, true)
  const message = dataFrame(1, framed(Buffer.from('hello')))

  beforeEach(async () => {
    peer = await RawHttp2Peer.listen()
    session = http2.connect(`http://127.0.0.1:${peer.port}`)
    session.on('error', () => {})
    const stream = session.request({ ':method': 'POST', ':path': '/test' })
    messages = new MessageStream(stream)
    handler = new RecordingHandler()
    messages.start(handler)
    await peer.frame(FRAME.HEADERS)
    peer.send(responseHeaders)
    await once(stream, 'response')
  })

  afterEach(() => {
    session.destroy()
    peer.close()
  })

  it('a reset of ours is RST_STREAM alone, without END_STREAM', async () => {
    messages.sendControl({ type: 'DRAIN' })
    await peer.frame(FRAME.DATA)
    messages.reset()
    await peer.frame(FRAME.RST_STREAM)
    expect(peer.summary(1)).toEqual(['HEADERS', 'DATA 9', 'RST_STREAM 8'])
    await handler.closed
  })

  it('a reset of ours does not hold back what was written just before', async () => {
    messages.sendControl({ type: 'DRAIN' })
    messages.reset()
    await peer.frame(FRAME.RST_STREAM)
    expect(peer.summary(1)).toEqual(['HEADERS', 'DATA 9', 'RST_STREAM 8'])
  })

  it('an end of ours is END_STREAM', async () => {
    messages.sendControl({ type: 'DRAIN' })
    messages.end()
    await peer.frame(FRAME.DATA)
    await eventually(() => peer.summary(1).at(-1)).toBe('END_STREAM')
    expect(peer.summary(1)).not.toContain('RST_STREAM 8')
  })

  it('trailers and RST_STREAM NO_ERROR, as grpc-go ends a stream, are an end in order', async () => {
    peer.send(message, trailers, resetFrame(1, 0))
    expect(await handler.closed).toEqual({ clean: true, resetCode: 0 })
    expect(handler.events).toEqual(['message', 'peer end', 'close'])
  })

  it('and so they are for a reader that was paused', async () => {
    messages.pause()
    peer.send(message, trailers, resetFrame(1, 0))
    await eventually(() => messages.closed).toBe(true)
    expect(handler.events).toEqual([])
    messages.resume()
    expect(await handler.closed).toEqual({ clean: true, resetCode: 0 })
    expect(handler.events).toEqual(['message', 'peer end', 'close'])
  })

  it('RST_STREAM NO_ERROR without an end is none in order', async () => {
    peer.send(message, resetFrame(1, 0))
    expect(await handler.closed).toEqual({ clean: false, resetCode: 0 })
    expect(handler.events).toEqual(['message', 'close'])
  })

  it.each([
    ['CANCEL', 8],
    ['INTERNAL_ERROR', 2],
  ])('RST_STREAM %s is a reset, behind trailers too', async (_name, code) => {
    peer.send(message, trailers, resetFrame(1, code))
    expect(await handler.closed).toMatchObject({ clean: false, resetCode: code })
    expect(handler.events).toEqual(['message', 'close'])
  })

  it('an error of a reset names its code', async () => {
    peer.send(resetFrame(1, 2))
    const { error } = await handler.closed
    expect(error?.message).toContain('NGHTTP2_INTERNAL_ERROR')
  })

  it('a connection that ends between two frames is no end in order', async () => {
    peer.send(message)
    peer.socket.end()
    expect((await handler.closed).clean).toBe(false)
    expect(handler.events).toEqual(['message', 'close'])
  })
})

/** Whatever was sent before has arrived when this resolves. */
async function roundTrip(): Promise<void> {
  for (const session of [pair.client, pair.server]) {
    await new Promise<void>((resolve) => session.ping(() => resolve()))
  }
  await nextTurn()
}
