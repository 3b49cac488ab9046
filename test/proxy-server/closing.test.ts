import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'

/** Of a frontend that is to be stuck soon: HTTP/2's own, in bytes. */
const SMALL_WINDOW = 32 * 1024
const WINDOW = 64 * 1024
const OURS = { windowBytes: WINDOW }

describe('a close that the frontend begins', () => {
  it('is passed to the agent behind all DATA, and its answer back, and ends the stream', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    stream.sendData(connectId, 'last words')
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await agent.next('CLOSE_REQ')
    expect(agent.types()).toEqual(['DIAL_REQ', 'DATA', 'CLOSE_REQ'])
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    expect(await stream.next('CLOSE_RSP')).toEqual({ type: 'CLOSE_RSP', connectId, error: '' })
    expect(await stream.ended).toMatchObject({ status: 0 })
    expect(await fixture.observations('connection_duration_seconds')).toBe(1)
  })

  it("sends no DATA any more to a frontend like Go's", async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await agent.next('CLOSE_REQ')
    agent.sendData(connectId, 'too late')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    expect(stream.types()).toEqual(['DIAL_RSP', 'CLOSE_RSP'])
  })

  it('still lets a frontend of ours have what the agent had to say', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await agent.next('CLOSE_REQ')
    agent.sendData(connectId, 'not too late')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    expect(stream.types()).toEqual(['DIAL_RSP', 'DATA', 'CLOSE_RSP'])
  })

  it('is the same when it is the end of the stream', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    stream.end()
    expect(await agent.next('CLOSE_REQ')).toEqual({ type: 'CLOSE_REQ', connectId, error: '' })
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId, error: '' })
    expect(await stream.ended).toMatchObject({ status: 0 })
  })

  it('is passed on and answered once, however often it is asked for', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    for (let count = 0; count < 3; count++) stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    stream.end()
    await agent.next('CLOSE_REQ')
    for (let count = 0; count < 3; count++) agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    await agent.settled()
    expect(stream.types()).toEqual(['DIAL_RSP', 'CLOSE_RSP'])
    expect(agent.types()).toEqual(['DIAL_REQ', 'CLOSE_REQ'])
  })

  it('is answered at once when bytes wait for a target that does not read, which gets them later', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ ...OURS, grants: false })
    const { stream, connectId } = await fixture.establish(agent)
    stream.sendData(connectId, Buffer.alloc(WINDOW + 10_000, 1))
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId, error: '' })
    await stream.ended
    await agent.settled()
    expect(agent.byteCount(connectId)).toBe(WINDOW)
    expect(agent.types()).not.toContain('CLOSE_REQ')
    expect(fixture.server.busy).toBe(1)
    agent.send({ type: 'CREDIT', connectId, bytes: WINDOW })
    await agent.next('CLOSE_REQ')
    expect(agent.byteCount(connectId)).toBe(WINDOW + 10_000)
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
    expect(stream.types()).toEqual(['DIAL_RSP', 'CLOSE_RSP'])
  })

  it('is answered at once when the agent has closed, and only bytes that nobody wants are in the way', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: 1024 * 1024 })
    const frontend = fixture.connectFrontend(SMALL_WINDOW)
    const stream = frontend.open()
    const [connectId] = await Promise.all([stream.dial(), agent.accept()])
    stream.stream.pause()
    agent.sendData(connectId, Buffer.alloc(512 * 1024))
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await agent.settled()
    expect(fixture.server.busy).toBe(1)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await fixture.expectIdle()
    stream.stream.resume()
    await stream.ended
    expect(stream.types().at(-1)).toBe('CLOSE_RSP')
    expect(stream.byteCount()).toBeLessThan(512 * 1024)
  })

  it.each([
    ['an agent of ours', OURS, 'my reader has crashed'],
    ["an agent like Go's, which hears no reason", {}, ''],
  ])('with an error is a break, and told as one: %s', async (_, options, told) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(options)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.send({ type: 'CLOSE_REQ', connectId, error: 'my reader has crashed' })
    expect(await agent.next('CLOSE_REQ')).toEqual({ type: 'CLOSE_REQ', connectId, error: told })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId })
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
    expect(stream.types()).toEqual(['DIAL_RSP', 'CLOSE_RSP'])
    expect(await fixture.metric('connections_reset_total', { reason: 'frontend' })).toBe(1)
  })

  it('that the agent does not answer is given up after a while', async () => {
    const fixture = await ProxyServerFixture.start({ halfOpenTimeoutMs: 30 })
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await agent.next('CLOSE_REQ')
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ error: /timed out/ })
    await fixture.expectIdle()
  })
})

