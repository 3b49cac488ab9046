import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import type { ScriptedAgent } from '../support/scripted-agent.ts'
import type { ScriptedStream } from '../support/scripted-frontend.ts'

const KIB = 1024
const MIB = 1024 * KIB
const WINDOW = 64 * KIB
/** Of a frontend that is to be stuck soon: HTTP/2's own, in bytes. */
const SMALL_WINDOW = 32 * KIB

/** Waits without timers, which may be faked. */
async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await met())) await new Promise((resolve) => setImmediate(resolve))
}

const pausedAgents = (fixture: ProxyServerFixture) =>
  fixture.metric('full_receive_channels', { service_method: 'Connect' })

async function pingPong(agent: ScriptedAgent, stream: ScriptedStream, connectId: number): Promise<void> {
  stream.sendData(connectId, 'ping')
  await agent.nextThat(
    (packet): packet is typeof packet => packet.type === 'DATA' && packet.connectId === connectId,
    'ping',
  )
  agent.sendData(connectId, 'pong')
  await stream.next('DATA')
}

/** Sends on a connection as an agent with extensions does: no more than it was granted, until nothing more is. */
async function sendWithinCredit(
  agent: ScriptedAgent,
  connectId: number,
  window: number,
  stream?: ScriptedStream,
): Promise<number> {
  let sent = 0
  const grants = () =>
    agent.packets.reduce(
      (sum, packet) =>
        packet.type === 'CREDIT' && packet.connectId === connectId ? sum + packet.bytes : sum,
      0,
    )
  // What the kernel and HTTP/2 still take shows only after some round trips.
  for (let quietRounds = 0; quietRounds < 10; quietRounds++) {
    while (window + grants() - sent >= 16 * KIB) {
      agent.sendData(connectId, Buffer.alloc(16 * KIB))
      sent += 16 * KIB
      quietRounds = 0
    }
    await agent.settled()
    await stream?.settled()
  }
  return sent
}

const FRONTEND_KINDS = ['gRPC', 'HTTP CONNECT'] as const
type FrontendKind = (typeof FRONTEND_KINDS)[number]

/** A frontend that has dialled, and reads nothing any more. */
async function stuckStream(
  fixture: ProxyServerFixture,
  agent: ScriptedAgent,
): Promise<{ stream: ScriptedStream; connectId: number }> {
  const stream = fixture.connectFrontend(SMALL_WINDOW).open()
  const [connectId] = await Promise.all([stream.dial(), agent.accept()])
  stream.sendData(connectId, 'x')
  await agent.next('DATA')
  stream.stream.pause()
  return { stream, connectId: connectId as number }
}

/** A frontend that does not read, of either kind; returns its connection. */
async function stuckFrontend(
  kind: FrontendKind,
  fixture: ProxyServerFixture,
  agent: ScriptedAgent,
): Promise<number> {
  if (kind === 'gRPC') return (await stuckStream(fixture, agent)).connectId
  const { client, connectId } = await fixture.establishClient(agent)
  client.socket.pause()
  return connectId
}

describe('credit', () => {
  it('bounds what the server sends ahead of the agent, exactly', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: WINDOW, grants: false })
    const { stream, connectId } = await fixture.establish(agent)
    for (let count = 0; count < 20; count++) stream.sendData(connectId, Buffer.alloc(30_000))
    let granted = WINDOW
    for (const bytes of [0, 1, 1_000, WINDOW, 50_000]) {
      if (bytes > 0) agent.send({ type: 'CREDIT', connectId, bytes })
      granted += bytes
      await eventually(() => agent.byteCount(connectId)).toBe(granted)
      await agent.settled()
      expect(agent.byteCount(connectId)).toBe(granted)
    }
  })

  it('pauses the frontend that sends too much, and lets it go on', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: WINDOW, grants: false })
    const { stream, connectId } = await fixture.establish(agent)
    for (let count = 0; count < 60; count++) stream.sendData(connectId, Buffer.alloc(50_000))
    const paused = () => fixture.metric('full_receive_channels', { service_method: 'Proxy' })
    await eventually(paused).toBe(1)
    await eventually(() => stream.stream.writableLength).toBeGreaterThan(400_000)
    await eventually(() => agent.byteCount(connectId)).toBe(WINDOW)
    agent.onPacket = ({ type, ...data }) => {
      if (type === 'DATA' && 'length' in data) agent.send({ type: 'CREDIT', connectId, bytes: data.length })
    }
    agent.send({ type: 'CREDIT', connectId, bytes: WINDOW })
    await eventually(() => agent.byteCount(connectId)).toBe(3_000_000)
    expect(await paused()).toBe(0)
  })

  it('is granted for what the frontend has read, in portions of a quarter of the window', async () => {
    const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW })
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const { stream, connectId } = await fixture.establish(agent, { extensions: true })
    for (let sent = 0; sent < WINDOW; sent += 4 * KIB) agent.sendData(connectId, Buffer.alloc(4 * KIB))
    await eventually(() => stream.byteCount()).toBe(WINDOW)
    await agent.settled()
    const grants = agent.packets.flatMap((packet) => (packet.type === 'CREDIT' ? [packet.bytes] : []))
    expect(grants.reduce((sum, bytes) => sum + bytes, 0)).toBe(WINDOW)
    for (const bytes of grants) expect(bytes).toBeGreaterThanOrEqual(WINDOW / 4)
  })

  it('ends the stream of an agent that sends more than it was granted', async () => {
    const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW })
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const { connectId } = await stuckStream(fixture, agent)
    for (let count = 0; count < 6; count++) agent.sendData(connectId, Buffer.alloc(60_000))
    expect(await agent.ended).toMatchObject({ status: 13, message: /more than it was granted/ })
  })
})

