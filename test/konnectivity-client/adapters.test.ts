import { type EventEmitter, once } from 'node:events'
import { stat } from 'node:fs/promises'
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Socket } from 'node:net'
import path from 'node:path'
import tls from 'node:tls'
import grpc from '@grpc/grpc-js'
import { Agent, fetch } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import {
  createForwarder,
  httpAgent,
  httpsAgent,
  tlsConnect,
  undiciConnector,
} from '../../src/konnectivity-client/index.ts'
import { eventually } from '../support/eventually.ts'
import { dialTargets } from '../support/scripted-proxy.ts'
import { echoing, Target } from '../support/targets.ts'
import { createTestPki } from '../support/test-pki.ts'
import { expectDialError, TunnelFixture } from './fixture.ts'

const TARGET_NAME = 'target.test'

/** An HTTP or HTTPS target that only the far side knows by its name. */
class WebTarget {
  readonly server: http.Server
  readonly sockets = new Set<Socket>()
  /** How many connections were made to it. */
  connections = 0

  static async start(secure: boolean, listener: RequestListener = answer): Promise<WebTarget> {
    const { authority } = (await createTestPki()).frontendCa
    const { certificatePem, privateKeyPem } = await authority.issueServerCertificate({
      dnsNames: [TARGET_NAME],
    })
    const server = secure
      ? https.createServer({ cert: certificatePem, key: privateKeyPem }, listener)
      : http.createServer(listener)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new WebTarget(server)
  }

