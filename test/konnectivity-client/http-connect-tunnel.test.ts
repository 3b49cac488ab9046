import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import http, { type IncomingMessage, type Server } from 'node:http'
import https from 'node:https'
import net, { type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  type ClientMetrics,
  type Credentials,
  createHttpConnectTunnel,
  type Tunnel,
} from '../../src/konnectivity-client/index.ts'
import { MAYBE_REFUSED } from '../../src/konnectivity-client/tunnel-stream.ts'
import { eventually } from '../support/eventually.ts'
import { echoing, Target } from '../support/targets.ts'
import { createTestPki } from '../support/test-pki.ts'
import { expectDialError, record, testCredentials } from './fixture.ts'

type Handler = (request: IncomingMessage, socket: Socket, head: Buffer) => void

/** An HTTP proxy that knows CONNECT only, on TLS or on a unix socket. */
class ConnectProxy {
  handler: Handler = relay
  readonly requests: IncomingMessage[] = []
  /** Of the connections that were asked for. */
  readonly errors: NodeJS.ErrnoException[] = []
  /** TCP connections or unix sockets. */
  readonly sockets = new Set<Socket>()
  readonly #server: Server

  static async start(unix: boolean): Promise<ConnectProxy> {
    const { frontendServer, frontendCa } = await createTestPki()
    const server = unix
      ? http.createServer()
      : https.createServer({
          cert: frontendServer.certPem,
          key: frontendServer.keyPem,
          ca: frontendCa.caPem,
          requestCert: true,
          allowHalfOpen: true,
          // Node does not notice that a client goes in the middle of its handshake while halves may be open.
          handshakeTimeout: 10_000,
        } as https.ServerOptions)
    server.listen(unix ? { path: path.join(mkdtempSync(path.join(tmpdir(), 'connect-')), 's') } : 0)
    await once(server, 'listening')
    return new ConnectProxy(server)
  }

  constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket) => {
      this.sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => this.sockets.delete(socket))
    })
    server.on('connect', (request, socket, head) => {
      this.requests.push(request)
      socket.on('error', (error) => this.errors.push(error))
      this.handler(request, socket as Socket, head)
    })
  }

  get address(): string {
    const address = this.#server.address()
    return typeof address === 'string' ? `unix:${address}` : `127.0.0.1:${(address as AddressInfo).port}`
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.dropConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function relay(request: IncomingMessage, socket: Socket, head: Buffer): void {
  const [host = '', port] = request.url?.split(':') ?? []
  const target = net.connect({ host, port: Number(port), allowHalfOpen: true })
  target.on('error', () => socket.destroy())
  socket.once('close', () => target.destroy())
  target.once('connect', () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    target.write(head)
    socket.pipe(target).pipe(socket)
  })
}

function waitForEnd(_request: IncomingMessage, socket: Socket): void {
  socket.resume().once('end', () => socket.end())
}

/** How many connections to proxy servers there are by the metrics, and how many of them were ever established. */
class ConnectionCount implements ClientMetrics {
  open = 0
  established = 0

  moveConnection(from: string | undefined, to: string | undefined): void {
    if (!from) this.open++
    if (!to) this.open--
    if (to === 'ok') this.established++
  }

  countDialFailure(): void {}
  countPacket(): void {}
  countStreamError(): void {}
}