describe('a frontend that does not read, with an agent of ours', () => {
  it.each(FRONTEND_KINDS)('(%s) holds up nothing but itself', async (kind) => {
    const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW })
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const neighbour = await fixture.establish(agent)
    const stuckId = await stuckFrontend(kind, fixture, agent)
    const sent = await sendWithinCredit(agent, stuckId, WINDOW)
    expect(sent).toBeGreaterThan(WINDOW)
    for (let round = 0; round < 20; round++) await pingPong(agent, neighbour.stream, neighbour.connectId)
    const another = await fixture.establish(agent)
    await pingPong(agent, another.stream, another.connectId)
    expect(await pausedAgents(fixture)).toBe(0)
  })

  it('gets everything once it reads', async () => {
    const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW })
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const { stream, connectId } = await stuckStream(fixture, agent)
    const sent = await sendWithinCredit(agent, connectId, WINDOW, stream)
    stream.stream.resume()
    await eventually(() => stream.byteCount()).toBe(sent)
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await stream.ended
  })

  it('costs no more than its bounds', async () => {
    const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW })
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const { stream, connectId } = await stuckStream(fixture, agent)
    // The window, what is queued toward HTTP/2, and one packet; and what Node's client has read nevertheless.
    const bound = WINDOW + 128 * KIB + 64 * KIB + 65 * KIB
    expect(await sendWithinCredit(agent, connectId, WINDOW, stream)).toBeLessThanOrEqual(bound)
  })

  it('does not hold up its own close', async () => {
    const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW })
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const { stream, connectId } = await stuckStream(fixture, agent)
    await sendWithinCredit(agent, connectId, WINDOW, stream)
    stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
  })

  it('is cut off once the agent has closed and it has long taken nothing', async () => {
    const fixture = await ProxyServerFixture.start({ windowBytes: WINDOW, halfOpenTimeoutMs: 30 })
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const { stream, connectId } = await stuckStream(fixture, agent)
    await sendWithinCredit(agent, connectId, WINDOW, stream)
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    stream.stream.on('aborted', () => stream.stream.resume())
    expect(await stream.ended).toMatchObject({ resetCode: 8, status: undefined })
    await fixture.expectIdle()
  })

  it('is cut off also when all that is left for it waits in HTTP/2', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: WINDOW })
    const { stream, connectId } = await stuckStream(fixture, agent)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      agent.sendData(connectId, Buffer.alloc(60_000))
      agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
      await until(() => fixture.server.busy === 0)
      vi.advanceTimersByTime(30_000)
      stream.stream.on('aborted', () => stream.stream.resume())
      expect(await stream.ended).toMatchObject({ resetCode: 8, status: undefined })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe("a frontend that does not read, with an agent like Go's", () => {
  /** Sends so much that the server stops reading from the agent. */
  async function fill(fixture: ProxyServerFixture, agent: ScriptedAgent, connectId: number): Promise<void> {
    for (let count = 0; count < 250; count++) agent.sendData(connectId, Buffer.alloc(32 * KIB))
    await until(async () => (await pausedAgents(fixture)) === 1)
  }

  it.each(FRONTEND_KINDS)('(%s) is buffered up to 4 MiB before anybody else notices', async (kind) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const neighbour = await fixture.establish(agent)
    const stuckId = await stuckFrontend(kind, fixture, agent)
    // What the kernel takes of it for a client on TCP is not the same everywhere, hence not in portions of the cap.
    while (fixture.server.queuedBytes.toFrontend < 3.75 * MIB) {
      agent.sendData(stuckId, Buffer.alloc(32 * KIB))
      await agent.settled()
    }
    for (let round = 0; round < 20; round++) await pingPong(agent, neighbour.stream, neighbour.connectId)
    for (let count = 0; count < 5; count++) {
      const { stream, connectId } = await fixture.establish(agent)
      await pingPong(agent, stream, connectId)
      stream.send({ type: 'CLOSE_REQ', connectId, error: '' })
      await agent.next('CLOSE_REQ')
      agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
      await stream.ended
    }
    expect(await pausedAgents(fixture)).toBe(0)
    expect(fixture.server.queuedBytes.toFrontend).toBeGreaterThan(3.5 * MIB)
  })

  it('then holds up its agent, but goes on where it left off as soon as it reads', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await stuckStream(fixture, agent)
    await fill(fixture, agent, connectId)
    stream.stream.resume()
    await eventually(() => stream.byteCount()).toBe(250 * 32 * KIB)
    expect(await pausedAgents(fixture)).toBe(0)
  })

  it.each(FRONTEND_KINDS)('(%s) is broken off after 10 s in which it took nothing', async (kind) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const neighbour = await fixture.establish(agent)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let connectId: number
      let cutOff: Promise<unknown>
      if (kind === 'gRPC') {
        const { stream, connectId: id } = await stuckStream(fixture, agent)
        stream.stream.on('aborted', () => stream.stream.resume())
        connectId = id
        cutOff = stream.ended.then(({ resetCode }) => resetCode)
      } else {
        const { client, connectId: id } = await fixture.establishClient(agent)
        client.socket.pause()
        connectId = id
        cutOff = client.closed
        void agent.next('CLOSE_REQ').then(() => client.socket.resume())
      }
      // A client on TCP is stuck only once the kernel's buffers are full, too.
      if (kind !== 'gRPC')
        for (let count = 0; count < 250; count++) agent.sendData(connectId, Buffer.alloc(32 * KIB))
      await fill(fixture, agent, connectId)
      vi.advanceTimersByTime(9_900)
      expect(fixture.server.busy).toBe(2)
      vi.advanceTimersByTime(200)
      expect(await cutOff).toBe(kind === 'gRPC' ? 8 : 'ECONNRESET')
      expect(await pausedAgents(fixture)).toBe(0)
      agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
      await until(() => fixture.server.busy === 1)
      expect(await fixture.metric('connections_reset_total', { reason: 'frontend_stuck' })).toBe(1)
      await pingPong(agent, neighbour.stream, neighbour.connectId)
    } finally {
      vi.useRealTimers()
    }
  })

  it('lets its agent go on as soon as it resets its stream', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const neighbour = await fixture.establish(agent)
    const { stream, connectId } = await stuckStream(fixture, agent)
    await fill(fixture, agent, connectId)
    await stream.reset()
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await pingPong(agent, neighbour.stream, neighbour.connectId)
    expect(await pausedAgents(fixture)).toBe(0)
  })
})

