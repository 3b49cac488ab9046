import { describe, expect, it } from 'vitest'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'

const OURS = { windowBytes: 64 * 1024 }

describe("an agent's stream", () => {
  it.each([
    ['a type without its payload', Buffer.from('0804', 'hex'), 13],
    ["a type with another's payload", Buffer.from('08012a020801', 'hex'), 13],
    ['no packet at all', Buffer.from('ffffffffffffffffffff', 'hex'), 13],
    ['an error that is no UTF-8', Buffer.from('080132030a01ff', 'hex'), 13],
    ['DRAIN without its empty payload', Buffer.from('0806', 'hex'), 13],
    ['nothing', Buffer.alloc(0), 13],
    ['more than 4 MiB', Buffer.alloc(4_194_305), 8],
  ])('that carries %s ends, and no other does', async (_, message, status) => {
    const fixture = await ProxyServerFixture.start()
    const other = await fixture.connectAgent({ agentId: 'other' })
    const kept = await fixture.establish(other)
    other.send({ type: 'DRAIN' })
    await other.settled()
    const agent = await fixture.connectAgent({ agentId: 'broken', ...OURS })
    const lost = await fixture.establish(agent)
    const dialing = fixture.openStream()
    dialing.sendDial()
    await agent.next('DIAL_REQ')
    agent.sendMessage(message)
    expect(await agent.ended).toMatchObject({ status })
    expect(await lost.stream.next('CLOSE_RSP')).toMatchObject({ error: 'the agent broke the protocol' })
    expect(await dialing.next('DIAL_RSP')).toMatchObject({ error: 'the agent broke the protocol' })
    expect(await fixture.metric('protocol_errors_total', { peer: 'agent' })).toBe(1)
    kept.stream.sendData(kept.connectId, 'x')
    await other.next('DATA')
    expect(await fixture.metric('ready_backend_connections')).toBe(1)
  })

  it('is not listened to any more once it has broken the protocol', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    agent.stream.cork()
    agent.sendMessage(Buffer.from('0804', 'hex'))
    agent.sendData(connectId, 'x')
    agent.sendMessage(Buffer.from('0804', 'hex'))
    agent.stream.uncork()
    await agent.ended
    await stream.ended
    expect(stream.types()).toEqual(['DIAL_RSP', 'CLOSE_RSP'])
    expect(await fixture.metric('protocol_errors_total', { peer: 'agent' })).toBe(1)
  })

  it('may carry what means nothing: no bytes, connection 0, packets of frontends and of the future', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    agent.sendData(connectId, '')
    agent.sendData(0, 'x')
    agent.sendMessage(Buffer.from('086f', 'hex')) // type 111, no payload
    agent.send({ type: 'DIAL_REQ', protocol: 'tcp', address: 'x:1', random: 1n })
    agent.send({ type: 'CLOSE_REQ', connectId, error: '' })
    agent.send({ type: 'CLOSE_RSP', connectId: 4711, error: 'Unknown connectID' })
    agent.send({ type: 'HALF_CLOSE', connectId: 4711 })
    agent.send({ type: 'CREDIT', connectId: 4711, bytes: 1 })
    agent.send({ type: 'DIAL_CLS', random: 4711n })
    agent.sendData(connectId, 'after all')
    await stream.next('DATA')
    expect(stream.types()).toEqual(['DIAL_RSP', 'DATA'])
    expect(agent.types()).toEqual(['DIAL_REQ'])
  })

  it('is told to close a connection that nobody has, each time that DATA comes for it', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    for (let count = 0; count < 3; count++) {
      agent.sendData(99, 'x')
      expect(await agent.next('CLOSE_REQ')).toEqual({ type: 'CLOSE_REQ', connectId: 99, error: '' })
    }
    expect(
      await fixture.metric('stream_packets_total', { segment: 'to_agent', packet_type: 'CLOSE_REQ' }),
    ).toBe(3)
  })

  it.each([1, 0])('ends when it grants more than was sent (%i bytes), and no other does', async (bytes) => {
    const fixture = await ProxyServerFixture.start()
    const other = await fixture.connectAgent({ agentId: 'other', ...OURS })
    const kept = await fixture.establish(other)
    other.send({ type: 'DRAIN' })
    await other.settled()
    const agent = await fixture.connectAgent({ agentId: 'broken', ...OURS })
    const { stream, connectId } = await fixture.establish(agent)
    agent.send({ type: 'CREDIT', connectId, bytes })
    expect(await agent.ended).toMatchObject({ status: 13, message: /overflows the window/ })
    await stream.next('CLOSE_RSP')
    kept.stream.sendData(kept.connectId, 'x')
    await other.next('DATA')
  })
})
