import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import type { ScriptedStream } from '../support/scripted-server.ts'
import { endOf, Fixture, readAll } from './fixture.ts'

const KIB = 1024
const fixture = new Fixture()
afterEach(() => fixture.stop())

/** A round trip on the stream: what the agent sent before its answer has arrived, what was sent to it has been handled. */
async function settle(stream: ScriptedStream): Promise<void> {
  const connectId = 1_000_000 + stream.packets.length
  stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
  await stream.closeResponse(connectId)
}

describe.each([
  ['with extensions', {}],
  ['without extensions', { windowBytes: undefined }],
])('a connection %s', (_, server) => {
  it('carries bytes both ways, and the answer comes before the first of them', async () => {
    const { stream, open } = await fixture.tunnel({ server, onConnection: (socket) => socket.write('hello') })
    const { connectId, socket } = await open()
    stream.sendData(connectId, 'ping')
    const [chunk] = await once(socket, 'data')
    expect(String(chunk)).toBe('ping')
    expect(String(await stream.bytes(connectId, 5))).toBe('hello')
    expect(stream.typesOf(connectId).slice(0, 2)).toEqual(['DIAL_RSP', 'DATA'])
  })

  it('delivers a large download whole and in order, in packets of at most 64 KiB', async () => {
    const bytes = randomBytes(3 * KIB * KIB)
    const { stream, open } = await fixture.tunnel({ server, onConnection: (socket) => socket.end(bytes) })
    const { connectId } = await open()
    const received = await stream.bytes(connectId, bytes.length)
    expect(received.equals(bytes)).toBe(true)
    expect(stream.packets.every((packet) => packet.type !== 'DATA' || packet.length <= 64 * KIB)).toBe(true)
  })

  it('delivers the last bytes before a close, then the FIN', async () => {
    const { stream, open } = await fixture.tunnel({ server })
    const { connectId, socket } = await open()
    const all = readAll(socket)
    const bytes = randomBytes(300 * KIB)
    for (let at = 0; at < bytes.length; at += 50 * KIB) {
      stream.sendData(connectId, bytes.subarray(at, at + 50 * KIB))
    }
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    expect(await stream.closeResponse(connectId)).toMatchObject({ error: '' })
    expect((await all).equals(bytes)).toBe(true)
    socket.end()
    await endOf(socket)
    await settle(stream)
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(1)
  })

  it('answers a close at once while the target reads nothing, and delivers later', async () => {
    const { stream, open } = await fixture.tunnel({
      server,
      onConnection: (socket) => socket.pause(),
      agent: { windowBytes: 16 * KIB * KIB },
    })
    const { connectId, socket } = await open()
    const bytes = randomBytes(4 * KIB * KIB - 1)
    for (let at = 0; at < bytes.length; at += 64 * KIB) {
      stream.sendData(connectId, bytes.subarray(at, at + 64 * KIB))
    }
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await stream.closeResponse(connectId)
    const received = await readAll(socket)
    expect(received.equals(bytes)).toBe(true)
  })

  it('that the target resets ends with the reason, behind the bytes before', async () => {
    const { stream, open } = await fixture.tunnel({ server })
    const { connectId, socket } = await open()
    await new Promise((resolve) => socket.write('last words', resolve))
    await stream.bytes(connectId, 10)
    socket.resetAndDestroy()
    const { error } = await stream.closeResponse(connectId)
    expect(error).toMatch(/^read tcp 127\.0\.0\.1:\d+->127\.0\.0\.1:\d+: read: connection reset by peer$/)
    await settle(stream)
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(1)
    expect(stream.typesOf(connectId)).toEqual(['DIAL_RSP', 'DATA', 'CLOSE_RSP'])
  })

  it('that was broken off at the frontend is reset at the target', async () => {
    const { stream, open } = await fixture.tunnel({ server })
    const { connectId, socket } = await open()
    const end = endOf(socket)
    stream.send({ type: 'CLOSE_REQ', connectId, error: 'connection reset by frontend' })
    await stream.closeResponse(connectId)
    expect(await end).toMatchObject({ code: 'ECONNRESET' })
  })

  it('that closes stops reading from a target that goes on sending', async () => {
    const { stream, open } = await fixture.tunnel({
      server,
      onConnection: (socket) => {
        const pump = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(64 * KIB))) {}
        }
        socket.on('drain', pump)
        pump()
      },
    })
    const { connectId, socket } = await open()
    socket.on('data', () => {})
    await stream.bytes(connectId, 1)
    const fin = once(socket, 'end')
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await stream.closeResponse(connectId)
    const after = stream.packets.length
    await fin
    await settle(stream)
    expect(stream.packets.slice(after).filter(({ type }) => type === 'DATA')).toEqual([])
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(1)
  })

  it('stays out of the way of its neighbours when its target reads nothing', async () => {
    const { stream, open, target } = await fixture.tunnel({ server })
    const stuck = await open()
    stuck.socket.pause()
    const neighbour = await open()
    neighbour.socket.on('data', (chunk) => neighbour.socket.write(chunk))
    const chunk = Buffer.alloc(64 * KIB)
    for (let sent = 0; sent < 512 * KIB; sent += chunk.length) stream.sendData(stuck.connectId, chunk)
    stream.sendData(neighbour.connectId, 'still here')
    expect(String(await stream.bytes(neighbour.connectId, 10))).toBe('still here')
    expect((await stream.dial(target.address)).error).toBe('')
  })

  it('does not leave anything open in the metrics', async () => {
    const { stream, open } = await fixture.tunnel({
      server,
      onConnection: (socket) => socket.resume().once('end', () => socket.end()),
    })
    const before = (await fixture.metrics.openEndpointConnections.get()).values[0]?.value
    const { connectId } = await open()
    expect((await fixture.metrics.openEndpointConnections.get()).values[0]?.value).toBe((before ?? 0) + 1)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await eventually(async () => (await fixture.metrics.openEndpointConnections.get()).values[0]?.value).toBe(
      before ?? 0,
    )
  })
})

