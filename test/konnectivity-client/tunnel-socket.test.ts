import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TunnelSocket } from '../../src/konnectivity-client/index.ts'
import { encodePacket } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import { record, TunnelFixture } from './fixture.ts'

const MIB = 1024 * 1024

let fixture: TunnelFixture
afterEach(async () => {
  vi.useRealTimers()
  await fixture.stop()
})

describe.each([
  ['without extensions', undefined],
  ['with extensions', 1],
])('a tunnel socket %s', (_name, extensions) => {
  beforeEach(async () => {
    fixture = await TunnelFixture.start(extensions === undefined ? {} : { extensions })
  })

  it('sends and receives bytes in order', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    socket.write('one ')
    socket.write(Buffer.from('two '))
    socket.write('')
    socket.write('three')
    await eventually(() => stream.received.toString()).toBe('one two three')
    expect(stream.packets.every((packet) => packet.type !== 'DATA' || packet.length > 0)).toBe(true)
    stream.sendData(7, 'four ')
    stream.sendData(7, 'five')
    await eventually(() => seen.text).toBe('four five')
    expect(socket).toMatchObject({ bytesRead: 9, bytesWritten: 13 })
    socket.destroy()
  })

  it('splits one write of 8 MiB into packets of at most 64 KiB', async () => {
    const { socket, stream } = await fixture.establish()
    const bytes = randomBytes(8 * MIB)
    await new Promise<void>((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
    await eventually(() => stream.received.length).toBe(bytes.length)
    expect(stream.received.equals(bytes)).toBe(true)
    const lengths = stream.packets.flatMap((packet) => (packet.type === 'DATA' ? [packet.length] : []))
    expect(Math.max(...lengths)).toBe(64 * 1024)
    expect(socket.bytesWritten).toBe(bytes.length)
    socket.destroy()
  })

  it('puts many small writes into few packets', async () => {
    const { socket, stream } = await fixture.establish()
    for (let index = 0; index < 1000; index++) socket.write('x'.repeat(10))
    await eventually(() => stream.received.length).toBe(10_000)
    expect(stream.packets.length).toBeLessThan(20)
    socket.destroy()
  })

  it('ends both ways when both have ended, and is gone', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    socket.end('bye')
    if (extensions) {
      await stream.next('HALF_CLOSE')
      stream.sendData(7, 'and you')
      stream.send({ type: 'HALF_CLOSE', connectId: 7 })
    } else {
      await stream.next('CLOSE_REQ')
      stream.sendData(7, 'and you')
    }
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    await seen.closed
    expect(stream.received.toString()).toBe('bye')
    expect(seen.text).toBe('and you')
    expect(seen.events).toEqual(['finish', 'end', 'close'])
    expect(await stream.ended).toMatchObject({ clean: true })
    expect(stream.types()).toEqual(['DIAL_REQ', 'DATA', extensions ? 'HALF_CLOSE' : 'CLOSE_REQ'])
  })

  it('ends by itself when the peer closes', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    stream.sendData(7, 'last words')
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    await seen.closed
    expect(seen.text).toBe('last words')
    expect(seen.events).toEqual(['end', 'finish', 'close'])
    expect(await stream.ended).toMatchObject({ clean: true })
    expect(stream.types()).toEqual(['DIAL_REQ']) // there is nothing left to close
  })

  it('fails writes with EPIPE once the peer has closed', async () => {
    const { socket, stream } = await fixture.establish()
    socket.allowHalfOpen = true
    const seen = record(socket)
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    await once(socket, 'end')
    expect(socket.readyState).toBe('writeOnly')
    const failed = new Promise((resolve) => socket.write('too late', resolve))
    expect(await failed).toMatchObject({ code: 'EPIPE' })
    await seen.closed
    expect(seen.error).toMatchObject({ code: 'EPIPE' })
  })

  it('tells a reset from an end, after the bytes before it were read', async () => {
    const { socket, stream } = await fixture.establish()
    stream.sendData(7, 'before')
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: 'read tcp: connection reset by peer' })
    await stream.ended
    await nextTurn()
    expect(socket.destroyed).toBe(false) // there are bytes to be read
    const seen = record(socket)
    await seen.closed
    expect(seen.text).toBe('before')
    expect(seen.events).toEqual(['error', 'close'])
    expect(seen.error).toMatchObject({
      code: 'ECONNRESET',
      message: 'connection reset: read tcp: connection reset by peer',
    })
  })

  it.each([
    [false, (socket: TunnelSocket) => socket.destroy()],
    [false, (socket: TunnelSocket) => socket.resetAndDestroy()],
    [true, (socket: TunnelSocket) => socket.destroy(new Error('enough'))],
    [true, () => fixture.proxy.dropConnections()],
  ])('is closed with hadError %s, as a net.Socket', async (hadError, end) => {
    const { socket } = await fixture.establish()
    const closed = vi.fn()
    socket.on('close', closed).on('error', () => expect(closed).not.toHaveBeenCalled())
    const seen = record(socket)
    end(socket)
    await seen.closed
    expect(closed.mock.calls).toEqual([[hadError]])
  })

  it('gives an async iterator the bytes, then the error', async () => {
    const { socket, stream } = await fixture.establish()
    stream.sendData(7, 'before')
    stream.reset()
    const chunks: Buffer[] = []
    const reading = (async () => {
      for await (const chunk of socket) chunks.push(chunk)
    })()
    await expect(reading).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(Buffer.concat(chunks).toString()).toBe('before')
  })

  it.each([
    ['the server is lost', () => fixture.proxy.dropConnections()],
    ['the stream is reset', () => [...fixture.proxy.streams][0]?.reset()],
    ['the stream ends without CLOSE_RSP', () => [...fixture.proxy.streams][0]?.finish()],
    ['the stream ends with a status', () => [...fixture.proxy.streams][0]?.finish(13, 'oops')],
  ])('is reset when %s', async (_case, breakOff) => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    stream.sendData(7, 'half of')
    await eventually(() => seen.text).toBe('half of')
    breakOff()
    await seen.closed
    expect(seen.events).toEqual(['error', 'close'])
    expect(seen.error).toMatchObject({ code: 'ECONNRESET' })
  })

  it('is reset while it waits to write', async () => {
    const { socket, stream } = await fixture.establish()
    stream.call.messages.pause()
    const seen = record(socket)
    const failed = new Promise((resolve) => socket.write(Buffer.alloc(2 * MIB), resolve))
    await eventually(() => [...fixture.proxy.streams]).toHaveLength(1)
    fixture.proxy.dropConnections()
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    await seen.closed
    expect(seen.events).toEqual(['error', 'close'])
  })

  it('that nobody reads is reset by its next write', async () => {
    const { socket, stream } = await fixture.establish()
    const errored = once(socket, 'error')
    stream.sendData(7, 'unread')
    await eventually(() => socket.readableLength).toBe(6)
    fixture.proxy.dropConnections()
    await fixture.expectNoStreams()
    await eventually(() => {
      socket.write('x')
      return socket.destroyed
    }).toBe(true)
    expect(await errored).toMatchObject([{ code: 'ECONNRESET' }])
  })

  it('ends with an error on DATA of another connection', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    stream.sendData(7, 'mine')
    stream.sendData(8, 'not mine')
    await seen.closed
    expect(seen.text).toBe('mine')
    expect(seen.error).toMatchObject({
      code: 'ECONNRESET',
      message: 'DATA of connection 8 on the stream of connection 7',
    })
    expect(await stream.ended).toMatchObject({ clean: false })
  })

  it('ends with an error on what is no packet', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    stream.call.messages.sendFramed(Buffer.from([0, 0, 0, 0, 2, 0x08, 0x04]))
    await seen.closed
    expect(seen.error).toMatchObject({ code: 'ECONNRESET', cause: { code: 'ERR_PROTOCOL' } })
  })

  it('ignores packets that it does not know, and DATA without a connection', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    stream.sendData(0, 'nobody’s')
    stream.send({ type: 'DRAIN' })
    stream.send({ type: 'CLOSE_RSP', connectId: 9, error: 'not yours' })
    const unknown = encodePacket({ type: 'DRAIN' })
    unknown[1] = 99
    stream.call.messages.sendFramed(Buffer.concat([Buffer.from([0, 0, 0, 0, unknown.length]), unknown]))
    stream.sendData(7, 'ours')
    await eventually(() => seen.text).toBe('ours')
    socket.destroy()
  })

  it('destroyed says CLOSE_REQ and ends the stream in order', async () => {
    const { socket, stream } = await fixture.establish()
    socket.destroy()
    expect(await stream.next('CLOSE_REQ')).toMatchObject({ connectId: 7, error: '' })
    await stream.peerEnded
    expect(await stream.ended).toMatchObject({ clean: true })
    expect(socket.readyState).toBe('closed')
  })

  it('destroyed with an error breaks the connection off at the far side', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    socket.destroy(new Error('the upload was cancelled'))
    expect(await stream.next('CLOSE_REQ')).toMatchObject({
      error: extensions ? 'the upload was cancelled' : '',
    })
    await seen.closed
    expect(seen.events).toEqual(['error', 'close'])
  })

  it('resets the far side with resetAndDestroy, and emits no error', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    socket.resetAndDestroy()
    expect(await stream.next('CLOSE_REQ')).toMatchObject({
      error: extensions ? 'connection reset by the frontend' : '',
    })
    await seen.closed
    expect(seen.events).toEqual(['close'])
  })

  it('destroyed while the peer sends throws away what still comes', async () => {
    const { socket, stream } = await fixture.establish()
    stream.endsWithPeer = false
    stream.sendData(7, randomBytes(4 * MIB))
    await eventually(() => socket.readableLength).toBeGreaterThan(0)
    socket.destroy()
    await stream.next('CLOSE_REQ')
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    stream.finish()
    expect(await stream.ended).toMatchObject({ clean: true })
  })

  it('destroyed soon sends what was written first', async () => {
    const { socket, stream } = await fixture.establish()
    const bytes = randomBytes(3 * MIB)
    socket.write(bytes)
    socket.destroySoon()
    await stream.next('CLOSE_REQ')
    expect(stream.received.equals(bytes)).toBe(true)
  })

  it('that the server does not let go of is reset after 10 s', async () => {
    const { socket, stream } = await fixture.establish()
    stream.endsWithPeer = false
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    socket.destroy()
    await stream.peerEnded
    vi.advanceTimersByTime(9_999)
    expect(fixture.proxy.streams.size).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await stream.ended).toMatchObject({ clean: false, resetCode: 8 })
  })

  it('holds little of what nobody reads, and then all of it arrives', async () => {
    const { socket, stream } = await fixture.establish()
    const bytes = randomBytes(8 * MIB)
    stream.sendData(7, bytes)
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    stream.finish()
    await eventually(() => socket.readableLength).toBeGreaterThan(0)
    for (let turn = 0; turn < 50; turn++) await nextTurn()
    expect(socket.bytesRead).toBeLessThanOrEqual(MIB)
    expect(stream.call.messages.queuedBytes).toBeGreaterThan(6 * MIB)
    const seen = record(socket)
    await seen.closed
    expect(seen.bytes.equals(bytes)).toBe(true)
    expect(seen.events).toEqual(['end', 'finish', 'close'])
  })

  it('holds little of what nobody takes, and tells its writer to wait', async () => {
    const { socket, stream } = await fixture.establish()
    stream.call.messages.pause()
    const chunk = Buffer.alloc(64 * 1024)
    let written = 0
    while (socket.write(chunk)) written++
    for (let turn = 0; turn < 50; turn++) await nextTurn()
    while (socket.writableLength < socket.writableHighWaterMark && written < 1000) {
      socket.write(chunk)
      await nextTurn()
      written++
    }
    expect(written * chunk.length).toBeLessThan(2 * MIB)
    const drained = once(socket, 'drain')
    stream.call.messages.resume()
    await drained
    socket.destroy()
  })
})

