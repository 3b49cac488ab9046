import { afterEach, describe, expect, it } from 'vitest'
import type { ProxyAgentOptions } from '../../src/proxy-agent/index.ts'
import type { StreamEnd } from '../../src/transport/index.ts'
import { SERVER_COUNT_HEADER, SERVER_ID_HEADER } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import { Relay } from '../support/relay.ts'
import type { ScriptedServer } from '../support/scripted-server.ts'
import { Fixture } from './fixture.ts'

let fixture = new Fixture()
afterEach(async () => {
  await fixture.stop()
  fixture = new Fixture()
})

/** Behind one port, takes its servers in turns. */
async function balancer(servers: ScriptedServer[]): Promise<Relay> {
  let turn = 0
  return fixture.owns(await Relay.start(() => servers[turn++ % servers.length]?.port))
}

async function servers(count: number, serverCount = count): Promise<ScriptedServer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => fixture.server({ serverId: `server-${index}`, serverCount })),
  )
}

async function gauge(name: 'openServerConnections' | 'knownServerCount'): Promise<number | undefined> {
  return (await fixture.metrics[name].get()).values[0]?.value
}

function agentOf(endpoints: { port: number }[], options: Partial<ProxyAgentOptions> = {}) {
  return fixture.agent({ servers: endpoints.map(({ port }) => ({ host: '127.0.0.1', port })), ...options })
}

const connected = (count: number) => eventually(() => gauge('openServerConnections')).toBe(count)

describe('the set of servers', () => {
  it('has every server that is configured', async () => {
    await agentOf(await servers(3, 1))
    await connected(3)
  })

  it('has every address of a name', async () => {
    const first = await fixture.server({ serverId: 'a', host: '127.0.0.1' })
    await fixture.server({ serverId: 'b', host: '127.0.0.2', port: first.port })
    await fixture.server({ serverId: 'c', host: '127.0.0.3', port: first.port })
    const lookup = async () =>
      ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => ({ address, family: 4 }))
    await fixture.agent({ servers: [{ host: 'proxy-server', port: first.port }] }, { lookup })
    await connected(3)
  })

  it('follows the addresses of a name', async () => {
    const first = await fixture.server({ serverId: 'a', host: '127.0.0.1' })
    const second = await fixture.server({ serverId: 'b', host: '127.0.0.2', port: first.port })
    let addresses = ['127.0.0.1']
    const lookup = async () => addresses.map((address) => ({ address, family: 4 }))
    await fixture.agent({ servers: [{ host: 'proxy-server', port: first.port }] }, { lookup })
    await connected(1)
    addresses = ['127.0.0.1', '127.0.0.2']
    await connected(2)
    addresses = ['127.0.0.1']
    const { handshakes } = second
    ;(await second.nextStream()).reset()
    await connected(1)
    expect(second.handshakes).toBe(handshakes)
  })

  it('keeps what it has while a name cannot be resolved', async () => {
    const server = await fixture.server()
    let lookups = 0
    const lookup = () => {
      lookups++
      if (lookups > 1) return Promise.reject(new Error('no DNS today'))
      return Promise.resolve([{ address: '127.0.0.1', family: 4 }])
    }
    await fixture.agent({ servers: [{ host: 'proxy-server', port: server.port }] }, { lookup })
    const stream = await server.nextStream()
    await eventually(() => lookups).toBeGreaterThan(3)
    stream.reset()
    await server.nextStream()
    expect(fixture.logs.filter(({ message }) => message === 'cannot resolve proxy server')).toHaveLength(1)
  })

  it('has no server twice', async () => {
    const server = await fixture.server()
    const detour = await balancer([server])
    const agent = await agentOf([server, detour])
    const [first, second] = await Promise.all([server.nextStream(), server.nextStream()])
    await Promise.race([first.closed, second.closed])
    expect(await gauge('openServerConnections')).toBe(1)
    expect(agent.isReady()).toBe(true)
  })

  it('finds all servers behind one address', async () => {
    const all = await servers(3)
    await agentOf([await balancer(all)])
    await connected(3)
    expect(await gauge('knownServerCount')).toBe(3)
  })

  it('dials no more once it is complete, and again when a server is lost', async () => {
    const all = await servers(2)
    const front = await balancer(all)
    let lookups = 0
    const lookup = async () => {
      lookups++
      return [{ address: '127.0.0.1', family: 4 }]
    }
    await fixture.agent({ servers: [{ host: 'proxy-server', port: front.port }] }, { lookup })
    await connected(2)
    const { accepted } = front
    const before = lookups
    await eventually(() => lookups).toBeGreaterThan(before + 20)
    expect(front.accepted).toBe(accepted)
    ;(await all[1]?.nextStream())?.reset()
    await eventually(() => front.accepted).toBeGreaterThan(accepted)
    await connected(2)
  })

  it('notices that there are more servers when one says so at a probe', async () => {
    const [first, second] = (await servers(2, 1)) as [ScriptedServer, ScriptedServer]
    const behind = [first]
    const front = await balancer(behind)
    await agentOf([front], { probeMs: 5 })
    await connected(1)
    behind.push(second)
    first.serverCount = 2
    second.serverCount = 2
    await connected(2)
  })

  it('leaves a server that it has already in order', async () => {
    const ends: StreamEnd[] = []
    const server = await fixture.server({
      answer: (call) => {
        call.respond({ [SERVER_ID_HEADER]: 'a', [SERVER_COUNT_HEADER]: '1' })
        call.messages.start({
          onMessage: () => {},
          onPeerEnd: () => call.finish(),
          onProtocolError: () => {},
          onClose: (end) => ends.push(end),
        })
      },
    })
    await agentOf([await balancer([server])], { probeMs: 2 })
    await eventually(() => ends.length).toBeGreaterThan(1)
    expect(ends.every(({ clean }) => clean)).toBe(true)
  })

  it('looks for more all the time when told so', async () => {
    const [first, second] = (await servers(2, 1)) as [ScriptedServer, ScriptedServer]
    const behind = [first]
    const front = await balancer(behind)
    await agentOf([front], { syncForever: true })
    await connected(1)
    behind.push(second)
    await connected(2)
  })

  it('wants fewer servers when those that are left say so', async () => {
    const all = await servers(2)
    const front = await balancer(all)
    await agentOf([front])
    await connected(2)
    const [staying, leaving] = all as [ScriptedServer, ScriptedServer]
    staying.serverCount = 1
    all.pop()
    await leaving.stop()
    await eventually(() => gauge('knownServerCount')).toBe(1)
    expect(await gauge('openServerConnections')).toBe(1)
  })

  it('is not held up by an address that is dead', async () => {
    const server = await fixture.server()
    const dead = await balancer([])
    const agent = await agentOf([dead, server])
    await server.nextStream()
    await eventually(() => dead.accepted).toBeGreaterThan(3)
    expect(agent.isReady()).toBe(true)
    expect(await gauge('openServerConnections')).toBe(1)
  })

  it('comes back to a server that was restarted', async () => {
    const pki = await fixture.pki()
    const { ScriptedServer } = await import('../support/scripted-server.ts')
    const before = await ScriptedServer.start(pki)
    const { port } = before
    const agent = await agentOf([before])
    await before.nextStream()
    await before.stop()
    await connected(0)
    expect(agent.isReady()).toBe(false)
    const after = fixture.owns(await ScriptedServer.start(pki, { port }))
    await after.nextStream()
    await connected(1)
  })
})
