import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'

const EXTENSIONS = { windowBytes: 512 * 1024 }

describe('a gRPC stream', () => {
  it('that names a connection before any dial is told so, and served no further', async () => {
    const fixture = await ProxyServerFixture.start()
    await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendData(7, 'x')
    expect(await stream.next('CLOSE_RSP')).toEqual({
      type: 'CLOSE_RSP',
      connectId: 7,
      error: 'backend not initialized',
    })
    expect(await stream.ended).toMatchObject({ status: 0 })
  })

  it('that closes before any dial is told so, and may still dial', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.send({ type: 'CLOSE_REQ', connectId: 7, error: '' })
    expect(await stream.next('CLOSE_RSP')).toMatchObject({ connectId: 7, error: 'backend uninitialized' })
    await Promise.all([stream.dial(), agent.accept()])
  })

  it('that asks for nothing is ended after a minute, and its neighbour is not', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const silent = fixture.openStream()
      const { stream, connectId } = await fixture.establish(agent)
      for (let second = 0; second < 60; second++) {
        await Promise.all([silent.settled(), agent.settled()]) // keepalive is answered in between
        vi.advanceTimersByTime(1_000)
      }
      expect(await silent.ended).toMatchObject({ status: 4, message: 'no DIAL_REQ within 60 s' })
      expect(await fixture.metric('grpc_connections', { service_method: 'Proxy' })).toBe(1)
      stream.sendData(connectId, 'x')
      await agent.next('DATA')
    } finally {
      vi.useRealTimers()
    }
  })

  it('ends at its deadline, whatever it is at, and its neighbour does not', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(EXTENSIONS)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const neighbour = await fixture.establish(agent)
      const options = { metadata: { 'grpc-timeout': '5S' } }
      const silent = fixture.openStream(options)
      const established = await fixture.establish(agent, options)
      const dialing = fixture.openStream(options)
      dialing.sendDial()
      await Promise.all([agent.next('DIAL_REQ'), silent.settled()])
      vi.advanceTimersByTime(4_999)
      await silent.settled()
      expect(established.stream.types()).toEqual(['DIAL_RSP'])
      vi.advanceTimersByTime(1)
      for (const { ended } of [silent, dialing, established.stream]) {
        expect(await ended).toMatchObject({ status: 4, message: 'context deadline exceeded' })
      }
      expect(await agent.next('DIAL_CLS')).toMatchObject({ random: dialing.random })
      const { connectId } = established
      expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId })
      agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
      neighbour.stream.sendData(neighbour.connectId, 'x')
      await agent.next('DATA')
    } finally {
      vi.useRealTimers()
    }
  })

  it.each(['DATA', 'CLOSE_REQ'] as const)(
    "that names another's connection in %s loses its own, and the other loses nothing",
    async (type) => {
      const fixture = await ProxyServerFixture.start()
      const agent = await fixture.connectAgent()
      const victim = await fixture.establish(agent)
      const { stream, connectId } = await fixture.establish(agent)
      if (type === 'DATA') stream.sendData(victim.connectId, 'injected')
      else stream.send({ type, connectId: victim.connectId, error: '' })
      const error = 'mismatched connection IDs'
      expect(await stream.next('CLOSE_RSP')).toEqual({ type: 'CLOSE_RSP', connectId, error })
      expect(await stream.next('CLOSE_RSP')).toEqual({
        type: 'CLOSE_RSP',
        connectId: victim.connectId,
        error,
      })
      expect(await stream.ended).toMatchObject({ status: 0 })
      expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId })
      expect(await fixture.metric('protocol_errors_total', { peer: 'frontend' })).toBe(1)
      victim.stream.sendData(victim.connectId, 'own')
      await agent.next('DATA')
      expect(agent.bytes(victim.connectId).toString()).toBe('own')
      agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    },
  )

  it('may not name a connection while it dials', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    for (const send of ['DATA', 'CLOSE_REQ'] as const) {
      const stream = fixture.openStream()
      stream.sendDial()
      await agent.next('DIAL_REQ')
      if (send === 'DATA') stream.sendData(1, 'x')
      else stream.send({ type: 'CLOSE_REQ', connectId: 1, error: '' })
      expect(await stream.next('CLOSE_RSP')).toMatchObject({ error: /^backend (not |un)initialized$/ })
      expect(await agent.next('DIAL_CLS')).toMatchObject({ random: stream.random })
    }
  })

  it('may send what means nothing: no bytes, connection 0, packets of agents and of the future', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    stream.sendData(connectId, '')
    stream.sendData(0, 'x')
    stream.sendMessage(Buffer.from('086f', 'hex')) // type 111, no payload
    stream.sendMessage(Buffer.from('086fba0602080a', 'hex')) // and with one
    stream.send({ type: 'DRAIN' })
    stream.send({ type: 'CREDIT', connectId, bytes: 5 })
    stream.send({ type: 'DIAL_RSP', random: 1n, connectId, error: '' })
    stream.send({ type: 'CLOSE_RSP', connectId, error: '' })
    stream.send({ type: 'HALF_CLOSE', connectId })
    stream.send({ type: 'DIAL_CLS', random: stream.random })
    stream.sendData(connectId, 'after all')
    await agent.next('DATA')
    expect(agent.types()).toEqual(['DIAL_REQ', 'DATA'])
    expect(stream.types()).toEqual(['DIAL_RSP'])
  })

  it.each([
    ['a type without its payload', Buffer.from('0804', 'hex')],
    ["a type with another's payload", Buffer.from('08042a020801', 'hex')],
    ['no packet at all', Buffer.from('ffffffffffffffffffff', 'hex')],
    ['a string that is no UTF-8', Buffer.from('12030a01ff', 'hex')],
    ['nothing', Buffer.alloc(0)],
  ])('that carries %s ends with INTERNAL, and no other does', async (_, message) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(EXTENSIONS)
    const neighbour = await fixture.establish(agent)
    const { stream, connectId } = await fixture.establish(agent)
    stream.sendMessage(message)
    expect(await stream.ended).toMatchObject({ status: 13 })
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId, error: /broke the protocol/ })
    expect(await fixture.metric('protocol_errors_total', { peer: 'frontend' })).toBe(1)
    neighbour.stream.sendData(neighbour.connectId, 'x')
    await agent.next('DATA')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
  })

  it('that carries a message of more than 4 MiB ends with RESOURCE_EXHAUSTED, and no other does', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(EXTENSIONS)
    const neighbour = await fixture.establish(agent)
    const { stream, connectId } = await fixture.establish(agent)
    stream.sendData(connectId, Buffer.alloc(5_000_000))
    expect(await stream.ended).toMatchObject({ status: 8, message: /larger than max/ })
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId })
    expect(agent.byteCount()).toBe(0)
    neighbour.stream.sendData(neighbour.connectId, 'x')
    await agent.next('DATA')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
  })

  it('may carry a message of 4 MiB', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { stream, connectId } = await fixture.establish(agent)
    stream.sendData(connectId, Buffer.alloc(4_194_304 - 14, 1))
    await eventually(() => agent.byteCount(connectId)).toBe(4_194_290)
  })

  it('that is compressed ends with UNIMPLEMENTED', async () => {
    const fixture = await ProxyServerFixture.start()
    const stream = fixture.openStream()
    stream.stream.write(Buffer.from('010000000100', 'hex'))
    expect(await stream.ended).toMatchObject({ status: 12 })
  })

  it('that ends in the middle of a message ends with INTERNAL', async () => {
    const fixture = await ProxyServerFixture.start()
    const stream = fixture.openStream()
    stream.stream.end(Buffer.from('000000000a08', 'hex'))
    expect(await stream.ended).toMatchObject({ status: 13 })
  })

  it('that says nothing and ends is ended, too', async () => {
    const fixture = await ProxyServerFixture.start()
    const stream = fixture.openStream()
    stream.end()
    expect(await stream.ended).toMatchObject({ status: 0 })
  })

  it('is refused for another method, and for no gRPC', async () => {
    const fixture = await ProxyServerFixture.start()
    const wrong = fixture.openStream({ metadata: { ':path': '/AgentService/Connect' } })
    expect(await wrong.ended).toMatchObject({ status: 12 })
    const html = fixture.openStream({ metadata: { 'content-type': 'text/html' } })
    expect(await html.headers).toMatchObject({ ':status': 415 })
  })
})