describe.each([
  ['mTLS', false],
  ['a unix socket', true],
])('a tunnel through HTTP CONNECT over %s', (_name, unix) => {
  let proxy: ConnectProxy
  let tunnel: Tunnel
  let echo: Target

  beforeEach(async () => {
    proxy = await ConnectProxy.start(unix)
    tunnel = createHttpConnectTunnel({ address: proxy.address, credentials: await testCredentials() })
    echo = await Target.start(echoing)
  })
  afterEach(async () => {
    await tunnel.close()
    await eventually(() => proxy.sockets.size).toBe(0)
    await proxy.stop()
    await echo.stop()
  })

  it('connects, and carries bytes both ways to the end', async () => {
    const socket = await tunnel.dialContext('tcp', echo.address)
    const seen = record(socket)
    const bytes = randomBytes(4 * 1024 * 1024)
    socket.end(bytes)
    await seen.closed
    expect(seen.bytes.equals(bytes)).toBe(true)
    expect(seen.events.at(-1)).toBe('close')
    expect(seen.error).toBe(undefined)
    expect(proxy.requests[0]).toMatchObject({ url: echo.address, headers: { host: echo.address } })
    expect(socket).toMatchObject({ remoteAddress: '127.0.0.1', remoteFamily: 'IPv4' })
  })

  it('has a connection for each dial', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => tunnel.dial(echo.address)))
    expect(proxy.sockets.size).toBe(20)
    for (const [index, socket] of sockets.entries()) socket.end(`${index}`)
    const seen = sockets.map(record)
    await Promise.all(seen.map(({ closed }) => closed))
    expect(seen.map(({ text }) => text)).toEqual(sockets.map((_, index) => `${index}`))
  })

  it('loses nothing that comes right behind the answer', async () => {
    proxy.handler = (_request, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nSSH-2.0-server\r\n')
    const seen = record(await tunnel.dial('target:22'))
    await seen.closed
    expect(seen.text).toBe('SSH-2.0-server\r\n')
    expect(seen.error).toBe(undefined)
  })

  it.each([
    ['with a length', 'Content-Length: 53\r\n\r\n', false],
    ['until the end of the connection', '\r\n', true],
  ])('tells what the proxy said of a failure, %s', async (_case, rest, ends) => {
    const text = 'dial tcp 127.0.0.1:1: connect: connection refused\n  \n'
    proxy.handler = (_request, socket) => {
      socket.write(`HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n${rest}${text}`)
      if (ends) socket.end()
      else waitForEnd(_request, socket)
    }
    const error = await expectDialError(tunnel.dial('127.0.0.1:1'), 'endpoint', text.trim())
    expect(error.cause).toMatchObject({ code: 'ERR_CONNECT_RESPONSE', statusCode: 502 })
  })

  it('tells the status of a failure without a text', async () => {
    proxy.handler = (_request, socket) => socket.end('HTTP/1.1 504 Gateway Timeout\r\n\r\n')
    await expectDialError(tunnel.dial('target:80'), 'endpoint', '504 Gateway Timeout')
  })

  it('fails when the proxy hangs up instead of an answer', async () => {
    proxy.handler = (_request, socket) => socket.destroy()
    const message = unix ? 'tunnel closed' : `tunnel closed: ${MAYBE_REFUSED}`
    await expectDialError(tunnel.dial('target:80'), 'tunnelclosed', message)
  })

  it('gives up at its signal, and at its deadline', async () => {
    proxy.handler = waitForEnd
    const controller = new AbortController()
    const dialing = tunnel.dial('target:80', { signal: controller.signal })
    await eventually(() => proxy.requests).toHaveLength(1)
    controller.abort('enough')
    expect((await expectDialError(dialing, 'context', 'dial timeout, context')).cause).toBe('enough')
    await expectDialError(tunnel.dial('target:80', { timeoutMs: 30 }), 'timeout', 'dial timeout, backstop')
    await eventually(() => proxy.sockets.size).toBe(0)
  })

  it('tells a lost connection from an end', async () => {
    const socket = await tunnel.dial(echo.address)
    const seen = record(socket)
    socket.write('half of')
    await eventually(() => seen.text).toBe('half of')
    for (const raw of proxy.sockets) {
      if (unix) raw.destroy()
      else raw.resetAndDestroy()
    }
    await seen.closed
    if (!unix) expect(seen.error).toMatchObject({ code: 'ECONNRESET' })
  })

  it('breaks the connection off with resetAndDestroy', async () => {
    const socket = await tunnel.dial(echo.address)
    socket.resetAndDestroy()
    await eventually(() => proxy.sockets.size).toBe(0)
    expect(proxy.errors).toMatchObject(unix ? [] : [{ code: 'ECONNRESET' }])
  })

  it('closed rejects dials, waiting and new ones, and destroys its sockets without an error', async () => {
    const seen = record(await tunnel.dial(echo.address))
    proxy.handler = waitForEnd
    const failed = expectDialError(tunnel.dial('target:80'), 'tunnelclosed', 'tunnel closed')
    await eventually(() => proxy.requests).toHaveLength(2)
    await tunnel.close()
    await failed
    await seen.closed
    expect(seen.events).toEqual(['close'])
    await expectDialError(tunnel.dial('target:80'), 'tunnelclosed', 'tunnel is closed')
  })

  it('closed at any turn of a dial leaves neither a dial waiting nor a connection', async () => {
    const credentials = await testCredentials()
    for (let turns = 0; turns < 40; turns++) {
      const metrics = new ConnectionCount()
      const short = createHttpConnectTunnel({
        address: proxy.address,
        credentials: () => nextTurn(credentials),
        metrics,
      })
      const outcome = short.dial(echo.address).then(record, (error: unknown) => error)
      for (let turn = 0; turn < turns; turn++) await nextTurn()
      const connected = metrics.established > 0
      await short.close()
      expect(metrics.open).toBe(0)
      const end = await outcome
      if (!connected) expect(end).toMatchObject({ code: 'ERR_DIAL', reason: 'tunnelclosed' })
      proxy.dropConnections() // which a TLS server that takes half-open ones keeps when a handshake is broken off
    }
  })

  it('tells that it cannot connect, after all addresses', async () => {
    const elsewhere = await ConnectProxy.start(unix)
    await elsewhere.stop()
    const addresses = [`127.0.0.1:1`, proxy.address]
    const both = createHttpConnectTunnel({ addresses, credentials: await testCredentials() })
    const seen = record((await both.dial(echo.address)).end('found'))
    await seen.closed
    expect(seen.text).toBe('found')
    await both.close()
    const none = createHttpConnectTunnel({ address: '127.0.0.1:1' })
    await expectDialError(
      none.dial(echo.address),
      'streamsetup',
      /^connect to 127.0.0.1:1: connect ECONNREFUSED/,
    )
    await none.close()
    const all = createHttpConnectTunnel({ addresses: ['127.0.0.1:1', 'unix:///nowhere/socket'] })
    const error = await expectDialError(
      all.dial(echo.address),
      'streamsetup',
      /^connect to 127.0.0.1:1: .*ECONNREFUSED.*; connect to unix:\/nowhere\/socket: .*ENOENT/,
    )
    expect(error.cause).toBeInstanceOf(AggregateError)
    await all.close()
  })

  it('does not wait long for an address that does not answer, and leaves nothing of it behind', async () => {
    const silent = net.createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const gone = once(silent, 'connection').then(([socket]) => once((socket as Socket).resume(), 'close'))
    const addresses = [`127.0.0.1:${(silent.address() as AddressInfo).port}`, proxy.address]
    const both = createHttpConnectTunnel({ addresses, credentials: await testCredentials() })
    const seen = record((await both.dial(echo.address, { timeoutMs: 4_000 })).end('found'))
    await gone
    await seen.closed
    expect(seen.text).toBe('found')
    await both.close()
    await once(silent.close(), 'close')
  })

  it.each(['its deadline', 'its signal'])('gives up all addresses at %s', async (what) => {
    const silent = net.createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const gone = once(silent, 'connection').then(([socket]) => once((socket as Socket).resume(), 'close'))
    const controller = new AbortController()
    silent.once('connection', () => controller.abort())
    const tunnel = createHttpConnectTunnel({
      address: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
      credentials: await testCredentials(),
    })
    const options = what === 'its signal' ? { signal: controller.signal } : { timeoutMs: 300 }
    await expectDialError(
      tunnel.dial(echo.address, options),
      what === 'its signal' ? 'context' : 'timeout',
      /^dial timeout/,
    )
    await gone
    await tunnel.close()
    await once(silent.close(), 'close')
  })
})

describe('a tunnel through HTTP CONNECT that waits for its credentials', () => {
  it.each(['late', 'never'])('closes without them, when they come %s', async (when) => {
    const proxy = await ConnectProxy.start(false)
    const asked = Promise.withResolvers<void>()
    const { promise, resolve } = Promise.withResolvers<Credentials>()
    const credentials = () => {
      asked.resolve()
      return promise
    }
    const tunnel = createHttpConnectTunnel({ address: proxy.address, credentials })
    const failed = expectDialError(tunnel.dial('target:80'), 'tunnelclosed', 'tunnel closed')
    await asked.promise
    const closing = tunnel.close()
    if (when === 'late') resolve(await testCredentials())
    await closing
    await failed
    await nextTurn()
    expect(proxy.requests).toEqual([])
    expect(proxy.sockets.size).toBe(0)
    await proxy.stop()
  })
})
