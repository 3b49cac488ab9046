import { describe, expect, it } from 'vitest'
import { hostOf } from '../../src/proxy-server/backend-registry.ts'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import type { ScriptedAgent } from '../support/scripted-agent.ts'

/** Which of the agents gets a dial to `address`; it accepts and keeps the connection. */
async function whoServes(
  fixture: ProxyServerFixture,
  agents: readonly ScriptedAgent[],
  address = 'target.example:443',
): Promise<number> {
  const stream = fixture.openStream()
  stream.sendDial(address)
  const winner = await Promise.race([
    ...agents.map(async (agent, index) => {
      await agent.nextThat(
        (packet): packet is typeof packet => packet.type === 'DIAL_REQ' && packet.random === stream.random,
        'DIAL_REQ',
      )
      agent.send({ type: 'DIAL_RSP', random: stream.random, connectId: agent.newConnectId(), error: '' })
      return index
    }),
    stream.next('DIAL_RSP').then(({ error }) => (error === '' ? new Promise<never>(() => {}) : -1)),
  ])
  if (winner >= 0) await eventually(() => stream.types()).toContain('DIAL_RSP')
  return winner
}

async function drain(agent: ScriptedAgent): Promise<void> {
  agent.send({ type: 'DRAIN' })
  await agent.settled()
}

describe('the default strategy', () => {
  it('knows no agent before one connects, and none after the last has gone', async () => {
    const fixture = await ProxyServerFixture.start()
    expect(fixture.server.ready).toBe(false)
    expect(await whoServes(fixture, [])).toBe(-1)
    const agent = await fixture.connectAgent()
    expect(fixture.server.ready).toBe(true)
    expect(await whoServes(fixture, [agent])).toBe(0)
    agent.disconnect()
    await eventually(() => fixture.server.ready).toBe(false)
    expect(await whoServes(fixture, [])).toBe(-1)
  })

  it('shares dials among agents by their open connections', async () => {
    const fixture = await ProxyServerFixture.start()
    const agents = [
      await fixture.connectAgent({ agentId: 'a' }),
      await fixture.connectAgent({ agentId: 'b' }),
      await fixture.connectAgent({ agentId: 'c' }),
    ]
    const counts = [0, 0, 0]
    for (let dial = 0; dial < 9; dial++) {
      const index = await whoServes(fixture, agents)
      counts[index] = (counts[index] ?? 0) + 1
    }
    expect(counts).toEqual([3, 3, 3])
  })

  it('asks a draining agent only when no other is left', async () => {
    const fixture = await ProxyServerFixture.start()
    const draining = await fixture.connectAgent({ agentId: 'a' })
    const other = await fixture.connectAgent({ agentId: 'b' })
    await drain(draining)
    for (let dial = 0; dial < 4; dial++) expect(await whoServes(fixture, [draining, other])).toBe(1)
    other.disconnect()
    await eventually(() => fixture.metric('ready_backend_connections')).toBe(1)
    expect(await whoServes(fixture, [draining])).toBe(0)
  })

  it('keeps the streams of one agent ID apart: one that goes takes nothing of the other with it', async () => {
    const fixture = await ProxyServerFixture.start()
    const first = await fixture.connectAgent({ agentId: 'same' })
    const { stream, connectId } = await fixture.establish(first)
    const second = await fixture.connectAgent({ agentId: 'same' })
    await drain(first) // which makes the second stream the one to use
    const { stream: otherStream } = await fixture.establish(second)
    expect(connectId).toBe(1) // both streams have allotted the same connect ID
    second.disconnect()
    expect(await otherStream.next('CLOSE_RSP')).toMatchObject({ error: expect.stringContaining('agent') })
    stream.sendData(connectId, 'still here')
    expect(await first.next('DATA')).toMatchObject({ connectId, length: 10 })
  })
})

describe('a second stream of an agent', () => {
  it('gets no dial while the first is there: the agent may leave it at once', async () => {
    const fixture = await ProxyServerFixture.start()
    const first = await fixture.connectAgent({ agentId: 'a' })
    const other = await fixture.connectAgent({ agentId: 'b' })
    const second = await fixture.connectAgent({ agentId: 'a' })
    const winners = new Set<number>()
    for (let dial = 0; dial < 12; dial++) winners.add(await whoServes(fixture, [first, other, second]))
    expect(winners).toEqual(new Set([0, 1]))
  })

  it('gets dials when the first is gone, or drains', async () => {
    const fixture = await ProxyServerFixture.start()
    const first = await fixture.connectAgent({ agentId: 'a' })
    const second = await fixture.connectAgent({ agentId: 'a' })
    const third = await fixture.connectAgent({ agentId: 'a' })
    await drain(first)
    expect(await whoServes(fixture, [first, second, third])).toBe(1)
    second.disconnect()
    await eventually(() => fixture.metric('grpc_connections', { service_method: 'Connect' })).toBe(2)
    expect(await whoServes(fixture, [first, third])).toBe(1)
  })
})