describe('a target that does not read', () => {
  it('holds up nothing but its own connection', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: WINDOW, grants: false })
    const stuck = await fixture.establish(agent)
    const { client, connectId } = await fixture.establishClient(agent)
    const neighbour = await fixture.establish(agent)
    for (let count = 0; count < 20; count++) stuck.stream.sendData(stuck.connectId, Buffer.alloc(60_000))
    client.socket.write(Buffer.alloc(2_000_000))
    await eventually(() => agent.byteCount(stuck.connectId)).toBe(WINDOW)
    await eventually(() => agent.byteCount(connectId)).toBe(WINDOW)
    for (let round = 0; round < 20; round++) await pingPong(agent, neighbour.stream, neighbour.connectId)
    const another = await fixture.establish(agent)
    await pingPong(agent, another.stream, another.connectId)
  })

  it('keeps no more of what its CONNECT client sends than the bounds say', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent({ windowBytes: WINDOW, grants: false })
    const { client, connectId } = await fixture.establishClient(agent)
    client.socket.write(Buffer.alloc(30_000_000))
    await eventually(() => agent.byteCount(connectId)).toBe(WINDOW)
    await agent.settled()
    expect(client.socket.writableLength).toBeGreaterThan(10_000_000)
    expect(fixture.server.queuedBytes.toAgent).toBeLessThanOrEqual(128 * KIB + 64 * KIB)
    expect(fixture.server.queuedBytes.toAgent).toBeGreaterThan(0)
  })
})