describe('DATA for a frontend like Go, which registers its connection only after DIAL_RSP', () => {
  it('waits for the first packet of the frontend', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { stream, connectId } = await fixture.establish(agent)
      agent.sendData(connectId, 'hello')
      await agent.settled()
      await stream.settled()
      expect(stream.types()).toEqual(['DIAL_RSP'])
      stream.sendData(connectId, 'x')
      await stream.next('DATA')
      expect(stream.bytes().toString()).toBe('hello')
    } finally {
      vi.useRealTimers()
    }
  })

  it('waits no longer than 10 ms after it has read DIAL_RSP', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { stream, connectId } = await fixture.establish(agent)
      agent.sendData(connectId, 'hello')
      await agent.settled()
      await stream.settled()
      vi.advanceTimersByTime(9)
      await stream.settled()
      expect(stream.byteCount()).toBe(0)
      vi.advanceTimersByTime(1)
      await stream.next('DATA')
    } finally {
      vi.useRealTimers()
    }
  })

  it('waits together with what closes it', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const stream = fixture.openStream()
    stream.sendDial()
    const { random } = await agent.next('DIAL_REQ')
    agent.send({ type: 'DIAL_RSP', random, connectId: 1, error: '' })
    agent.sendData(1, 'bye')
    agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    await stream.ended
    expect(stream.types()).toEqual(['DIAL_RSP', 'DATA', 'CLOSE_RSP'])
  })

  it('does not wait for a frontend of ours', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(EXTENSIONS)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { stream, connectId } = await fixture.establish(agent, { extensions: true })
      agent.sendData(connectId, 'hello')
      await stream.next('DATA')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('the version that a frontend is told with its DIAL_RSP', () => {
  it.each([
    ['ours', 'ours', '1'],
    ["ours, with an agent like Go's", 'go', undefined],
  ])('is the lowest of all three: %s', async (_, agentKind, expected) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(agentKind === 'ours' ? EXTENSIONS : {})
    const { stream } = await fixture.establish(agent, { extensions: true })
    expect((await stream.headers)['cluster-proxy-extensions']).toBe(expected)
  })

  it('is not spoken of to a frontend that has not asked', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(EXTENSIONS)
    const { stream } = await fixture.establish(agent)
    expect(await stream.headers).not.toHaveProperty('cluster-proxy-extensions')
  })
})