  constructor(server: http.Server) {
    this.server = server
    server.on('connection', (socket) => {
      this.connections++
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  get address(): string {
    return `${TARGET_NAME}:${this.port}`
  }

  async stop(): Promise<void> {
    this.server.close()
    for (const socket of this.sockets) socket.destroy()
    await once(this.server, 'close').catch(() => {})
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('x-host', request.headers.host ?? '')
  request.pipe(response)
}

async function post(
  client: typeof http | typeof https,
  options: https.RequestOptions,
  body: string,
): Promise<{ status: number; host: unknown; text: string; socket: unknown }> {
  const request = client.request({ method: 'POST', path: '/', ...options })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return {
    status: response.statusCode ?? 0,
    host: response.headers['x-host'],
    text: Buffer.concat(chunks).toString(),
    socket: request.reusedSocket,
  }
}

let fixture: TunnelFixture
let target: WebTarget
let ca: string

describe.each([
  ['without extensions', {}],
  ['with extensions', { extensions: 1 }],
])('through a tunnel %s,', (_name, proxyOptions) => {
  beforeEach(async () => {
    ca = (await createTestPki()).frontendCa.caPem
    fixture = await TunnelFixture.start(proxyOptions)
    dialTargets(fixture.proxy, (address) => {
      const [host, port] = address.split(':')
      return host === TARGET_NAME ? { host: '127.0.0.1', port: Number(port) } : { host: '127.0.0.1', port: 1 }
    })
  })
  afterEach(async () => {
    await target?.stop()
    await fixture.stop()
  })

  it.each([
    ['http.Agent', false],
    ['https.Agent', true],
  ])('an %s makes requests and keeps its connections', async (_agent, secure) => {
    target = await WebTarget.start(secure)
    const agent = secure ? httpsAgent(fixture.tunnel, { ca }) : httpAgent(fixture.tunnel)
    const options = { agent, host: TARGET_NAME, port: target.port }
    const client = secure ? https : http
    const first = await post(client, options, 'one')
    expect(first).toEqual({ status: 200, host: target.address, text: 'one', socket: false })
    await eventually(() => Object.values(agent.freeSockets)).toHaveLength(1)
    expect(await post(client, options, 'two'.repeat(100_000))).toMatchObject({
      text: 'two'.repeat(100_000),
      socket: true,
    })
    expect(target.connections).toBe(1)

    const many = await Promise.all(
      Array.from({ length: 20 }, (_, index) => post(client, options, `${index}`)),
    )
    expect(many.map(({ text }) => text)).toEqual(many.map((_, index) => `${index}`))
    expect(fixture.proxy.accepted).toBe(1)
    agent.destroy()
    await fixture.expectNoStreams()
  })

  it.each([
    ['http.Agent', false],
    ['https.Agent', true],
  ])('an %s does not reuse a connection that was lost', async (_agent, secure) => {
    target = await WebTarget.start(secure)
    const agent = secure ? httpsAgent(fixture.tunnel, { ca }) : httpAgent(fixture.tunnel)
    const options = { agent, host: TARGET_NAME, port: target.port }
    await post(secure ? https : http, options, 'one')
    await eventually(() => Object.values(agent.freeSockets)).toHaveLength(1)
    fixture.proxy.dropConnections()
    await eventually(() => Object.values(agent.freeSockets)).toHaveLength(0)
    expect(await post(secure ? https : http, options, 'two')).toMatchObject({ text: 'two', socket: false })
    agent.destroy()
  })

  it('an agent’s request fails with the dial’s error', async () => {
    for (const [client, agent] of [
      [http, httpAgent(fixture.tunnel)],
      [https, httpsAgent(fixture.tunnel)],
    ] as const) {
      await expectDialError(post(client, { agent, host: 'elsewhere', port: 80 }, ''), 'endpoint', /refused$/)
    }
  })

  it('an http.Agent’s socket gives what had arrived before it breaks', async () => {
    const body = Buffer.alloc(100_000, 'x')
    target = await WebTarget.start(false, (_request, response) => {
      response.writeHead(200, { 'content-length': body.length + 1 }).write(body)
    })
    const agent = httpAgent(fixture.tunnel)
    const request = http.get({ agent, host: TARGET_NAME, port: target.port })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    expect(request.socket).toMatchObject({
      connecting: false,
      readyState: 'open',
      remoteAddress: TARGET_NAME,
    })
    await eventually(() => request.socket?.bytesRead).toBeGreaterThan(100_000) // nobody has read it
    fixture.proxy.dropConnections()
    request.on('error', () => {}) // the socket's; the response has one of its own
    let received = 0
    response.on('data', (chunk) => (received += chunk.length))
    expect(await once(response, 'error').catch((error) => [error])).toMatchObject([{ code: 'ECONNRESET' }])
    expect(received).toBe(100_000)
    agent.destroy()
  })

  it('an https.Agent does not accept another server’s certificate', async () => {
    target = await WebTarget.start(true)
    const agent = httpsAgent(fixture.tunnel, { ca })
    const options = { agent, host: TARGET_NAME, port: target.port, servername: 'other.test' }
    await expect(post(https, options, '')).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    await fixture.expectNoStreams()
  })

  it.each(['http', 'https'])('undici makes %s requests', async (scheme) => {
    target = await WebTarget.start(scheme === 'https')
    const dispatcher = new Agent({ connect: undiciConnector(fixture.tunnel, { ca }) })
    const url = `${scheme}://${target.address}/`
    const bodies = ['one', 'two', 'x'.repeat(1_000_000)]
    for (const body of bodies) {
      const response = await fetch(url, { dispatcher, method: 'POST', body })
      expect(response.headers.get('x-host')).toBe(target.address)
      expect(await response.text()).toBe(body)
    }
    expect(target.connections).toBeLessThan(bodies.length) // undici opens a second one, without a tunnel too
    await expect(fetch(`${scheme}://elsewhere/`, { dispatcher })).rejects.toMatchObject({
      cause: { code: 'ERR_DIAL', reason: 'endpoint' },
    })
    await dispatcher.close()
    await fixture.expectNoStreams()
  })

  it('undici gives up a request in its midst, and its connection', async () => {
    target = await WebTarget.start(false, (_request, response) => void response.write('the first half'))
    const dispatcher = new Agent({ connect: undiciConnector(fixture.tunnel) })
    const controller = new AbortController()
    const response = await fetch(`http://${target.address}/`, { dispatcher, signal: controller.signal })
    const reading = response.text()
    controller.abort()
    await expect(reading).rejects.toMatchObject({ name: 'AbortError' })
    await fixture.expectNoStreams()
    await eventually(() => target.sockets.size).toBe(0)
    await dispatcher.close()
  })

  it.each(['ws', 'wss'])('a WebSocket (%s) talks both ways', async (scheme) => {
    target = await WebTarget.start(scheme === 'wss')
    const server = new WebSocketServer({ server: target.server })
    server.on('connection', (peer) =>
      peer.on('message', (message, isBinary) => peer.send(message, { binary: isBinary })),
    )
    const agent = scheme === 'wss' ? httpsAgent(fixture.tunnel, { ca }) : httpAgent(fixture.tunnel)
    const socket = new WebSocket(`${scheme}://${target.address}/`, { agent })
    await once(socket, 'open')
    const large = Buffer.alloc(300_000, 'x')
    socket.send('hello')
    expect(String((await once(socket, 'message'))[0])).toBe('hello')
    socket.send(large)
    expect((await once(socket, 'message'))[0]).toEqual(large)
    socket.close(1000, 'done')
    await once(socket, 'close')
    server.close()
    agent.destroy()
    await fixture.expectNoStreams()
  })

  it('tlsConnect speaks TLS with the target, and checks its name', async () => {
    target = await WebTarget.start(true)
    const secured = await tlsConnect(fixture.tunnel, target.address, { ca })
    expect(secured).toMatchObject({ authorized: true, servername: TARGET_NAME })
    secured.write(`GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n`)
    const chunks: Buffer[] = []
    for await (const chunk of secured) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1.1 200 OK\r\nx-host: here/)
    await expect(tlsConnect(fixture.tunnel, target.address)).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
    await expect(
      tlsConnect(fixture.tunnel, target.address, { ca, servername: 'other.test' }),
    ).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    await fixture.expectNoStreams()
  })

  it('tlsConnect can be given up', async () => {
    const silent = net.createServer((socket) => socket.resume().once('end', () => socket.end()))
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const address = `${TARGET_NAME}:${(silent.address() as AddressInfo).port}`
    const controller = new AbortController()
    const connecting = tlsConnect(fixture.tunnel, address, {}, { signal: controller.signal })
    await once(silent, 'connection')
    controller.abort('enough')
    expect((await expectDialError(connecting, 'context', 'dial timeout, context')).cause).toBe('enough')
    await fixture.expectNoStreams()
    silent.close()
  })

  it('a TLS connection is closed with its tunnel, without an error', async () => {
    target = await WebTarget.start(true)
    const secured = await tlsConnect(fixture.tunnel, target.address, { ca })
    const closed = once(secured.resume(), 'close')
    await fixture.tunnel.close()
    expect(await closed).toEqual([false])
  })

  it('a TLS connection that is lost fails with an error', async () => {
    const { authority } = (await createTestPki()).frontendCa
    const { certificatePem, privateKeyPem } = await authority.issueServerCertificate({
      dnsNames: [TARGET_NAME],
    })
    const server = tls.createServer({ cert: certificatePem, key: privateKeyPem }, (socket) => {
      socket.on('error', () => {})
      socket.write('half of')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `${TARGET_NAME}:${(server.address() as AddressInfo).port}`
    const secured = await tlsConnect(fixture.tunnel, address, { ca })
    await once(secured, 'data')
    const failed = once(secured, 'error').then(([error]) => error)
    fixture.proxy.dropConnections()
    expect(await failed).toMatchObject({ code: 'ECONNRESET' })
    await once(server.close(), 'close')
  })
})

describe.each([
  ['http', http, httpAgent],
  ['https', https, httpsAgent],
] as const)('a request by an %s.Agent whose dial is never answered', (scheme, client, createAgent) => {
  let agent: http.Agent | https.Agent
  let dialled: Promise<unknown>
  beforeEach(async () => {
    fixture = await TunnelFixture.start()
    agent = createAgent(fixture.tunnel)
    dialled = fixture.proxy.nextStream().then((stream) => stream.next('DIAL_REQ'))
  })
  afterEach(() => fixture.stop())

  const failure = async (request: EventEmitter) => {
    const [error] = await once(request, 'error').catch((thrown) => [thrown])
    await fixture.expectNoStreams()
    await eventually(() => Object.keys({ ...agent.sockets, ...agent.freeSockets })).toEqual([])
    return error
  }

  it('ends with its signal', async () => {
    const controller = new AbortController()
    const request = client.get({ agent, host: TARGET_NAME, signal: controller.signal })
    const failed = failure(request)
    await dialled
    controller.abort()
    expect(await failed).toMatchObject({ name: 'AbortError' })
  })

  it('ends when it is destroyed', async () => {
    const request = client.get({ agent, host: TARGET_NAME })
    const failed = failure(request)
    await dialled
    request.destroy(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
  })

  it('ends when it is destroyed at once', async () => {
    const request = client.get({ agent, host: TARGET_NAME })
    const failed = failure(request)
    request.destroy(new Error('enough'))
    expect(await failed).toMatchObject({ message: 'enough' })
  })

  it.each(['its own', 'its agent’s'])('notices %s timeout', async (whose) => {
    if (whose !== 'its own') agent = createAgent(fixture.tunnel, { timeout: 50 })
    const options = { agent, host: TARGET_NAME, ...(whose === 'its own' ? { timeout: 50 } : {}) }
    const request = client.get(options)
    const failed = failure(request)
    request.on('timeout', () => request.destroy(new Error('too late')))
    expect(await failed).toMatchObject({ message: 'too late' })
  })

  it('ends with the handshake timeout of a WebSocket', async () => {
    const url = `${scheme === 'https' ? 'wss' : 'ws'}://${TARGET_NAME}/`
    expect(await failure(new WebSocket(url, { agent, handshakeTimeout: 50 }))).toMatchObject({
      message: 'Opening handshake has timed out',
    })
  })

  it('ends with the tunnel', async () => {
    const failed = failure(client.get({ agent, host: TARGET_NAME }))
    await dialled
    await fixture.tunnel.close()
    expect(await failed).toMatchObject({ code: 'ERR_DIAL' })
  })
})

describe.each(['http', 'https'])('a dial for undici (%s) that is never answered', (scheme) => {
  beforeEach(async () => {
    fixture = await TunnelFixture.start()
  })
  afterEach(() => fixture.stop())

  const url = `${scheme}://${TARGET_NAME}/`

  it('ends with the timeout that the connector was given', async () => {
    const dispatcher = new Agent({ connect: undiciConnector(fixture.tunnel, {}, { timeoutMs: 50 }) })
    await expect(fetch(url, { dispatcher })).rejects.toMatchObject({ cause: { reason: 'timeout' } })
    await fixture.expectNoStreams()
    await dispatcher.destroy()
  })

  it('ends with the signal that the connector was given', async () => {
    const over = new AbortController()
    const connect = undiciConnector(fixture.tunnel, {}, { signal: over.signal })
    const dispatcher = new Agent({ connect })
    const failed = expect(fetch(url, { dispatcher })).rejects.toBeInstanceOf(TypeError)
    await (await fixture.proxy.nextStream()).next('DIAL_REQ')
    await dispatcher.destroy()
    over.abort()
    await failed
    await fixture.expectNoStreams()
  })
})

it('a connection that undici has no use for any more is closed when its dial is answered', async () => {
  fixture = await TunnelFixture.start()
  const dispatcher = new Agent({ connect: undiciConnector(fixture.tunnel) })
  const failed = expect(fetch(`http://${TARGET_NAME}/`, { dispatcher })).rejects.toBeInstanceOf(TypeError)
  const stream = await fixture.proxy.nextStream()
  await dispatcher.destroy()
  await failed
  await stream.accept(7)
  await fixture.expectNoStreams()
  await fixture.stop()
})

describe('a forwarder', () => {
  let echo: Target
  beforeEach(async () => {
    fixture = await TunnelFixture.start({ extensions: 1 })
    dialTargets(fixture.proxy)
    echo = await Target.start(echoing)
  })
  afterEach(async () => {
    await echo.stop()
    await fixture.stop()
  })

  async function exchange(socket: Socket, text: string): Promise<string> {
    socket.end(text)
    const chunks: Buffer[] = []
    for await (const chunk of socket) chunks.push(chunk)
    return Buffer.concat(chunks).toString()
  }

  it('listens on a unix socket that nobody else can reach', async () => {
    const forwarder = await createForwarder(fixture.tunnel, echo.address)
    const socketPath = forwarder.path ?? ''
    expect(forwarder.target).toBe(`unix:${socketPath}`)
    expect((await stat(path.dirname(socketPath))).mode & 0o777).toBe(0o700)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        exchange(net.connect({ path: socketPath, allowHalfOpen: true }), `${index}`),
      ),
    )
    expect(answers).toEqual(answers.map((_, index) => `${index}`))
    await fixture.expectNoStreams()
    await forwarder.close()
    await expect(stat(path.dirname(socketPath))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('listens on a port', async () => {
    await using forwarder = await createForwarder(fixture.tunnel, echo.address, { port: 0 })
    expect(forwarder.target).toBe(`127.0.0.1:${forwarder.port}`)
    const socket = net.connect({ port: forwarder.port ?? 0, allowHalfOpen: true })
    expect(await exchange(socket, 'hello')).toBe('hello')
  })

  it('passes resets on, both ways', async () => {
    await using forwarder = await createForwarder(fixture.tunnel, echo.address, { port: 0 })
    const near = net.connect({ port: forwarder.port ?? 0 })
    near.write('x')
    await once(near, 'data')
    const [far] = echo.sockets
    far?.resetAndDestroy()
    expect(await once(near, 'error').catch((error) => [error])).toMatchObject([{ code: 'ECONNRESET' }])

    const other = net.connect({ port: forwarder.port ?? 0 })
    other.write('x')
    await once(other, 'data')
    const [end] = echo.sockets
    const failed = once(end as Socket, 'error')
    other.resetAndDestroy()
    expect(await failed).toMatchObject([{ code: 'ECONNRESET' }])
    await fixture.expectNoStreams()
  })

  it('resets a connection whose dial fails', async () => {
    await using forwarder = await createForwarder(fixture.tunnel, '127.0.0.1:1', { port: 0 })
    const near = net.connect({ port: forwarder.port ?? 0 })
    expect(await once(near, 'error')).toMatchObject([{ code: 'ECONNRESET' }])
  })

  it('closed ends its connections, also those that are being dialled', async () => {
    const forwarder = await createForwarder(fixture.tunnel, echo.address, { port: 0 })
    const near = net.connect({ port: forwarder.port ?? 0 })
    near.write('x')
    await once(near, 'data')
    const closed = once(near, 'close')
    near.on('error', () => {})
    await forwarder.close()
    await closed
    await fixture.expectNoStreams()
    expect(fixture.tunnel.closed).toBe(false)
  })

  it('refuses what it cannot listen on', async () => {
    await expect(createForwarder(fixture.tunnel, 'target')).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    await expect(createForwarder(fixture.tunnel, echo.address, { path: '/nowhere/socket' })).rejects.toThrow(
      /nowhere/,
    )
  })

  it('carries grpc-js, which takes no dialer', async () => {
    const serialize = (text: string) => Buffer.from(text)
    const deserialize = (bytes: Buffer) => bytes.toString()
    const definition: grpc.ServiceDefinition = {
      Echo: {
        path: '/test.Echo/Echo',
        requestStream: true,
        responseStream: true,
        requestSerialize: serialize,
        requestDeserialize: deserialize,
        responseSerialize: serialize,
        responseDeserialize: deserialize,
      },
    }
    const server = new grpc.Server()
    server.addService(definition, {
      Echo: (call: grpc.ServerDuplexStream<string, string>) => {
        call.on('data', (text) => call.write(`${text}!`)).on('end', () => call.end())
      },
    })
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      )
    })
    await using forwarder = await createForwarder(fixture.tunnel, `127.0.0.1:${port}`)
    const client = new grpc.Client(forwarder.target, grpc.credentials.createInsecure(), {
      'grpc.default_authority': 'echo.test',
    })
    const call = client.makeBidiStreamRequest('/test.Echo/Echo', serialize, deserialize)
    const seen: string[] = []
    call.on('data', (text) => seen.push(text))
    call.write('one')
    call.write('two')
    call.end()
    await once(call, 'end')
    expect(seen).toEqual(['one!', 'two!'])
    client.close()
    server.forceShutdown()
  })
})