describe('the end of the target’s direction', () => {
  it('with extensions leaves the other direction open', async () => {
    const { stream, open } = await fixture.tunnel({ onConnection: (socket) => socket.end('bye') })
    const { connectId, socket } = await open()
    await stream.expect('HALF_CLOSE', (packet) => packet.connectId === connectId)
    expect(stream.typesOf(connectId)).toEqual(['DIAL_RSP', 'DATA', 'HALF_CLOSE'])
    const all = readAll(socket)
    stream.sendData(connectId, 'more')
    stream.send({ type: 'HALF_CLOSE', connectId })
    await stream.closeResponse(connectId)
    expect(String(await all)).toBe('more')
    await settle(stream)
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(1)
  })

  it('is followed by a reset of both when nothing moves for too long', async () => {
    const ends: ReturnType<typeof endOf>[] = []
    const { stream, open } = await fixture.tunnel({
      agent: { halfOpenTimeoutMs: 20 },
      onConnection: (socket) => {
        ends.push(endOf(socket)) // it may be over before the dial is answered
        socket.end()
      },
    })
    const { connectId } = await open()
    expect((await stream.closeResponse(connectId)).error).toContain('idle for too long')
    expect(await Promise.all(ends)).toMatchObject([{ code: 'ECONNRESET' }])
    expect(stream.typesOf(connectId)).toEqual(['DIAL_RSP', 'HALF_CLOSE', 'CLOSE_RSP'])
  })

  it('without extensions closes, and what is on its way is still delivered', async () => {
    const { stream, open } = await fixture.tunnel({ server: { windowBytes: undefined } })
    const { connectId, socket } = await open()
    socket.pause()
    const bytes = randomBytes(1024 * KIB)
    for (let at = 0; at < bytes.length; at += 64 * KIB) {
      stream.sendData(connectId, bytes.subarray(at, at + 64 * KIB))
    }
    await settle(stream)
    socket.end('bye')
    await stream.closeResponse(connectId)
    expect(stream.typesOf(connectId)).toEqual(['DIAL_RSP', 'DATA', 'CLOSE_RSP'])
    expect((await readAll(socket)).equals(bytes)).toBe(true)
  })
})