describe('the destHost strategy', () => {
  const strategies = ['destHost'] as const

  it('chooses the agent that names the host, as any of its identifiers', async () => {
    const fixture = await ProxyServerFixture.start({ strategies })
    const agents = [
      await fixture.connectAgent({ identifiers: 'host=node1.mydomain.com&host=node1&ipv4=1.2.3.4' }),
      await fixture.connectAgent({ identifiers: 'host=node2.mydomain.com&ipv4=5.6.7.8&ipv6=::1' }),
      await fixture.connectAgent({ identifiers: '' }),
    ]
    for (const address of ['node1.mydomain.com:10250', 'node1:443', '1.2.3.4:80', 'node1']) {
      expect(await whoServes(fixture, agents, address)).toBe(0)
    }
    for (const address of ['node2.mydomain.com:443', '5.6.7.8:80', '[::1]:443', '[::1]', '::1']) {
      expect(await whoServes(fixture, agents, address)).toBe(1)
    }
    expect(await whoServes(fixture, agents, 'node3:443')).toBe(-1)
  })

  it('shares one host among all agents that name it', async () => {
    const fixture = await ProxyServerFixture.start({ strategies })
    const agents = [
      await fixture.connectAgent({ agentId: 'a', identifiers: 'host=shared' }),
      await fixture.connectAgent({ agentId: 'b', identifiers: 'host=shared&host=shared' }),
    ]
    const chosen = []
    for (let dial = 0; dial < 4; dial++) chosen.push(await whoServes(fixture, agents, 'shared:1'))
    expect(chosen.toSorted()).toEqual([0, 0, 1, 1])
  })

  it('forgets a host only with the last agent that names it', async () => {
    const fixture = await ProxyServerFixture.start({ strategies })
    const first = await fixture.connectAgent({ agentId: 'a', identifiers: 'host=h&host=only-first' })
    const second = await fixture.connectAgent({ agentId: 'b', identifiers: 'host=h' })
    expect(await fixture.metric('ready_backends', { proxy_strategy: 'destHost' })).toBe(2)
    first.disconnect()
    await eventually(() => fixture.metric('ready_backends', { proxy_strategy: 'destHost' })).toBe(1)
    expect(await whoServes(fixture, [second], 'only-first:1')).toBe(-1)
    expect(await whoServes(fixture, [second], 'h:1')).toBe(0)
  })

  it('falls back to the next strategy only for a host that no agent names', async () => {
    const fixture = await ProxyServerFixture.start({ strategies: ['destHost', 'default'] })
    const named = await fixture.connectAgent({ agentId: 'a', identifiers: 'host=h' })
    const other = await fixture.connectAgent({ agentId: 'b' })
    await drain(named)
    expect(await whoServes(fixture, [named, other], 'h:1')).toBe(0)
    expect(await whoServes(fixture, [named, other], 'elsewhere:1')).toBe(1)
  })
})

describe('the defaultRoute strategy', () => {
  it('chooses among the agents that are a default route', async () => {
    const fixture = await ProxyServerFixture.start({ strategies: ['defaultRoute'] })
    const other = await fixture.connectAgent({ agentId: 'a', identifiers: 'default-route=false' })
    expect(await whoServes(fixture, [other])).toBe(-1)
    const route = await fixture.connectAgent({ agentId: 'b', identifiers: 'default-route=true' })
    expect(await whoServes(fixture, [other, route])).toBe(1)
    expect(await fixture.metric('ready_backends', { proxy_strategy: 'defaultRoute' })).toBe(1)
    route.disconnect()
    await eventually(() => fixture.metric('ready_backends', { proxy_strategy: 'defaultRoute' })).toBe(0)
    expect(await whoServes(fixture, [other])).toBe(-1)
  })
})

describe('the ready-backends metrics', () => {
  it('count what can be told apart, and the first strategy in the old metric', async () => {
    const fixture = await ProxyServerFixture.start({ strategies: ['destHost', 'default'] })
    await fixture.connectAgent({ agentId: 'a', identifiers: 'host=x&host=y' })
    await fixture.connectAgent({ agentId: 'a', identifiers: 'host=x' })
    await fixture.connectAgent({ agentId: 'b' })
    expect(await fixture.metric('ready_backends', { proxy_strategy: 'destHost' })).toBe(2)
    expect(await fixture.metric('ready_backends', { proxy_strategy: 'default' })).toBe(2)
    expect(await fixture.metric('ready_backend_connections')).toBe(2)
    expect(await fixture.metric('grpc_connections', { service_method: 'Connect' })).toBe(3)
  })
})