describe('a close that the target begins', () => {
  it.each([
    ['an agent like Go', {}],
    ['an agent of ours', OURS],
  ])('comes as CLOSE_RSP behind all DATA: %s', async (_, options) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(options)
    const { stream, connectId } = await fixture.establish(agent)
    agent.sendData(connectId, 'bye')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    expect(stream.types()).toEqual(['DIAL_RSP', 'DATA', 'CLOSE_RSP'])
    await agent.settled()
    expect(agent.types()).toEqual(['DIAL_REQ']) // nothing more is said about it
  })

  it('as HALF_CLOSE closes the connection of a frontend that knows no such thing', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    agent.sendData(connectId, 'bye')
    agent.send({ type: 'HALF_CLOSE', connectId })
    await stream.ended
    expect(stream.types()).toEqual(['DIAL_RSP', 'DATA', 'CLOSE_RSP'])
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId, error: '' })
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
  })

  it('with HALF_CLOSE and CLOSE_RSP behind bytes that wait leaves nothing behind either', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: 1024 * 1024 })
    const frontend = fixture.connectFrontend(SMALL_WINDOW)
    const stream = frontend.open()
    const [connectId] = await Promise.all([stream.dial(), agent.accept()])
    stream.stream.pause()
    agent.sendData(connectId, Buffer.alloc(512 * 1024))
    agent.send({ type: 'HALF_CLOSE', connectId })
    agent.send({ type: 'CLOSE_RSP', connectId, error: 'read: connection reset by peer' })
    await agent.settled()
    stream.stream.resume()
    await stream.ended
    expect(stream.byteCount()).toBe(512 * 1024)
    expect(stream.types().at(-1)).toBe('CLOSE_RSP')
    await fixture.expectIdle()
  })

  it('with an error says so, behind all DATA', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    agent.sendData(connectId, 'half a wo')
    agent.send({ type: 'CLOSE_RSP', connectId, error: 'read: connection reset by peer' })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ error: 'read: connection reset by peer' })
    expect(stream.types()).toEqual(['DIAL_RSP', 'DATA', 'CLOSE_RSP'])
    expect(await fixture.metric('connections_reset_total', { reason: 'target' })).toBe(1)
  })

  it('and by the frontend at the same moment is one close', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    for (let count = 0; count < 20; count++) {
      const { stream, connectId } = await fixture.establish(agent)
      agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
      stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
      await stream.ended
      expect(stream.types()).toEqual(['DIAL_RSP', 'CLOSE_RSP'])
    }
    await fixture.expectIdle()
  })
})