describe('the end of the frontend’s direction', () => {
  it('reaches the target as FIN behind all bytes, and the target can still answer', async () => {
    const { stream, open } = await fixture.tunnel()
    const { connectId, socket } = await open()
    const all = readAll(socket)
    stream.sendData(connectId, 'question')
    stream.send({ type: 'HALF_CLOSE', connectId })
    expect(String(await all)).toBe('question')
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(0)
    socket.end('answer')
    await stream.closeResponse(connectId)
    expect(String(stream.bytesOf(connectId))).toBe('answer')
    await settle(stream)
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(1)
    expect(stream.countOf('HALF_CLOSE', connectId)).toBe(0)
  })
})

describe('credit', () => {
  it('holds a target to what the server takes, until it is granted more', async () => {
    const bytes = randomBytes(512 * KIB)
    const { stream, open } = await fixture.tunnel({
      server: { windowBytes: 64 * KIB, grants: false },
      onConnection: (socket) => socket.end(bytes),
    })
    const { connectId } = await open()
    await stream.bytes(connectId, 64 * KIB)
    await settle(stream)
    expect(stream.bytesOf(connectId).length).toBe(64 * KIB)
    for (let had = 64 * KIB; had < bytes.length; had += 64 * KIB) {
      stream.send({ type: 'CREDIT', connectId, bytes: 64 * KIB })
      await stream.bytes(connectId, had + 64 * KIB)
    }
    await stream.expect('HALF_CLOSE')
    expect(stream.bytesOf(connectId).equals(bytes)).toBe(true)
  })

  it('does not keep a close waiting', async () => {
    const { stream, open } = await fixture.tunnel({
      server: { windowBytes: 64 * KIB, grants: false },
      onConnection: (socket) => socket.write(randomBytes(512 * KIB)),
    })
    const { connectId } = await open()
    await stream.bytes(connectId, 64 * KIB)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    expect((await stream.closeResponse(connectId)).error).toBe('')
  })

  it('keeps the end of a connection back until the bytes before it are granted, and takes a close meanwhile', async () => {
    const { stream, open } = await fixture.tunnel({
      server: { windowBytes: 64 * KIB, grants: false },
      onConnection: (socket) => socket.end(randomBytes(100 * KIB)),
    })
    const { connectId } = await open()
    stream.send({ type: 'HALF_CLOSE', connectId })
    await stream.bytes(connectId, 64 * KIB)
    await settle(stream)
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(0)
    stream.send({ type: 'CREDIT', connectId, bytes: 64 * KIB })
    await stream.bytes(connectId, 100 * KIB)
    await stream.closeResponse(connectId)
  })

  it('is granted back for what targets have taken', async () => {
    const { stream, open } = await fixture.tunnel({ onConnection: (socket) => socket.resume() })
    const { connectId } = await open()
    for (let sent = 0; sent < 512 * KIB; sent += 64 * KIB) stream.sendData(connectId, Buffer.alloc(64 * KIB))
    await stream.expect('CREDIT', (packet) => packet.connectId === connectId)
    await eventually(() =>
      stream.packets.reduce((sum, packet) => sum + (packet.type === 'CREDIT' ? packet.bytes : 0), 0),
    ).toBe(512 * KIB)
  })

  it('is not announced to a server that has not asked for it', async () => {
    const { stream, open } = await fixture.tunnel({
      server: { windowBytes: undefined },
      onConnection: (socket) => socket.resume(),
    })
    const { connectId } = await open()
    for (let sent = 0; sent < 1024 * KIB; sent += 64 * KIB) stream.sendData(connectId, Buffer.alloc(64 * KIB))
    stream.send({ type: 'HALF_CLOSE', connectId }) // means nothing without extensions
    stream.sendData(connectId, 'on')
    await settle(stream)
    expect(stream.countOf('CREDIT')).toBe(0)
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(0)
  })
})