describe('a tunnel socket', () => {
  it('closes half of the connection where the peers can, and reads on', async () => {
    fixture = await TunnelFixture.start({ extensions: 1 })
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    socket.end('all I have')
    await stream.next('HALF_CLOSE')
    expect(stream.types()).toEqual(['DIAL_REQ', 'DATA', 'HALF_CLOSE'])
    expect(socket.readyState).toBe('readOnly')
    stream.sendData(7, 'a long answer')
    await eventually(() => seen.text).toBe('a long answer')
    expect(seen.events).toEqual(['finish'])
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    await seen.closed
    expect(seen.events).toEqual(['finish', 'end', 'close'])
  })

  it('that may be half open can write after the peer has ended', async () => {
    fixture = await TunnelFixture.start({ extensions: 1 })
    const dialing = fixture.tunnel.dial('target:80', { allowHalfOpen: true })
    const stream = await fixture.proxy.nextStream()
    await stream.accept()
    const socket = await dialing
    const seen = record(socket)
    stream.send({ type: 'HALF_CLOSE', connectId: 7 })
    await once(socket, 'end')
    expect(socket.readyState).toBe('writeOnly')
    socket.write('still here')
    await eventually(() => stream.received.toString()).toBe('still here')
    socket.end()
    await stream.next('HALF_CLOSE')
    await seen.closed
    expect(seen.events).toEqual(['end', 'finish', 'close'])
    expect(fixture.proxy.streams.size).toBe(1) // CLOSE_RSP is due
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    expect(await stream.ended).toMatchObject({ clean: true })
    expect(stream.types()).not.toContain('CLOSE_REQ')
  })

  it('asks to be closed when CLOSE_RSP stays away for 10 s after both have ended', async () => {
    fixture = await TunnelFixture.start({ extensions: 1 })
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    stream.send({ type: 'HALF_CLOSE', connectId: 7 })
    await seen.closed
    await stream.next('HALF_CLOSE')
    expect(seen.events).toEqual(['end', 'finish', 'close'])
    vi.advanceTimersByTime(10_000)
    expect(await stream.next('CLOSE_REQ')).toMatchObject({ connectId: 7, error: '' })
    await stream.peerEnded
  })

  it('without half-close fails when CLOSE_RSP stays away for 10 s', async () => {
    fixture = await TunnelFixture.start()
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    socket.end('bye')
    await stream.next('CLOSE_REQ')
    stream.sendData(7, 'wait')
    await once(socket, 'data')
    vi.advanceTimersByTime(10_000) // something came in the meantime: it gets as long again
    await nextTurn()
    expect(seen.events).toEqual(['finish'])
    vi.advanceTimersByTime(10_000)
    await seen.closed
    expect(seen.events).toEqual(['finish', 'error', 'close'])
    expect(seen.error).toMatchObject({ code: 'ECONNRESET', message: 'close timeout' })
    await stream.peerEnded
  })

  it('tells its addresses as net.Socket does', async () => {
    fixture = await TunnelFixture.start()
    const { socket } = await fixture.establish()
    expect(socket).toMatchObject({ localAddress: '127.0.0.1', localFamily: 'IPv4' })
    expect(socket.localPort).toBeGreaterThan(0)
    expect(socket.address()).toEqual({ address: '127.0.0.1', family: 'IPv4', port: socket.localPort })
    expect(socket.setNoDelay(true).setKeepAlive(true, 1000)).toBe(socket)
    const seen = record(socket)
    fixture.proxy.dropConnections()
    await seen.closed
    expect(socket.localAddress).toBe('127.0.0.1')
  })

  it('has no local address on a unix socket', async () => {
    fixture = await TunnelFixture.start({ unix: true })
    const { socket } = await fixture.establish()
    expect(socket.localAddress).toBe(undefined)
    expect(socket.address()).toEqual({})
    socket.destroy()
  })

  it('emits timeout when it was idle, and again after it moved', async () => {
    fixture = await TunnelFixture.start()
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const onTimeout = vi.fn()
    socket.setTimeout(1_000, onTimeout)
    expect(socket.timeout).toBe(1_000)
    vi.advanceTimersByTime(999)
    stream.sendData(7, 'x')
    await once(socket, 'data')
    vi.advanceTimersByTime(999)
    expect(onTimeout).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(onTimeout).toHaveBeenCalledOnce()
    expect(socket.destroyed).toBe(false)
    await new Promise((resolve) => socket.write('y', resolve))
    vi.advanceTimersByTime(1_000)
    expect(seen.events).toEqual(['timeout', 'timeout'])
    socket.setTimeout(0)
    vi.advanceTimersByTime(10_000)
    expect(seen.events).toHaveLength(2)
    socket.destroy()
  })
})