describe('half-close between a frontend and an agent of ours', () => {
  it('ends one direction after the other, and CLOSE_RSP both', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.sendData(connectId, 'request')
    stream.send({ type: 'HALF_CLOSE', connectId })
    await agent.next('HALF_CLOSE')
    agent.sendData(connectId, 'response')
    agent.send({ type: 'HALF_CLOSE', connectId })
    await stream.next('HALF_CLOSE')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    expect(agent.types()).toEqual(['DIAL_REQ', 'DATA', 'HALF_CLOSE'])
    expect(stream.types()).toEqual(['DIAL_RSP', 'DATA', 'HALF_CLOSE', 'CLOSE_RSP'])
  })

  it('goes on in the other direction when the target ends first', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    agent.send({ type: 'HALF_CLOSE', connectId })
    await stream.next('HALF_CLOSE')
    stream.sendData(connectId, 'still here')
    await agent.next('DATA')
    stream.send({ type: 'HALF_CLOSE', connectId })
    await agent.next('HALF_CLOSE')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
  })

  it('waits for credit like the bytes before it', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ ...OURS, grants: false })
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.sendData(connectId, Buffer.alloc(WINDOW + 1))
    stream.send({ type: 'HALF_CLOSE', connectId })
    await stream.settled()
    await agent.settled()
    expect(agent.types()).not.toContain('HALF_CLOSE')
    agent.send({ type: 'CREDIT', connectId, bytes: WINDOW })
    await agent.next('HALF_CLOSE')
    expect(agent.byteCount()).toBe(WINDOW + 1)
    await stream.reset()
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
  })

  it('is not said of bytes that were thrown away: a reset says it is one', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ ...OURS, grants: false })
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.sendData(connectId, Buffer.alloc(WINDOW + 1))
    stream.send({ type: 'HALF_CLOSE', connectId })
    await stream.settled()
    await stream.reset()
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId, error: /reset/ })
    expect(agent.types()).not.toContain('HALF_CLOSE')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
  })

  it('that stands still ends after the half-open timeout, on both sides', async () => {
    const fixture = await ProxyServerFixture.start({ halfOpenTimeoutMs: 30 })
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.send({ type: 'HALF_CLOSE', connectId })
    const error = 'half-open connection timed out'
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId, error })
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId, error })
    await fixture.expectIdle() // also when the agent does not answer that any more
  })

  it('lasts while bytes move', async () => {
    const fixture = await ProxyServerFixture.start({ halfOpenTimeoutMs: 10_000 })
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      stream.send({ type: 'HALF_CLOSE', connectId })
      await agent.next('HALF_CLOSE')
      for (let count = 0; count < 5; count++) {
        vi.advanceTimersByTime(6_000)
        agent.sendData(connectId, 'x')
        await stream.next('DATA')
      }
      vi.advanceTimersByTime(10_000)
      expect(await stream.next('CLOSE_RSP')).toMatchObject({ error: /timed out/ })
    } finally {
      vi.useRealTimers()
    }
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
  })

  it('may last for ever where that is wished', async () => {
    const fixture = await ProxyServerFixture.start({ halfOpenTimeoutMs: 0 })
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.send({ type: 'HALF_CLOSE', connectId })
    await agent.next('HALF_CLOSE')
    await stream.settled()
    expect(stream.types()).toEqual(['DIAL_RSP'])
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
  })

  it('still answers a CLOSE_REQ at once when both have ended and the target does not read', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ ...OURS, grants: false })
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    stream.sendData(connectId, Buffer.alloc(WINDOW + 1))
    stream.send({ type: 'HALF_CLOSE', connectId })
    agent.send({ type: 'HALF_CLOSE', connectId })
    await stream.next('HALF_CLOSE')
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId, error: '' })
    agent.send({ type: 'CREDIT', connectId, bytes: WINDOW })
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
  })

  it('ends the agent stream when DATA comes behind it', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    agent.send({ type: 'HALF_CLOSE', connectId })
    agent.sendData(connectId, 'x')
    expect(await agent.ended).toMatchObject({ status: 13 })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ error: 'the agent broke the protocol' })
  })
})

