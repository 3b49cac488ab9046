import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ClientCall, connectHttp2, describeEndpoint, STREAM_WINDOW_BYTES } from '../../src/transport/index.ts'
import { createTestPki, type TestPki } from '../support/test-pki.ts'

let pki: TestPki
const cleanUps: (() => void)[] = []

beforeAll(async () => {
  pki = await createTestPki()
})

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

/** Listens, remembers its sockets, and ends with the test. Returns where to connect to. */
async function listen(server: net.Server, address: { path: string } | { port: number; host: string }) {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.listen(address)
  await once(server, 'listening')
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { sockets, port: 'port' in address ? (server.address() as net.AddressInfo).port : 0 }
}

const onLoopback = { port: 0, host: '127.0.0.1' }

function serverTls() {
  return { cert: pki.agentServer.certPem, key: pki.agentServer.keyPem }
}

/** Options toward a server on 127.0.0.1 whose certificate is good. */
function options(port: number) {
  return {
    endpoint: { host: '127.0.0.1', port },
    tls: { ca: pki.agentCa.caPem, cert: pki.agentClient.certPem, key: pki.agentClient.keyPem },
    streamWindowBytes: STREAM_WINDOW_BYTES,
    timeoutMs: 10_000,
  }
}

async function refusedPort(): Promise<number> {
  const server = net.createServer().listen(onLoopback)
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('connectHttp2', () => {
  it('connects with TLS, gives the peer its window, and calls', async () => {
    const server = http2.createSecureServer({ ...serverTls(), ca: pki.agentCa.caPem, requestCert: true })
    const { port } = await listen(server, onLoopback)
    const incoming = once(server, 'session')
    const session = await connectHttp2(options(port))
    cleanUps.push(() => session.destroy())
    const [peer] = (await incoming) as [http2.ServerHttp2Session]
    const [settings] = (await once(peer, 'remoteSettings')) as [http2.Settings]
    expect(settings).toMatchObject({ initialWindowSize: STREAM_WINDOW_BYTES, enablePush: false })
    const subject = (peer.socket as tls.TLSSocket).getPeerCertificate().subject
    expect(subject.CN).toBe('agent')
  })

  it('connects in clear text over a unix socket', async () => {
    const socketPath = path.join(os.tmpdir(), `connect-http2-${process.pid}.sock`)
    const server = http2.createServer()
    await listen(server, { path: socketPath })
    const stream = once(server, 'stream')
    const session = await connectHttp2({
      endpoint: { path: socketPath },
      tls: undefined,
      streamWindowBytes: STREAM_WINDOW_BYTES,
    })
    cleanUps.push(() => session.destroy())
    const call = new ClientCall(session, '/Test', {})
    call.messages.start({ onMessage() {}, onPeerEnd() {}, onProtocolError() {}, onClose() {} })
    const [, headers] = await stream
    expect(headers).toMatchObject({
      ':authority': expect.stringMatching(/^localhost/),
      ':scheme': 'http',
      ':path': '/Test',
    })
  })

  it('opens no socket when its own credentials are no good', async () => {
    const server = http2.createSecureServer(serverTls())
    const { port, sockets } = await listen(server, onLoopback)
    const good = options(port)
    const mismatched = connectHttp2({ ...good, tls: { ...good.tls, key: pki.agentServer.keyPem } })
    await expect(mismatched).rejects.toMatchObject({
      code: 'ERR_CONNECT',
      message: expect.stringContaining('key values mismatch'),
    })
    const session = await connectHttp2(good)
    expect(sockets.size).toBe(1)
    session.destroy()
  })

  it('connects through a socket that it is given', async () => {
    const server = http2.createSecureServer(serverTls())
    const { port } = await listen(server, onLoopback)
    const session = await connectHttp2({
      ...options(1),
      connectSocket: async () => {
        const socket = net.connect(port, '127.0.0.1')
        await once(socket, 'connect')
        return socket
      },
    })
    expect(session.alpnProtocol).toBe('h2')
    session.destroy()
  })

  it('offers its other protocols before h2, and takes h2', async () => {
    const server = http2.createSecureServer({ ...serverTls(), ALPNProtocols: ['h2'] })
    const { port } = await listen(server, onLoopback)
    const { tls: clientTls, ...rest } = options(port)
    const session = await connectHttp2({ ...rest, tls: { ...clientTls, alpnProtocols: ['konnectivity'] } })
    expect(session.alpnProtocol).toBe('h2')
    session.destroy()
  })

  it('goes by the name that the server prefers to h2', async () => {
    const http2Server = http2.createServer()
    cleanUps.push(() => http2Server.close())
    const front = tls.createServer({ ...serverTls(), ALPNProtocols: ['konnectivity'] }, (socket) =>
      http2Server.emit('connection', socket),
    )
    http2Server.on('stream', (stream) => stream.respond({ ':status': 200 }, { endStream: true }))
    const { port } = await listen(front, onLoopback)
    const { tls: clientTls, ...rest } = options(port)
    const session = await connectHttp2({ ...rest, tls: { ...clientTls, alpnProtocols: ['konnectivity'] } })
    cleanUps.push(() => session.destroy())
    expect((await new ClientCall(session, '/', {}).headers)[':status']).toBe(200)
  })

  describe('fails with an error that names the endpoint', () => {
    it.each([
      ['with TLS', true],
      ['in clear text', false],
    ])('when the connection is refused, %s', async (_name, withTls) => {
      const port = await refusedPort()
      const { tls: clientTls, ...rest } = options(port)
      const failure = connectHttp2({ ...rest, tls: withTls ? clientTls : undefined })
      await expect(failure).rejects.toMatchObject({
        code: 'ERR_CONNECT',
        message: `connect to 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      })
    })

    it('when the name does not exist', async () => {
      const failure = connectHttp2({ ...options(443), endpoint: { host: 'no-such-host.invalid', port: 443 } })
      await expect(failure).rejects.toThrow(/^connect to no-such-host\.invalid:443: getaddrinfo/)
    })

    it('when the unix socket does not exist', async () => {
      const failure = connectHttp2({ ...options(1), endpoint: { path: '/no/such.sock' }, tls: undefined })
      await expect(failure).rejects.toThrow(/^connect to unix:\/no\/such\.sock: connect ENOENT/)
    })

    it('when the server’s certificate is of an unknown CA', async () => {
      const { port } = await listen(http2.createSecureServer(serverTls()), onLoopback)
      const failure = connectHttp2({ ...options(port), tls: { ca: pki.frontendCa.caPem } })
      await expect(failure).rejects.toMatchObject({ code: 'ERR_CONNECT' })
      await expect(failure).rejects.toThrow(/certificate/)
    })

    it('when the server’s certificate has expired, and tells what helps', async () => {
      const { authority } = pki.agentCa
      const expired = await authority.issueServerCertificate({ ipAddresses: ['127.0.0.1'], validityMs: 1 })
      const credentials = { cert: expired.certificatePem, key: expired.privateKeyPem }
      const { port } = await listen(http2.createSecureServer(credentials), onLoopback)
      await expect(connectHttp2(options(port))).rejects.toThrow(
        `connect to 127.0.0.1:${port}: certificate has expired; the peer needs a new one, or the CA that it comes from does`,
      )
    })

    it('when the server’s certificate is for another name', async () => {
      const { port } = await listen(http2.createSecureServer(serverTls()), onLoopback)
      const failure = connectHttp2({
        ...options(port),
        tls: { ca: pki.agentCa.caPem, servername: 'other.example' },
      })
      await expect(failure).rejects.toThrow(/other\.example/)
    })

    it('when the server knows no ALPN', async () => {
      const { port } = await listen(tls.createServer(serverTls()), onLoopback)
      await expect(connectHttp2(options(port))).rejects.toThrow(
        `connect to 127.0.0.1:${port}: the server does not speak HTTP/2 (ALPN chose nothing)`,
      )
    })

    it('when the server chooses another protocol', async () => {
      const { port } = await listen(
        tls.createServer({ ...serverTls(), ALPNProtocols: ['http/1.1'] }),
        onLoopback,
      )
      const { tls: clientTls, ...rest } = options(port)
      const failure = connectHttp2({ ...rest, tls: { ...clientTls, alpnProtocols: ['http/1.1'] } })
      await expect(failure).rejects.toThrow(/ALPN chose http\/1\.1/)
    })

    it('when the server has no protocol in common', async () => {
      const { port } = await listen(
        tls.createServer({ ...serverTls(), ALPNProtocols: ['http/1.1'] }),
        onLoopback,
      )
      await expect(connectHttp2(options(port))).rejects.toMatchObject({ code: 'ERR_CONNECT' })
    })

    it('when the server hangs up in the middle of the handshake', async () => {
      const server = net.createServer((socket) => socket.once('data', () => socket.destroy()))
      const { port } = await listen(server, onLoopback)
      await expect(connectHttp2(options(port))).rejects.toMatchObject({ code: 'ERR_CONNECT' })
    })

    it('when the server takes the connection and says nothing, and closes it', async () => {
      const server = net.createServer((socket) => socket.resume())
      const accepted = once(server, 'connection') as Promise<[net.Socket]>
      const { port } = await listen(server, onLoopback)
      const failure = connectHttp2({ ...options(port), timeoutMs: 50 })
      await expect(failure).rejects.toMatchObject({
        code: 'ERR_CONNECT',
        message: `connect to 127.0.0.1:${port}: timed out`,
      })
      const [socket] = await accepted
      if (!socket.destroyed) await once(socket, 'close')
    })
  })

  it('rejects with the caller’s reason, untouched, and closes the connection', async () => {
    const server = net.createServer((socket) => socket.resume())
    const accepted = once(server, 'connection') as Promise<[net.Socket]>
    const { port } = await listen(server, onLoopback)
    const abort = new AbortController()
    const reason = new Error('changed my mind')
    const failure = connectHttp2({ ...options(port), signal: abort.signal })
    const [socket] = await accepted
    abort.abort(reason)
    await expect(failure).rejects.toBe(reason)
    if (!socket.destroyed) await once(socket, 'close')
  })

  it('does not begin when the caller has given up before', async () => {
    const reason = new Error('too late')
    await expect(connectHttp2({ ...options(1), signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('keeps the session when the caller’s signal is aborted afterwards', async () => {
    const { port } = await listen(http2.createSecureServer(serverTls()), onLoopback)
    const abort = new AbortController()
    const session = await connectHttp2({ ...options(port), signal: abort.signal })
    abort.abort()
    await new Promise<void>((resolve) => session.ping(() => resolve()))
    expect(session.destroyed).toBe(false)
    session.destroy()
  })

  it('tells a call that was made meanwhile why the server wanted no more of us, and closes the session: Node alone leaks it', async () => {
    const server = http2.createSecureServer({ ...serverTls(), ca: pki.agentCa.caPem, requestCert: true })
    server.on('tlsClientError', () => {})
    const { port } = await listen(server, onLoopback)
    // In TLS 1.3 the client is done before the server has missed its certificate.
    const session = await connectHttp2({ ...options(port), tls: { ca: pki.agentCa.caPem } })
    const closed = new Promise((resolve) => session.once('close', resolve))
    const call = new ClientCall(session, '/Test', {})
    await expect(call.headers).rejects.toThrow(/alert certificate required/)
    await closed
  })
})

describe('describeEndpoint', () => {
  it.each([
    [{ host: 'hub', port: 8091 }, 'hub:8091'],
    [{ host: '::1', port: 8091 }, '[::1]:8091'],
    [{ path: '/run/x.sock' }, 'unix:/run/x.sock'],
  ])('%o', (endpoint, expected) => {
    expect(describeEndpoint(endpoint)).toBe(expected)
  })
})
