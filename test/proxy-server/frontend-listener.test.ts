import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { ProxyServerFixture } from '../support/proxy-server-fixture.ts'
import { ConnectClient, frontendTls, ScriptedFrontend } from '../support/scripted-frontend.ts'

const OURS = { windowBytes: 512 * 1024 }

function newSocketPath(): string {
  return path.join(mkdtempSync(path.join(os.tmpdir(), 'frontends-')), 'proxy.sock')
}

/** What TLS agrees on with a client that offers `alpn`, or the error's code. */
async function negotiated(fixture: ProxyServerFixture, alpn: string[] | undefined): Promise<string> {
  const socket = tls.connect({
    host: '127.0.0.1',
    port: fixture.server.frontendPort,
    ...frontendTls(fixture.pki),
    ...(alpn ? { ALPNProtocols: alpn } : {}),
  })
  socket.on('error', () => {})
  try {
    await once(socket, 'secureConnect')
    return socket.alpnProtocol || 'none'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed'
  } finally {
    socket.destroy()
  }
}

const NO_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

describe('the frontend port', () => {
  it.each([
    // modes, offered, agreed
    ['grpc,http-connect', ['h2'], 'h2'],
    ['grpc,http-connect', ['http/1.1'], 'http/1.1'],
    ['grpc,http-connect', ['h2', 'http/1.1'], 'http/1.1'],
    ['grpc,http-connect', ['http/1.1', 'h2'], 'http/1.1'],
    ['grpc,http-connect', undefined, 'none'],
    ['grpc,http-connect', ['spdy/3'], NO_PROTOCOL],
    ['grpc', ['h2'], 'h2'],
    ['grpc', ['extra', 'h2'], 'h2'],
    ['grpc', ['h2', 'http/1.1'], 'h2'],
    ['grpc', ['http/1.1'], NO_PROTOCOL],
    ['http-connect', ['http/1.1'], 'http/1.1'],
    ['http-connect', ['h2', 'http/1.1'], 'http/1.1'],
    ['http-connect', ['h2'], NO_PROTOCOL],
    ['http-connect', undefined, 'none'],
  ])('in mode %s agrees with a client that offers %j on %s', async (modes, offered, agreed) => {
    const fixture = await ProxyServerFixture.start({
      frontendModes: modes.split(',') as ('grpc' | 'http-connect')[],
    })
    expect(await negotiated(fixture, offered)).toBe(agreed)
  })

  it('speaks HTTP/1.1 with a client that offers no protocol', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const client = await ConnectClient.open(fixture.endpoint, [])
    client.socket.write('CONNECT a:1 HTTP/1.1\r\n\r\n')
    await agent.accept()
    expect(await client.head()).toMatch(/^HTTP\/1\.1 200 /)
    client.destroy()
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
  })

  it('hangs up on a client that offers no protocol where only gRPC is spoken', async () => {
    const fixture = await ProxyServerFixture.start({ frontendModes: ['grpc'] })
    const client = await ConnectClient.open(fixture.endpoint, [])
    client.socket.write('CONNECT a:1 HTTP/1.1\r\n\r\n')
    await client.ended
    expect(client.received).toBe('')
    client.destroy()
  })

  it('needs a certificate of the right CA', async () => {
    const fixture = await ProxyServerFixture.start()
    for (const credentials of [fixture.pki.agentClient, undefined]) {
      const socket = tls.connect({
        host: '127.0.0.1',
        port: fixture.server.frontendPort,
        ca: fixture.pki.frontendCa.caPem,
        ...(credentials && { cert: credentials.certPem, key: credentials.keyPem }),
      })
      socket.on('error', () => {})
      socket.on('data', () => expect.unreachable('the server speaks to it'))
      socket.write('CONNECT a:1 HTTP/1.1\r\n\r\n')
      await new Promise((resolve) => socket.once('close', resolve))
    }
  })

  it('forgets a gRPC client that just closes its TCP connection', async () => {
    const fixture = await ProxyServerFixture.start()
    const agent = await fixture.connectAgent()
    const frontend = fixture.connectFrontend()
    const stream = frontend.open()
    await Promise.all([stream.dial(), agent.accept()])
    frontend.close()
    expect(await agent.next('CLOSE_REQ')).toMatchObject({ connectId: 1 })
    agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
    await fixture.expectIdle()
  })
})

