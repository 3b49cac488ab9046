import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'

const dialFailures = (fixture: ProxyServerFixture, reason: string) =>
  fixture.metric('dial_failure_count', { reason })

describe('a gRPC dial', () => {
  it('goes to the agent as it is, and its answer comes back as it is', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendDial('target.example:443')
    const { random } = await agent.next('DIAL_REQ')
    expect(random).toBe(stream.random)
    agent.send({ type: 'DIAL_RSP', random, connectId: 17, error: '' })
    await stream.next('DIAL_RSP')
    expect(agent.packets).toEqual([
      { type: 'DIAL_REQ', protocol: 'tcp', address: 'target.example:443', random: stream.random },
    ])
    expect(stream.packets).toEqual([{ type: 'DIAL_RSP', random: stream.random, connectId: 17, error: '' }])
    expect(await fixture.observations('dial_duration_seconds')).toBe(1)
    expect(await fixture.metric('established_connections')).toBe(1)
  })

  it.each([1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -1n, -(2n ** 63n)])(
    'keeps its dial ID exactly: %s',
    async (random) => {
      const fixture = await ProxyServerFixture.start()
      const agent = await fixture.connectAgent()
      const stream = fixture.openStream()
      stream.send({ type: 'DIAL_REQ', protocol: 'tcp', address: 'x:1', random })
      expect(await agent.next('DIAL_REQ')).toMatchObject({ random })
      agent.send({ type: 'DIAL_RSP', random, connectId: 0, error: 'no' })
      expect(await stream.next('DIAL_RSP')).toMatchObject({ random })
    },
  )

  it('keeps a connect ID that no number holds', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const connectId = 2n ** 62n + 1n
    const stream = fixture.openStream()
    await Promise.all([stream.dial(), agent.accept(connectId)])
    stream.sendData(connectId, 'x')
    expect(await agent.next('DATA')).toMatchObject({ connectId })
    agent.sendData(connectId, 'y')
    expect(await stream.next('DATA')).toMatchObject({ connectId })
  })

  it('without an agent is answered with "No agent available" and its own dial ID', async () => {
    const fixture = await ProxyServerFixture.start()
    const stream = fixture.openStream()
    stream.sendDial()
    expect(await stream.next('DIAL_RSP')).toEqual({
      type: 'DIAL_RSP',
      random: stream.random,
      connectId: 0,
      error: 'No agent available',
    })
    expect(await stream.ended).toMatchObject({ status: 0 })
    expect(await dialFailures(fixture, 'no_agent')).toBe(1)
  })

  it("that fails is answered with the agent's own text", async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendDial()
    const { random } = await agent.next('DIAL_REQ')
    const error = 'dial tcp 127.0.0.1:1: connect: connection refused'
    agent.send({ type: 'DIAL_RSP', random, connectId: 0, error })
    expect(await stream.next('DIAL_RSP')).toMatchObject({ error, random, connectId: 0 })
    expect(await dialFailures(fixture, 'error_response')).toBe(1)
    expect(await fixture.observations('dial_duration_seconds')).toBe(0)
  })

  it('that the agent never answers times out, and is withdrawn there', async () => {
    const fixture = await ProxyServerFixture.start({ dialTimeoutMs: 30 })
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendDial()
    await agent.next('DIAL_REQ')
    expect(await stream.next('DIAL_RSP')).toMatchObject({ error: 'timed out waiting for backend dial' })
    expect(await agent.next('DIAL_CLS')).toMatchObject({ random: stream.random })
    expect(await dialFailures(fixture, 'backend_dial_timeout')).toBe(1)
    // Too late: what the agent has reached after all is closed again.
    agent.send({ type: 'DIAL_RSP', random: stream.random, connectId: 9, error: '' })
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId: 9 })
    expect(await dialFailures(fixture, 'unrecognized_response')).toBe(1)
  })

  it('waits for ever where that is wished', async () => {
    const fixture = await ProxyServerFixture.start({ dialTimeoutMs: 0 })
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendDial()
    await agent.next('DIAL_REQ')
    await agent.settled()
    expect(stream.packets).toEqual([])
    expect(await fixture.metric('pending_backend_dials')).toBe(1)
  })

  it.each(['disconnects', 'resets its stream', 'ends its stream'])(
    'fails at once when its agent %s',
    async (how) => {
      const fixture = await ProxyServerFixture.start()
      const agent = await fixture.connectAgent()
      const stream = fixture.openStream()
      stream.sendDial()
      await agent.next('DIAL_REQ')
      if (how === 'disconnects') agent.disconnect()
      else if (how === 'ends its stream') agent.end()
      else void agent.reset()
      expect(await stream.next('DIAL_RSP')).toMatchObject({
        random: stream.random,
        error: expect.stringMatching(/^agent disconnected/),
      })
      expect(await dialFailures(fixture, 'backend_close')).toBe(1)
    },
  )

  it('fails when the agent says DIAL_CLS', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendDial()
    const { random } = await agent.next('DIAL_REQ')
    agent.send({ type: 'DIAL_CLS', random })
    expect(await stream.next('DIAL_RSP')).toMatchObject({ error: 'dial closed', random })
  })

  it('is withdrawn by DIAL_CLS with its own dial ID, and by no other', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    const other = fixture.openStream()
    stream.sendDial()
    other.sendDial()
    await agent.next('DIAL_REQ')
    await agent.next('DIAL_REQ')
    stream.send({ type: 'DIAL_CLS', random: other.random })
    await stream.settled()
    expect(await fixture.metric('pending_backend_dials')).toBe(2)
    stream.send({ type: 'DIAL_CLS', random: stream.random })
    expect(await agent.next('DIAL_CLS')).toMatchObject({ random: stream.random })
    expect(await dialFailures(fixture, 'frontend_close')).toBe(1)
    expect(await stream.ended).toMatchObject({ status: 0 })
    expect(await fixture.metric('pending_backend_dials')).toBe(1)
  })

  it('is withdrawn when its stream is reset, however the answer races with that', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const open = new Set<unknown>()
    agent.onPacket = (packet) => {
      if (packet.type === 'DIAL_REQ') {
        const connectId = agent.newConnectId()
        open.add(connectId)
        setImmediate(() => agent.send({ type: 'DIAL_RSP', random: packet.random, connectId, error: '' }))
      } else if (packet.type === 'CLOSE_REQ') {
        open.delete(packet.connectId)
        agent.send({ type: 'CLOSE_RSP', connectId: packet.connectId, error: '' })
      }
    }
    const streams = Array.from({ length: 50 }, () => fixture.openStream())
    for (const [index, stream] of streams.entries()) {
      stream.sendDial()
      if (index % 2 === 0) setImmediate(() => stream.reset())
      else void stream.next('DIAL_RSP').then(() => stream.reset())
    }
    await Promise.all(streams.map((stream) => stream.ended))
    await fixture.expectIdle()
    await eventually(() => open.size).toBe(0)
  })

  it('is refused on a stream that has had one, which loses nothing by it', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    stream.send({ type: 'DIAL_REQ', protocol: 'tcp', address: 'x:1', random: 4711n })
    expect(await stream.next('DIAL_RSP')).toMatchObject({ random: 4711n, error: /one dial/ })
    stream.sendData(connectId, 'x')
    await agent.next('DATA')
    expect(agent.types()).toEqual(['DIAL_REQ', 'DATA'])
  })

  it('with a dial ID that is pending already fails, and the first goes on', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const first = fixture.openStream()
    const second = fixture.openStream()
    const request = { type: 'DIAL_REQ', protocol: 'tcp', address: 'x:1', random: 5n } as const
    first.send(request)
    await agent.next('DIAL_REQ')
    second.send(request)
    expect(await second.next('DIAL_RSP')).toMatchObject({ error: 'No agent available' })
    agent.send({ type: 'DIAL_RSP', random: 5n, connectId: 1, error: '' })
    expect(await first.next('DIAL_RSP')).toMatchObject({ error: '', connectId: 1 })
  })

  it('fails, as all else of that agent, when its answer names a connect ID that is in use', async () => {
    const fixture = await ProxyServerFixture.start({ dialTimeoutMs: 0 })
    const agent = await fixture.connectAgent()
    const { stream: established, connectId } = await fixture.establish(agent)
    const stream = fixture.openStream()
    stream.sendDial()
    const { random } = await agent.next('DIAL_REQ')
    agent.send({ type: 'DIAL_RSP', random, connectId, error: '' })
    expect(await stream.next('DIAL_RSP')).toMatchObject({ error: 'the agent broke the protocol' })
    expect(await established.next('CLOSE_RSP')).toMatchObject({ error: 'the agent broke the protocol' })
    expect(await agent.ended).toMatchObject({ status: 13, message: expect.stringMatching(/in use/) })
    expect(await fixture.metric('protocol_errors_total', { peer: 'agent' })).toBe(1)
  })

  it('that nobody has made is closed at the agent, and hurts nobody', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    agent.send({ type: 'DIAL_RSP', random: 1n, connectId: 3, error: '' })
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId: 3 })
    agent.send({ type: 'DIAL_RSP', random: 2n, connectId: 0, error: 'refused' })
    agent.send({ type: 'CLOSE_RSP', connectId: 3, error: '' })
    await fixture.establish(agent)
    expect(agent.types()).toEqual(['CLOSE_REQ', 'DIAL_REQ'])
  })
})
