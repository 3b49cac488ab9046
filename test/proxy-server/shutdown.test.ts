import { describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import { ConnectClient } from '../support/scripted-frontend.ts'

const OURS = { windowBytes: 512 * 1024 }
const SHUTTING_DOWN = 'the proxy server is shutting down'
const PATIENT = { gracefulShutdownMs: 10_000 }

describe('a proxy server that stops', () => {
  it('takes no new connections, agents or dials', async () => {
    const fixture = await ProxyServerFixture.start(PATIENT)
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    const idle = fixture.openStream()
    await idle.settled()
    const client = await ConnectClient.open(fixture.endpoint)
    const { agentPort } = fixture.server
    const stopped = fixture.server.stop()

    await expect(ConnectClient.open(fixture.endpoint)).rejects.toThrow()
    await expect(fetch(`https://127.0.0.1:${agentPort}/`)).rejects.toThrow()
    idle.sendDial()
    expect(await idle.next('DIAL_RSP')).toMatchObject({ error: SHUTTING_DOWN })
    expect(await fixture.openStream().ended).toMatchObject({ status: 14, message: SHUTTING_DOWN })
    client.socket.write('CONNECT a:1 HTTP/1.1\r\n\r\n')
    expect(await client.head()).toMatch(/^HTTP\/1\.1 503 /)
    client.destroy()
    expect(fixture.server.ready).toBe(false)

    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    await stopped
  })

  it('lets live connections and dials go on until they end', async () => {
    const fixture = await ProxyServerFixture.start(PATIENT)
    const agent = await fixture.connectAgent()
    let goneAway = false
    agent.session.on('goaway', () => {
      goneAway = true
    })
    const { stream, connectId } = await fixture.establish(agent)
    const dialing = fixture.openStream()
    dialing.sendDial()
    let isStopped = false
    await agent.next('DIAL_REQ')
    const stopped = fixture.server.stop().then(() => {
      isStopped = true
    })

    for (let round = 0; round < 5; round++) {
      stream.sendData(connectId, 'ping')
      await agent.next('DATA')
      agent.sendData(connectId, 'pong')
      await stream.next('DATA')
    }
    agent.send({ type: 'DIAL_RSP', random: dialing.random, connectId: 77, error: '' })
    await dialing.next('DIAL_RSP')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
    await agent.settled()
    expect({ isStopped, goneAway }).toEqual({ isStopped: false, goneAway: false })
    dialing.send({ type: 'CLOSE_REQ', connectId: 77, error: '' })
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId: 77, error: '' })
    await stopped
    expect(await agent.ended).toMatchObject({ status: 0 })
  })

  it('breaks off what is left at the deadline, and tells everybody', async () => {
    const fixture = await ProxyServerFixture.start({ gracefulShutdownMs: 50 })
    const agent = await fixture.connectAgent(OURS)
    const { stream, connectId } = await fixture.establish(agent)
    const connect = await fixture.establishClient(agent)
    const dialing = fixture.openStream()
    dialing.sendDial()
    await agent.next('DIAL_REQ')
    const dialingClient = await fixture.connectClient()
    await agent.next('DIAL_REQ')
    await fixture.server.stop()

    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId, error: SHUTTING_DOWN })
    expect(await connect.client.closed).toBe('ECONNRESET')
    expect(await dialing.next('DIAL_RSP')).toMatchObject({ error: SHUTTING_DOWN })
    await dialingClient.ended
    expect(dialingClient.received).toMatch(
      /^HTTP\/1\.1 502 .*Backend context error: the proxy server is shut/s,
    )
    const closed = [await agent.next('CLOSE_REQ'), await agent.next('CLOSE_REQ')]
    expect(closed.map((packet) => [packet.connectId, packet.error])).toEqual(
      expect.arrayContaining([
        [connectId, SHUTTING_DOWN],
        [connect.connectId, SHUTTING_DOWN],
      ]),
    )
    expect(await agent.ended).toMatchObject({ status: 0 })
    await fixture.expectIdle()
  })

  it('waits for nothing where no time is given', async () => {
    const fixture = await ProxyServerFixture.start({ gracefulShutdownMs: 0 })
    const agent = await fixture.connectAgent(OURS)
    const { stream } = await fixture.establish(agent)
    await fixture.server.stop()
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ error: SHUTTING_DOWN })
    await agent.ended
  })

  it.each(['while it waits', 'before'])('waits no longer when its signal is aborted %s', async (when) => {
    const fixture = await ProxyServerFixture.start({ gracefulShutdownMs: 60_000 })
    const agent = await fixture.connectAgent(OURS)
    await fixture.establish(agent)
    const controller = new AbortController()
    if (when === 'before') controller.abort()
    const stopped = fixture.server.stop(controller.signal)
    controller.abort()
    await stopped
    await agent.ended
  })

  it('stops once, however often it is told', async () => {
    const fixture = await ProxyServerFixture.start()
    expect(fixture.server.stop()).toBe(fixture.server.stop())
    await fixture.server.stop()
  })

  it('ends idle sessions and connections as well', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const idle = fixture.openStream()
    const client = await ConnectClient.open(fixture.endpoint)
    await idle.settled()
    await fixture.server.stop()
    await Promise.all([idle.ended, agent.ended, client.ended])
    client.destroy()
    await eventually(() => fixture.metric('ready_backend_connections')).toBe(0)
  })
})