describe('a backlog, toward a server without extensions', () => {
  it('pauses the stream when it is full, and lets it go on when there is room', async () => {
    const { stream, open, agent } = await fixture.tunnel({
      server: { windowBytes: undefined },
      agent: { backlog: { capBytes: 256 * KIB } },
    })
    const slow = await open()
    slow.socket.pause()
    const neighbour = await open()
    const bytes = randomBytes(16 * KIB * KIB)
    for (let at = 0; at < bytes.length; at += 64 * KIB) {
      stream.sendData(slow.connectId, bytes.subarray(at, at + 64 * KIB))
    }
    stream.sendData(neighbour.connectId, 'behind all that')
    await eventually(() => agent.queuedBytes.toTarget).toBeGreaterThan(256 * KIB)
    expect(agent.queuedBytes.toTarget).toBeLessThan(1024 * KIB)
    expect(stream.queuedBytes).toBeGreaterThan(0)
    const received = readAll(slow.socket)
    const [chunk] = await once(neighbour.socket, 'data')
    expect(String(chunk)).toBe('behind all that')
    stream.send({ type: 'CLOSE_REQ', connectId: slow.connectId, error: '' })
    expect((await received).equals(bytes)).toBe(true)
  })

  it('of a target that never reads ends only its connection', async () => {
    const { stream, open } = await fixture.tunnel({
      server: { windowBytes: undefined },
      agent: { backlog: { capBytes: 256 * KIB, stuckMs: 20 } },
    })
    const stuck = await open()
    stuck.socket.pause()
    const neighbour = await open()
    for (let sent = 0; sent < 16 * KIB * KIB; sent += 64 * KIB) {
      stream.sendData(stuck.connectId, Buffer.alloc(64 * KIB))
    }
    stream.sendData(neighbour.connectId, 'still here')
    expect((await stream.closeResponse(stuck.connectId)).error).toBe('the target does not read')
    const [chunk] = await once(neighbour.socket, 'data')
    expect(String(chunk)).toBe('still here')
  })
})

describe('the end of a lingering connection', () => {
  it('comes by force when the target does not close', async () => {
    const { stream, open, target } = await fixture.tunnel({ agent: { lingerMs: 20 } })
    const { connectId, socket } = await open()
    socket.resume()
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await stream.closeResponse(connectId)
    const keepsTalking = setInterval(() => socket.write('x'), 2) // bytes that nobody wants do not prolong it
    await eventually(() => target.connectionCount).toBe(0)
    clearInterval(keepsTalking)
  })
})