describe('a frontend that resets its stream', () => {
  it.each([8, 2, 0] as const)('before it has dialled leaves nothing behind (code %i)', async (code) => {
    const fixture = await ProxyServerFixture.start()
    const stream = fixture.openStream()
    await stream.settled()
    await stream.reset(code)
    await eventually(() => fixture.metric('grpc_connections', { service_method: 'Proxy' })).toBe(0)
  })

  it('while it dials has its dial withdrawn', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendDial()
    await agent.next('DIAL_REQ')
    await stream.reset()
    expect(await agent.next('DIAL_CLS')).toMatchObject({ random: stream.random })
    await fixture.expectIdle()
    expect(await fixture.metric('dial_failure_count', { reason: 'frontend_close' })).toBe(1)
  })

  it.each([
    ["an agent like Go's, which hears no reason", {}, ''],
    ['an agent of ours, which hears why', OURS, 'the frontend reset its stream'],
  ])('once it is connected has its connection closed: %s', async (_, options, error) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(options)
    const { stream, connectId } = await fixture.establish(agent)
    await stream.reset()
    expect(await agent.next('CLOSE_REQ')).toEqual({ type: 'CLOSE_REQ', connectId, error })
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
    expect(await fixture.observations('connection_duration_seconds')).toBe(1)
    expect(await fixture.metric('connections_reset_total', { reason: 'frontend' })).toBe(1)
    const labels = { segment: 'from_client', code: 'Canceled', packet_type: 'Unknown' }
    expect(await fixture.metric('stream_errors_total', labels)).toBe(1)
  })

  it('while it closes changes nothing: Go does it always', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await agent.next('CLOSE_REQ')
    await stream.reset()
    await agent.settled()
    expect(agent.types()).toEqual(['DIAL_REQ', 'CLOSE_REQ'])
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
    expect(await fixture.metric('connections_reset_total', { reason: 'frontend' })).toBe(0)
  })

  it('is noticed although nothing is read from it, because the target does not read', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ ...OURS, grants: false })
    const { stream, connectId } = await fixture.establish(agent)
    for (let count = 0; count < 8; count++) stream.sendData(connectId, Buffer.alloc(60_000))
    await eventually(() => fixture.metric('full_receive_channels', { service_method: 'Proxy' })).toBe(1)
    await stream.reset()
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId })
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
  })

  it('by losing its TCP connection loses all of its streams, and no others', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const neighbour = await fixture.establish(agent)
    const frontend = fixture.connectFrontend()
    const lost: unknown[] = []
    for (let count = 0; count < 3; count++) {
      const stream = frontend.open()
      const [connectId] = await Promise.all([stream.dial(), agent.accept()])
      lost.push(connectId)
    }
    frontend.close()
    const closed = [
      await agent.next('CLOSE_REQ'),
      await agent.next('CLOSE_REQ'),
      await agent.next('CLOSE_REQ'),
    ]
    expect(closed.map(({ connectId }) => connectId).toSorted()).toEqual(lost.toSorted())
    for (const { connectId } of closed) agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    neighbour.stream.sendData(neighbour.connectId, 'x')
    await agent.next('DATA')
  })
})

describe('an agent that is lost', () => {
  it.each(['disconnects', 'resets its stream', 'ends its stream'])(
    'because it %s breaks off its own connections, and no others',
    async (how) => {
      const fixture = await ProxyServerFixture.start()
      const other = await fixture.connectAgent({ agentId: 'other' })
      const kept = await fixture.establish(other)
      const agent = await fixture.connectAgent({ agentId: 'lost' })
      other.send({ type: 'DRAIN' })
      await other.settled()
      const streams = [await fixture.establish(agent), await fixture.establish(agent)]
      if (how === 'disconnects') agent.disconnect()
      else if (how === 'ends its stream') agent.end()
      else void agent.reset()
      for (const { stream, connectId } of streams) {
        const response = await stream.next('CLOSE_RSP')
        expect(response).toMatchObject({ connectId, error: /^agent disconnected/ })
        await stream.ended
      }
      kept.stream.sendData(kept.connectId, 'x')
      await other.next('DATA')
      expect(await fixture.metric('established_connections')).toBe(1)
      expect(await fixture.metric('connections_reset_total', { reason: 'agent_lost' })).toBe(2)
    },
  )

  it('has its last bytes delivered before the news', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: 1024 * 1024 })
    const frontend = fixture.connectFrontend(SMALL_WINDOW)
    const stream = frontend.open()
    const [connectId] = await Promise.all([stream.dial(), agent.accept()])
    stream.stream.pause()
    agent.sendData(connectId, Buffer.alloc(500_000, 1))
    await agent.settled()
    agent.disconnect()
    await agent.ended
    stream.stream.resume()
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ error: /^agent disconnected/ })
    expect(stream.byteCount()).toBe(500_000)
  })
})
