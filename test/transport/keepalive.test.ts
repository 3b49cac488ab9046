import { once } from 'node:events'
import http2, { type ClientHttp2Session } from 'node:http2'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { destroySession, Keepalive } from '../../src/transport/index.ts'
import { eventually } from '../support/eventually.ts'
import { Http2Pair } from './http2-pair.ts'
import { FRAME, RawHttp2Peer } from './raw-http2-peer.ts'

/** More than socket buffers hold, so that a peer that does not read leaves some of it unsent. */
const MORE_THAN_BUFFERS = 32 * 1024 * 1024

describe('Keepalive', () => {
  let peer: RawHttp2Peer
  let session: ClientHttp2Session

  beforeEach(async () => {
    peer = await RawHttp2Peer.listen()
    session = http2.connect(`http://127.0.0.1:${peer.port}`)
    session.on('error', () => {})
    await once(session, 'remoteSettings')
  })

  afterEach(() => {
    session.destroy()
    peer.close()
  })

  it('ends a session whose peer answers no ping, and says so once while it is still open', async () => {
    const onDead = vi.fn(() => session.destroyed)
    new Keepalive(session, { intervalMs: 10, timeoutMs: 20, onDead }).start()
    await once(session, 'close')
    await peer.frame(FRAME.PING)
    expect(onDead.mock.results).toEqual([{ type: 'return', value: false }])
    expect(peer.frames.filter(({ type }) => type === FRAME.PING)).toHaveLength(1)
  })

  it('ends it also when the peer has stopped reading, which Node alone would wait for', async () => {
    const stream = session.request({ ':method': 'POST', ':path': '/test' })
    stream.on('error', () => {})
    await peer.frame(FRAME.HEADERS)
    peer.socket.pause()
    stream.write(Buffer.alloc(MORE_THAN_BUFFERS))
    new Keepalive(session, { intervalMs: 10, timeoutMs: 20 }).start()
    await once(session, 'close')
    expect(stream.destroyed).toBe(true)
  })

  it('asks nothing while it may not', async () => {
    let mayAsk = false
    const asked = vi.fn(() => mayAsk)
    new Keepalive(session, { intervalMs: 5, timeoutMs: 10_000, withoutStreams: asked }).start()
    await eventually(() => asked.mock.calls.length).toBeGreaterThan(3)
    expect(peer.frames.filter(({ type }) => type === FRAME.PING)).toHaveLength(0)
    mayAsk = true
    await peer.frame(FRAME.PING)
  })

  it('stops with its session', async () => {
    const onDead = vi.fn()
    new Keepalive(session, { intervalMs: 5, timeoutMs: 5, onDead }).start()
    session.destroy()
    await once(session, 'close')
    await eventually(() => peer.socket.destroyed).toBe(true)
    expect(onDead).not.toHaveBeenCalled()
  })

  it('leaves a peer alone that answers, at either pace', async () => {
    const pair = await Http2Pair.open()
    const onDead = vi.fn()
    const pings = vi.fn()
    pair.server.on('ping', pings)
    const keepalive = new Keepalive(pair.client, { intervalMs: 3_600_000, timeoutMs: 5_000, onDead }).start()
    keepalive.start({ intervalMs: 5, timeoutMs: 5_000 })
    await eventually(() => pings.mock.calls.length).toBeGreaterThan(5)
    keepalive.stop()
    expect(onDead).not.toHaveBeenCalled()
    expect(pair.client.destroyed).toBe(false)
    pair.close()
  })
})

describe('destroySession', () => {
  it('lets go of a peer that has stopped reading', async () => {
    const peer = await RawHttp2Peer.listen()
    const session = http2.connect(`http://127.0.0.1:${peer.port}`)
    session.on('error', () => {})
    await once(session, 'remoteSettings')
    const stream = session.request({ ':method': 'POST', ':path': '/test' })
    stream.on('error', () => {})
    await peer.frame(FRAME.HEADERS)
    peer.socket.pause()
    stream.write(Buffer.alloc(MORE_THAN_BUFFERS))
    destroySession(session, 20)
    destroySession(session)
    await once(session, 'close')
    peer.close()
  })

  it('lets a peer that reads know by GOAWAY', async () => {
    const pair = await Http2Pair.open()
    const [goaway] = await Promise.all([once(pair.client, 'goaway'), destroySession(pair.server)])
    expect(goaway[0]).toBe(http2.constants.NGHTTP2_NO_ERROR)
    await once(pair.client, 'close')
    pair.close()
  })

  it('does nothing to a session that is gone', async () => {
    const pair = await Http2Pair.open()
    pair.clientSocket.destroy()
    await once(pair.client, 'close')
    destroySession(pair.client)
    pair.close()
  })
})