describe('a connect ID', () => {
  it('that is unknown is answered in the words of the original', async () => {
    const { stream } = await fixture.tunnel()
    stream.sendData(77, 'whose?')
    expect((await stream.closeResponse(77)).error).toBe('unrecognized connectID')
    stream.send({ type: 'CLOSE_REQ', connectId: 78, error: '' })
    expect((await stream.closeResponse(78)).error).toBe('Unknown connectID')
  })

  it('that we closed a moment ago gets no answer to data that crossed', async () => {
    const { stream, open } = await fixture.tunnel()
    const { connectId } = await open()
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await stream.closeResponse(connectId)
    stream.sendData(connectId, 'late')
    stream.send({ type: 'CREDIT', connectId, bytes: 5 })
    stream.send({ type: 'HALF_CLOSE', connectId })
    await settle(stream)
    expect(stream.countOf('CLOSE_RSP', connectId)).toBe(1)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await stream.expect('CLOSE_RSP', ({ error }) => error === 'Unknown connectID')
  })

  it('means nothing on another stream, and is used only once in a process', async () => {
    const one = await fixture.server({ serverId: 'one', serverCount: 2 })
    const two = await fixture.server({ serverId: 'two', serverCount: 2 })
    const target = await fixture.target((socket) => void socket.on('data', (chunk) => socket.write(chunk)))
    await fixture.agent({ servers: [one, two].map(({ port }) => ({ host: '127.0.0.1', port })) })
    const [first, second] = await Promise.all([one.nextStream(), two.nextStream()])
    const a = await first.dial(target.address)
    const b = await second.dial(target.address)
    expect(new Set([a.connectId, b.connectId])).toEqual(new Set([1, 2]))
    first.sendData(b.connectId, 'into a foreign connection')
    first.send({ type: 'CLOSE_REQ', connectId: b.connectId, error: '' })
    expect((await first.closeResponse(b.connectId)).error).toBe('unrecognized connectID')
    second.sendData(b.connectId, 'mine')
    expect(String(await second.bytes(b.connectId, 4))).toBe('mine')
  })

  it('zero is nobody', async () => {
    const { stream } = await fixture.tunnel()
    stream.sendData(0, 'whose?')
    await settle(stream)
    expect(stream.countOf('CLOSE_RSP', 0)).toBe(0)
  })
})

describe('a dial', () => {
  it('that fails is answered with the reason in the words of Go', async () => {
    const { stream, target } = await fixture.tunnel()
    const { address } = target
    await target.stop()
    expect(await stream.dial(address)).toMatchObject({
      connectId: 0,
      error: `dial tcp ${address}: connect: connection refused`,
    })
    expect((await stream.dial('foo')).error).toBe('dial tcp: address foo: missing port in address')
    await target.start()
  })

  it('that is denied is answered and counted', async () => {
    const { stream } = await fixture.tunnel()
    const { error } = await stream.dial('169.254.169.254:80')
    expect(error).toBe("dial tcp 169.254.169.254:80: destination not permitted by the agent's policy")
    const { values } = await fixture.metrics.endpointDialFailures.get()
    expect(values.find(({ labels }) => labels.reason === 'denied')?.value).toBeGreaterThan(0)
  })

  it('that is given up is stopped, and its ID can be used again', async () => {
    const lookups: ((addresses: []) => void)[] = []
    const server = await fixture.server()
    const target = await fixture.target(() => {})
    await fixture.agent(
      { servers: [{ host: '127.0.0.1', port: server.port }] },
      { lookup: () => new Promise((resolve) => lookups.push(resolve)) },
    )
    const stream = await server.nextStream()
    const random = stream.sendDial('slow.example:80')
    stream.send({ type: 'DIAL_CLS', random })
    await settle(stream)
    expect(stream.countOf('DIAL_RSP')).toBe(0)
    stream.sendDial(target.address, 'tcp', random)
    expect((await stream.dialResponse(random)).error).toBe('')
    expect(lookups).toHaveLength(1)
  })

  it('beyond ten thousand that are under way is refused, until one of them is over', async () => {
    const server = await fixture.server()
    const target = await fixture.target(() => {})
    await fixture.agent(
      { servers: [{ host: '127.0.0.1', port: server.port }] },
      { lookup: () => new Promise(() => {}) },
    )
    const stream = await server.nextStream()
    let last = 0n
    for (let count = 0; count < 10_000; count++) last = stream.sendDial('slow.example:80')
    expect((await stream.dial(target.address)).error).toBe('too many pending dials')
    stream.send({ type: 'DIAL_CLS', random: last })
    await settle(stream)
    expect((await stream.dial(target.address)).error).toBe('')
  })

  it('with an ID that is in use is refused, and the first one goes on', async () => {
    const { promise, resolve } = Promise.withResolvers<{ address: string; family: number }[]>()
    const server = await fixture.server()
    const target = await fixture.target(() => {})
    await fixture.agent({ servers: [{ host: '127.0.0.1', port: server.port }] }, { lookup: () => promise })
    const stream = await server.nextStream()
    const address = target.address.replace('127.0.0.1', 'slow.example')
    const random = stream.sendDial(address)
    stream.sendDial(address, 'tcp', random)
    expect((await stream.dialResponse(random)).error).toBe('duplicate dial ID')
    resolve([{ address: '127.0.0.1', family: 4 }])
    await stream.expect('DIAL_RSP', (packet) => packet.random === random && packet.error === '')
  })
})