describe('a dial that an agent refuses to try', () => {
  it('goes to another agent of the same strategy', async () => {
    const fixture = await ProxyServerFixture.start()
    const agents = [
      await fixture.connectAgent({ agentId: 'a', windowBytes: 65536 }),
      await fixture.connectAgent({ agentId: 'b', windowBytes: 65536 }),
    ]
    const stream = fixture.openStream()
    stream.sendDial()
    const first = await Promise.race(agents.map((agent) => agent.next('DIAL_REQ').then(() => agent)))
    first.send({
      type: 'DIAL_RSP',
      random: stream.random,
      connectId: 0,
      error: 'agent is stopping',
      refused: true,
    })
    const second = agents.find((agent) => agent !== first) as ScriptedAgent
    await eventually(() => second.types()).toEqual(['DIAL_REQ'])
    second.send({ type: 'DIAL_RSP', random: stream.random, connectId: 5, error: '' })
    expect(await stream.next('DIAL_RSP')).toMatchObject({ connectId: 5, error: '' })
    expect(first.types()).toEqual(['DIAL_REQ'])
  })

  it('never goes to an agent of another strategy', async () => {
    const fixture = await ProxyServerFixture.start({ strategies: ['destHost', 'default'] })
    const named = await fixture.connectAgent({ agentId: 'a', identifiers: 'host=h', windowBytes: 65536 })
    const other = await fixture.connectAgent({ agentId: 'b', windowBytes: 65536 })
    const stream = fixture.openStream()
    stream.sendDial('h:1')
    const { random } = await named.next('DIAL_REQ')
    named.send({ type: 'DIAL_RSP', random, connectId: 0, error: 'agent is stopping', refused: true })
    expect(await stream.next('DIAL_RSP')).toMatchObject({ error: 'agent is stopping', random })
    await other.settled()
    expect(other.packets).toEqual([])
  })
})

describe('a dial that every agent refuses to try', () => {
  it('fails with what the last of them said', async () => {
    const fixture = await ProxyServerFixture.start()
    const agents = [
      await fixture.connectAgent({ agentId: 'a', windowBytes: 65536 }),
      await fixture.connectAgent({ agentId: 'b', windowBytes: 65536 }),
    ]
    const refusals: string[] = []
    for (const agent of agents) {
      agent.onPacket = (packet) => {
        if (packet.type !== 'DIAL_REQ') return
        const error = `refusal ${refusals.length + 1}`
        refusals.push(error)
        agent.send({ type: 'DIAL_RSP', random: packet.random, connectId: 0, error, refused: true })
      }
    }
    const stream = fixture.openStream()
    stream.sendDial()
    expect(await stream.next('DIAL_RSP')).toMatchObject({ error: 'refusal 2' })
    expect(await fixture.metric('dial_failure_count', { reason: 'no_agent' })).toBe(1)
  })
})

describe('an agent without extensions', () => {
  it('cannot refuse a dial: what it answers counts', async () => {
    const fixture = await ProxyServerFixture.start()
    const agents = [
      await fixture.connectAgent({ agentId: 'a' }),
      await fixture.connectAgent({ agentId: 'b' }),
    ]
    const stream = fixture.openStream()
    stream.sendDial()
    const asked = await Promise.race(agents.map((agent) => agent.next('DIAL_REQ').then(() => agent)))
    asked.send({ type: 'DIAL_RSP', random: stream.random, connectId: 0, error: 'no', refused: true })
    expect(await stream.next('DIAL_RSP')).toMatchObject({ error: 'no' })
    const other = agents.find((agent) => agent !== asked) as ScriptedAgent
    await other.settled()
    expect(other.types()).toEqual([])
    expect(await fixture.metric('dial_failure_count', { reason: 'error_response' })).toBe(1)
  })
})

describe('the host of an address', () => {
  it.each([
    ['localhost:443', 'localhost'],
    ['localhost', 'localhost'],
    ['node1.mydomain.com:443', 'node1.mydomain.com'],
    ['1.2.3.4:443', '1.2.3.4'],
    ['1.2.3.4', '1.2.3.4'],
    ['[::1]:443', '::1'],
    ['[::1]', '::1'],
    ['::1', '::1'],
    ['[2001:db8::1]:80', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    [':443', ''],
    ['', ''],
  ])('of %j is %j', (address, host) => {
    expect(hostOf(address)).toBe(host)
  })
})