describe('an HTTP/2 session of a frontend', () => {
  it('that does not answer is ended soon, although frontends are pinged once an hour', async () => {
    const fixture = await ProxyServerFixture.start({ frontendKeepaliveMs: 3_600_000 })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const client = await ConnectClient.open(fixture.endpoint, ['h2'])
      client.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      client.socket.write(Buffer.from('000000040000000000', 'hex')) // SETTINGS
      const pinged = () => Buffer.from(client.received, 'latin1').includes(Buffer.from('0000080600', 'hex'))
      while (client.received === '') await new Promise((resolve) => setImmediate(resolve))
      expect(pinged()).toBe(false)
      vi.advanceTimersByTime(5_000)
      while (!pinged()) await new Promise((resolve) => setImmediate(resolve))
      vi.advanceTimersByTime(20_000)
      await client.ended
      client.destroy()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe.each(['port', 'unix socket'])("a connection to the frontends' %s", (kind) => {
  const options = () => ({
    keepaliveMs: 3_600_000,
    ...(kind === 'port' ? {} : { socketPath: newSocketPath() }),
  })

  it.each(['CONNECT ', 'CONNECT a:1 HTTP/1.1\r\nX: '])(
    'that begins with %j and goes on byte by byte is ended a minute after its beginning',
    async (start) => {
      const fixture = await ProxyServerFixture.start(options())
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      try {
        const client = await ConnectClient.open(fixture.endpoint)
        client.socket.write(start)
        for (let seconds = 0; seconds < 50; seconds += 10) {
          client.socket.write('x')
          await new Promise((resolve) => setImmediate(resolve))
          vi.advanceTimersByTime(10_000)
        }
        await new Promise((resolve) => setImmediate(resolve))
        expect(client.socket.readyState).toBe('open')
        vi.advanceTimersByTime(10_000)
        await client.ended.catch(() => {})
        client.destroy()
      } finally {
        vi.useRealTimers()
      }
    },
  )

  it.each(['grpc', 'http-connect'])('that has begun with %s has no such limit', async (mode) => {
    const fixture = await ProxyServerFixture.start({ ...options(), frontendKeepaliveMs: 7_200_000 })
    const agent = await fixture.connectAgent()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const { connectId, send } =
        mode === 'grpc'
          ? await fixture.establish(agent).then(({ stream, connectId }) => ({
              connectId,
              send: () => stream.sendData(connectId, 'late'),
            }))
          : await fixture.establishClient(agent).then(({ client, connectId }) => ({
              connectId,
              send: () => client.socket.write('late'),
            }))
      for (let seconds = 0; seconds < 70; seconds += 2) {
        vi.advanceTimersByTime(2_000)
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      }
      send()
      await agent.next('DATA')
      expect(agent.bytes(connectId).toString()).toBe('late')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a unix socket for frontends', () => {
  it('is for its owner and group only, and takes the place of one that was left behind', async () => {
    const socketPath = newSocketPath()
    writeFileSync(socketPath, '')
    const umask = process.umask()
    await ProxyServerFixture.start({ socketPath })
    expect(statSync(socketPath).mode & 0o777).toBe(0o770)
    expect(process.umask()).toBe(umask)
  })

  it('goes when its server stops', async () => {
    const socketPath = newSocketPath()
    const fixture = await ProxyServerFixture.start({ socketPath })
    await fixture.stop()
    expect(readdirSync(path.dirname(socketPath))).toEqual([])
  })

  it('stays when a successor has taken it over', async () => {
    const socketPath = newSocketPath()
    const stopping = await ProxyServerFixture.start({ socketPath })
    const successor = await ProxyServerFixture.start({ socketPath })
    const before = statSync(socketPath).ino
    await stopping.stop()
    expect(readdirSync(path.dirname(socketPath))).toEqual([path.basename(socketPath)])
    expect(statSync(socketPath).ino).toBe(before)
    const agent = await successor.connectAgent(OURS)
    await successor.establish(agent)
  })

  it('may have gone before its server stops', async () => {
    const socketPath = newSocketPath()
    const fixture = await ProxyServerFixture.start({ socketPath })
    rmSync(socketPath)
    await fixture.stop()
  })

  it('is not taken from somebody else where that is not wished', async () => {
    const socketPath = newSocketPath()
    writeFileSync(socketPath, '')
    const starting = ProxyServerFixture.start({ socketPath, deleteExistingSocket: false })
    await expect(starting).rejects.toThrow(/^listen unix .*(in use).* \(set by --uds-name\)$/)
  })

  it('names a folder that is missing', async () => {
    await expect(ProxyServerFixture.start({ socketPath: '/nowhere/x.sock' })).rejects.toThrow(
      'listen unix /nowhere/x.sock: bind: no such file or directory (set by --uds-name)',
    )
  })

  it('tells gRPC and HTTP CONNECT apart by what comes first', async () => {
    const fixture = await ProxyServerFixture.start({ socketPath: newSocketPath() })
    const agent = await fixture.connectAgent(OURS)
    const grpc = await fixture.establish(agent)
    const connect = await fixture.establishClient(agent)
    grpc.stream.sendData(grpc.connectId, 'over gRPC')
    connect.client.socket.write('over CONNECT')
    await agent.next('DATA')
    await agent.next('DATA')
    expect(agent.bytes(grpc.connectId).toString()).toBe('over gRPC')
    expect(agent.bytes(connect.connectId).toString()).toBe('over CONNECT')
  })

  it('tells them apart also when what comes first comes byte by byte', async () => {
    const fixture = await ProxyServerFixture.start({ socketPath: newSocketPath() })
    const agent = await fixture.connectAgent(OURS)
    for (const request of ['CONNECT a:1 HTTP/1.1\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n']) {
      const client = await ConnectClient.open(fixture.endpoint)
      client.socket.setNoDelay?.(true)
      for (const letter of request) {
        client.socket.write(letter)
        await new Promise((resolve) => setImmediate(resolve))
      }
      if (request.startsWith('PRI')) {
        client.socket.write(Buffer.from('000000040000000000', 'hex'))
        await eventually(() => client.received.length).toBeGreaterThan(9)
        expect(client.received.charCodeAt(3)).toBe(4) // a SETTINGS frame
      } else {
        await agent.accept()
        await client.head()
        // The end of a client that began in small pieces is still only half an end.
        client.socket.end()
        await agent.next('HALF_CLOSE')
        agent.sendData(1, 'response')
        expect((await client.bodyOf(8)).toString()).toBe('response')
        agent.send({ type: 'CLOSE_RSP', connectId: 1, error: '' })
        await client.closed
      }
      client.destroy()
    }
  })

  it.each(['', 'PRI', 'PRI * HTTP/2.0', 'CONN'])('forgets a client that leaves after %j', async (said) => {
    const fixture = await ProxyServerFixture.start({ socketPath: newSocketPath() })
    const client = await ConnectClient.open(fixture.endpoint)
    client.socket.end(said)
    await client.closed
  })

  it.each([['grpc'], ['http-connect']] as const)('may speak %s alone', async (mode) => {
    const fixture = await ProxyServerFixture.start({ socketPath: newSocketPath(), frontendModes: [mode] })
    const agent = await fixture.connectAgent()
    if (mode === 'grpc') await fixture.establish(agent)
    else await fixture.establishClient(agent)
  })

  it('forgets a gRPC client that goes', async () => {
    const fixture = await ProxyServerFixture.start({ socketPath: newSocketPath() })
    const agent = await fixture.connectAgent()
    const frontend = ScriptedFrontend.connect(fixture.endpoint)
    const [connectId] = await Promise.all([frontend.open().dial(), agent.accept()])
    frontend.close()
    await agent.next('CLOSE_REQ')
    agent.send({ type: 'CLOSE_RSP', connectId, error: '' })
    await fixture.expectIdle()
  })

  it('half-closes, and closes abruptly what was broken off, behind its bytes', async () => {
    const fixture = await ProxyServerFixture.start({ socketPath: newSocketPath() })
    const agent = await fixture.connectAgent(OURS)
    const { client, connectId } = await fixture.establishClient(agent)
    client.socket.end('request')
    await agent.next('HALF_CLOSE')
    agent.sendData(connectId, Buffer.alloc(300_000))
    agent.send({ type: 'CLOSE_RSP', connectId, error: 'read: connection reset by peer' })
    await client.closed
    expect(client.body.length).toBe(300_000)
  })
})