describe('a server that breaks the protocol', () => {
  it.each([
    [
      'sends beyond the window',
      (stream: ScriptedStream, id: number) => stream.sendData(id, Buffer.alloc(1100 * KIB)),
    ],
    [
      'grants what it was never sent',
      (stream: ScriptedStream, id: number) => stream.send({ type: 'CREDIT', connectId: id, bytes: 1 }),
    ],
    [
      'sends a packet without payload',
      (stream: ScriptedStream) => stream.sendBytes(Buffer.from([0, 0, 0, 0, 2, 0x08, 0x04])),
    ],
    ['sends compressed messages', (stream: ScriptedStream) => stream.sendBytes(Buffer.from([1, 0, 0, 0, 0]))],
  ])('because it %s loses that stream only', async (_, misbehave) => {
    const bad = await fixture.server({ serverId: 'bad', serverCount: 2 })
    const good = await fixture.server({ serverId: 'good', serverCount: 2 })
    const target = await fixture.target((socket) => void socket.on('data', (chunk) => socket.write(chunk)), {
      allowHalfOpen: true,
    })
    await fixture.agent({ servers: [bad, good].map(({ port }) => ({ host: '127.0.0.1', port })) })
    const [badStream, goodStream] = await Promise.all([bad.nextStream(), good.nextStream()])
    const victim = target.nextSocket()
    const { connectId } = await badStream.dial(target.address)
    const end = endOf(await victim)
    const other = await goodStream.dial(target.address)

    misbehave(badStream, connectId as number)
    await badStream.closed
    expect(await end).toMatchObject({ code: 'ECONNRESET' })
    goodStream.sendData(other.connectId, 'unharmed')
    expect(String(await goodStream.bytes(other.connectId, 8))).toBe('unharmed')
    const { values } = await fixture.metrics.protocolErrors.get()
    expect(values[0]?.value).toBeGreaterThan(0)
    await bad.nextStream() // and is connected again
  })

  it('only by packets of unknown types is left in peace', async () => {
    const { stream, open } = await fixture.tunnel()
    stream.sendBytes(Buffer.from([0, 0, 0, 0, 2, 0x08, 0x63]))
    stream.send({ type: 'DRAIN' })
    expect((await open()).connectId).toBeGreaterThan(0)
  })
})

describe('a lost server', () => {
  it('resets its targets, but not what is being delivered after a close', async () => {
    const { stream, open } = await fixture.tunnel()
    const closing = await open()
    closing.socket.pause()
    const established = await open()
    const end = endOf(established.socket)
    const bytes = randomBytes(512 * KIB)
    stream.sendData(closing.connectId, bytes)
    stream.send({ type: 'CLOSE_REQ', connectId: closing.connectId, error: '' })
    await stream.closeResponse(closing.connectId)
    stream.reset()
    expect(await end).toMatchObject({ code: 'ECONNRESET' })
    expect((await readAll(closing.socket)).equals(bytes)).toBe(true)
  })

  it('that only says goodbye is lost as well', async () => {
    const { stream, open } = await fixture.tunnel()
    const { socket } = await open()
    const end = endOf(socket as net.Socket)
    stream.finish()
    expect(await end).toMatchObject({ code: 'ECONNRESET' })
  })
})
