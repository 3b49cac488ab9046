import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import { ConnectClient } from '../support/scripted-frontend.ts'

const OURS = { windowBytes: 512 * 1024 }
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n'

/** Everything that the server says to a client, until it ends. */
async function answerTo(client: ConnectClient): Promise<string> {
  await client.ended
  return client.received
}

describe('an HTTP CONNECT', () => {
  it('dials what stands in its request line, whatever the Host header says', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    await fixture.connectClient('node-1.example:10250')
    const request = await agent.next('DIAL_REQ')
    expect(request).toMatchObject({ protocol: 'tcp', address: 'node-1.example:10250' })
    expect(request.random > 0n && request.random < 2n ** 63n).toBe(true)
  })

  it('is answered only when the agent has connected, with nothing but the head', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await fixture.connectClient()
    const { random } = await agent.next('DIAL_REQ')
    await agent.settled()
    expect(client.received).toBe('')
    agent.send({ type: 'DIAL_RSP', random, connectId: 1, error: '' })
    expect(await client.head()).toBe(ESTABLISHED)
    expect(client.received).toBe(ESTABLISHED)
    expect(await fixture.metric('http_connections')).toBe(1)
  })

  it('is answered before the first byte of a target that speaks first', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await fixture.connectClient()
    const { random } = await agent.next('DIAL_REQ')
    agent.stream.cork()
    agent.send({ type: 'DIAL_RSP', random, connectId: 1, error: '' })
    agent.sendData(1, 'SSH-2.0-OpenSSH\r\n')
    agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    agent.stream.uncork()
    expect(await answerTo(client)).toBe(`${ESTABLISHED}SSH-2.0-OpenSSH\r\n`)
  })

  it('sends what came behind its head before all else', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await fixture.connectClient(undefined, 'one')
    const { random } = await agent.next('DIAL_REQ')
    client.socket.write('two')
    await agent.settled()
    agent.send({ type: 'DIAL_RSP', random, connectId: 1, error: '' })
    await client.head()
    client.socket.write('three')
    await eventually(() => agent.bytes(1).toString()).toBe('onetwothree')
  })

  it('with more behind its head than is kept in memory still loses nothing', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const body = Buffer.alloc(1_000_000, 'ab')
    const client = await fixture.connectClient(undefined, body.toString())
    const { random } = await agent.next('DIAL_REQ')
    client.socket.end()
    agent.send({ type: 'DIAL_RSP', random, connectId: 1, error: '' })
    await agent.next('CLOSE_REQ')
    expect(agent.bytes(1).equals(body)).toBe(true)
    agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    await client.ended
  })

  it('reads and writes megabytes', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { client, connectId } = await fixture.establishClient(agent)
    const size = 3_000_000
    const up = Buffer.alloc(size, 'up')
    client.socket.write(up)
    await eventually(() => agent.byteCount(connectId)).toBe(size)
    expect(agent.bytes(connectId).equals(up)).toBe(true)
    for (const packet of agent.packets)
      if (packet.type === 'DATA') expect(packet.length).toBeLessThanOrEqual(65_536)
  })

  it.each(['GET', 'POST', 'FOO', 'connect', 'get', 'PRI'])(
    'is the only method: %s is refused with 405',
    async (method) => {
      const fixture = await ProxyServerFixture.start()
      const client = await ConnectClient.open(fixture.endpoint)
      client.socket.write(`${method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`)
      const answer = await answerTo(client)
      client.destroy()
      if (method === 'PRI') {
        expect(answer).toMatch(/^HTTP\/1\.1 400 /)
        return
      }
      expect(answer).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/)
      expect(answer).toMatch(/\r\nContent-Type: text\/plain; charset=utf-8\r\n/)
      expect(answer).toMatch(/\r\nContent-Length: 45\r\n/)
      expect(answer).toMatch(/\r\n\r\nthis proxy only supports CONNECT passthrough\n$/)
    },
  )

  it.each([
    ['GET / HTTP/1.1\r\nHost: x\r\n\r\nFOO / HTTP/1.1\r\n\r\n', 405],
    ['FOO / HTTP/1.1\r\n\r\nFOO / HTTP/1.1\r\n\r\n', 405],
    ['CONNECT a:1 HTTP/1.1\r\nno header\r\n\r\n', 400],
    [`CONNECT a:1 HTTP/1.1\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
  ])('that is none is answered once: %.20j… with %i', async (request, status) => {
    const fixture = await ProxyServerFixture.start()
    const client = await ConnectClient.open(fixture.endpoint)
    client.socket.write(request)
    const answer = await answerTo(client)
    client.destroy()
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`])
  })

  it('may have a head of up to 64 KiB', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await ConnectClient.open(fixture.endpoint)
    client.socket.write(`CONNECT a:1 HTTP/1.1\r\nAuthorization: ${'x'.repeat(60_000)}\r\n\r\n`)
    expect(await agent.next('DIAL_REQ')).toMatchObject({ address: 'a:1' })
    client.destroy()
    await agent.next('DIAL_CLS')
  })

  it('without an agent is answered with 500', async () => {
    const fixture = await ProxyServerFixture.start()
    const client = await fixture.connectClient()
    expect(await answerTo(client)).toBe(
      'HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\n\r\n' +
        'currently no tunnels available: No agent available',
    )
    expect(await fixture.metric('dial_failure_count', { reason: 'no_agent' })).toBe(1)
  })

  it.each([
    ['dial tcp 127.0.0.1:1: connect: connection refused', '502 Bad Gateway'],
    ['dial tcp: lookup x on 10.0.0.10:53: no such host', '502 Bad Gateway'],
    ['dial tcp 10.0.0.1:1: socket: too many open files', '503 Service Unavailable'],
    ['dial tcp 198.18.0.254:1234: i/o timeout', '504 Gateway Timeout'],
    ['context deadline exceeded', '504 Gateway Timeout'],
    ['Timeout: too many open files', '504 Gateway Timeout'],
  ])('that fails with %j is answered with %s and that text', async (error, status) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await fixture.connectClient()
    const { random } = await agent.next('DIAL_REQ')
    agent.send({ type: 'DIAL_RSP', random, connectId: 0, error })
    expect(await answerTo(client)).toBe(
      `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${error}`,
    )
  })

  it('whose agent goes meanwhile is answered with 502', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await fixture.connectClient()
    await agent.next('DIAL_REQ')
    agent.disconnect()
    expect(await answerTo(client)).toMatch(
      /^HTTP\/1\.1 502 Bad Gateway\r\nContent-Type: text\/plain; charset=utf-8\r\n\r\nBackend context error: agent disconnected.*\r\n$/,
    )
    expect(await fixture.metric('dial_failure_count', { reason: 'backend_close' })).toBe(1)
  })

  it('that nobody answers is answered with 504, and withdrawn', async () => {
    const fixture = await ProxyServerFixture.start({ dialTimeoutMs: 30 })
    const agent = await fixture.connectAgent()
    const client = await fixture.connectClient()
    await agent.next('DIAL_REQ')
    expect(await answerTo(client)).toBe(
      'HTTP/1.1 504 Gateway Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n' +
        'Backend dial timeout: timed out waiting for backend dial\r\n',
    )
    await agent.next('DIAL_CLS')
    expect(await fixture.metric('pending_backend_dials')).toBe(0)
    expect(await fixture.metric('dial_failure_count', { reason: 'backend_dial_timeout' })).toBe(1)
  })

  it.each(['ends', 'is destroyed', 'is reset'])('whose client %s meanwhile is withdrawn', async (how) => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await fixture.connectClient()
    const { random } = await agent.next('DIAL_REQ')
    if (how === 'ends') client.socket.end()
    else if (how === 'is destroyed') client.socket.destroy()
    else client.reset()
    expect(await agent.next('DIAL_CLS')).toMatchObject({ random })
    await fixture.expectIdle()
    await eventually(() => fixture.metric('http_connections')).toBe(0)
    expect(await fixture.metric('dial_failure_count', { reason: 'frontend_close' })).toBe(1)
    // The answer that was on its way is closed again.
    agent.send({ type: 'DIAL_RSP', random, connectId: 1, error: '' })
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId: 1 })
  })

  it('whose client has sent all it has to say and ends meanwhile goes on', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const client = await fixture.connectClient(undefined, 'GET / HTTP/1.0\r\n\r\n')
    client.socket.end()
    const { random } = await agent.next('DIAL_REQ')
    await agent.settled()
    agent.send({ type: 'DIAL_RSP', random, connectId: 1, error: '' })
    await agent.next('HALF_CLOSE')
    agent.sendData(1, 'response')
    agent.send({ type: 'HALF_CLOSE', connectId: 1 })
    agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    expect(await answerTo(client)).toBe(`${ESTABLISHED}response`)
    expect(agent.types()).toEqual(['DIAL_REQ', 'DATA', 'HALF_CLOSE'])
  })

  it.each([
    ['ended its side', 'hello', true],
    ['sent more than is read', 'x'.repeat(1_000_000), false],
  ])('whose client has %s, and may have gone, is given up after half a minute', async (_, early, ends) => {
    const fixture = await ProxyServerFixture.start({ dialTimeoutMs: 0, keepaliveMs: 3_600_000 })
    const agent = await fixture.connectAgent()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const client = await fixture.connectClient(undefined, early)
      if (ends) client.socket.end()
      const { random } = await agent.next('DIAL_REQ')
      for (let seconds = 0; seconds < 28; seconds += 2) {
        vi.advanceTimersByTime(2_000)
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
      expect(agent.types()).toEqual(['DIAL_REQ'])
      vi.advanceTimersByTime(4_000)
      expect(await agent.next('DIAL_CLS')).toMatchObject({ random })
      expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 504 Gateway Timeout\r\n/)
      client.destroy()
    } finally {
      vi.useRealTimers()
    }
  })

  it('whose client has ended its side has no limit any more once it is answered', async () => {
    const fixture = await ProxyServerFixture.start({ halfOpenTimeoutMs: 3_600_000, keepaliveMs: 3_600_000 })
    const agent = await fixture.connectAgent()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const client = await fixture.connectClient(undefined, 'hello')
      client.socket.end()
      await agent.accept(1)
      await agent.next('CLOSE_REQ')
      vi.advanceTimersByTime(40_000)
      agent.sendData(1, 'response')
      agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
      expect(await answerTo(client)).toBe(`${ESTABLISHED}response`)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('an HTTP CONNECT connection', () => {
  it('half-closes both ways through an agent of ours', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { client, connectId } = await fixture.establishClient(agent)
    client.socket.end('request')
    await agent.next('HALF_CLOSE')
    expect(agent.bytes(connectId).toString()).toBe('request')
    agent.sendData(connectId, 'response')
    expect((await client.bodyOf(8)).toString()).toBe('response')
    agent.send({ type: 'HALF_CLOSE', connectId })
    await client.ended
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    expect(await client.closed).toBeUndefined()
    expect(agent.types()).toEqual(['DIAL_REQ', 'DATA', 'HALF_CLOSE'])
  })

  it('goes on toward the target after that has ended its side', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { client, connectId } = await fixture.establishClient(agent)
    agent.send({ type: 'HALF_CLOSE', connectId })
    await client.ended
    client.socket.end('still here')
    await agent.next('HALF_CLOSE')
    expect(agent.bytes(connectId).toString()).toBe('still here')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    expect(await client.closed).toBeUndefined()
  })

  it("closes as a whole through an agent like Go's, and loses nothing that the agent still says", async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { client, connectId } = await fixture.establishClient(agent)
    client.socket.end('request')
    await agent.next('CLOSE_REQ')
    agent.sendData(connectId, 'response')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await client.ended
    expect(client.body.toString()).toBe('response')
    expect(await client.closed).toBeUndefined()
    expect(agent.types()).toEqual(['DIAL_REQ', 'DATA', 'CLOSE_REQ'])
  })

  it('is closed, in order and behind its bytes, when the target closes', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const { client, connectId } = await fixture.establishClient(agent)
    agent.sendData(connectId, 'bye')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await client.ended
    expect(client.body.toString()).toBe('bye')
    client.socket.end()
    expect(await client.closed).toBeUndefined()
    await eventually(() => fixture.metric('http_connections')).toBe(0)
  })

  it('is broken off at the agent when the client breaks it off', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { client, connectId } = await fixture.establishClient(agent)
    client.reset()
    expect(await agent.next('CLOSE_REQ')).toMatchObject({
      connectId,
      error: 'the frontend broke off its connection',
    })
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
  })

  it.each(['the target resets', 'the agent is lost', 'the server stops'])(
    'ends with ECONNRESET when %s, behind the bytes that came before',
    async (how) => {
      const fixture = await ProxyServerFixture.start()
      const agent = await fixture.connectAgent({ windowBytes: 1024 * 1024 })
      const { client, connectId } = await fixture.establishClient(agent)
      agent.sendData(connectId, Buffer.alloc(500_000))
      if (how === 'the server stops') await client.bodyOf(500_000)
      if (how === 'the target resets')
        agent.send({ type: 'CLOSE_RSP', connectId, error: 'read: connection reset by peer' })
      else if (how === 'the server stops') void fixture.server.stop()
      else {
        await agent.settled()
        agent.disconnect()
      }
      expect(await client.closed).toBe('ECONNRESET')
      await expect(client.ended).rejects.toThrow()
      expect(client.body.length).toBe(500_000)
    },
  )

  it('ends with ECONNRESET also for a client that has ended its own side', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent(OURS)
    const { client, connectId } = await fixture.establishClient(agent)
    client.socket.end()
    await agent.next('HALF_CLOSE')
    agent.send({ type: 'CLOSE_RSP', connectId, error: 'read: connection reset by peer' })
    expect(await client.closed).toBe('ECONNRESET')
  })
})
