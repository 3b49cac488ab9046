import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { connectThroughProxy, proxyFor } from '../../src/proxy-agent/http-proxy.ts'
import { Fixture } from './fixture.ts'

const never = new AbortController().signal
const fixture = new Fixture()
afterEach(() => fixture.stop())

type OnConnect = (request: http.IncomingMessage, socket: net.Socket) => void

async function startProxy(
  onConnect: OnConnect,
  secure = false,
): Promise<{ host: string; requests: http.IncomingMessage[] }> {
  const pki = await fixture.pki()
  const server = secure
    ? https.createServer({ cert: pki.agentServer.certPem, key: pki.agentServer.keyPem })
    : http.createServer()
  const requests: http.IncomingMessage[] = []
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => sockets.add(socket.on('error', () => {})))
  server.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
    requests.push(request)
    onConnect(
      request,
      socket.on('error', () => {}),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  fixture.owns({
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  })
  return { host: `127.0.0.1:${(server.address() as net.AddressInfo).port}`, requests }
}

describe('HTTPS_PROXY', () => {
  const destination = { host: 'hub.example', port: 8091 }

  it.each([
    [{ HTTPS_PROXY: 'http://proxy:3128' }, 'http://proxy:3128/'],
    [{ https_proxy: 'http://proxy:3128' }, 'http://proxy:3128/'],
    [{ HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128/'],
    [{ HTTPS_PROXY: 'https://proxy' }, 'https://proxy/'],
    [{ HTTPS_PROXY: 'http://proxy', no_proxy: 'hub.example' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy', NO_PROXY: '.example' }, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
    [{}, undefined],
  ])('%j', (env, expected) => {
    expect(proxyFor(destination, env)?.href).toBe(expected)
  })

  it('that is not usable does not show its credentials', () => {
    const env = { HTTPS_PROXY: 'socks5://user:secret@proxy' }
    expect(() => proxyFor(destination, env)).toThrow(/^HTTPS_PROXY has the unsupported scheme "socks5:"$/)
    expect(() => proxyFor(destination, { HTTPS_PROXY: 'http://user:secret@proxy:port' })).toThrow(
      /^HTTPS_PROXY is no URL$/,
    )
  })
})

describe('a connection through an HTTP proxy', () => {
  const destination = { host: 'hub.example', port: 8091 }

  it('keeps bytes that come right behind the answer', async () => {
    const proxy = await startProxy((_, socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nhello from behind'))
    const socket = await connectThroughProxy({
      proxy: new URL(`http://${proxy.host}`),
      destination,
      signal: never,
    })
    const [chunk] = await once(socket, 'data')
    expect(String(chunk)).toBe('hello from behind')
    socket.destroy()
  })

  it('authenticates with what stands in the URL', async () => {
    const proxy = await startProxy((_, socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    const url = new URL(`http://us%40er:se%3Acret@${proxy.host}`)
    const socket = await connectThroughProxy({ proxy: url, destination, signal: never })
    expect(proxy.requests[0]?.url).toBe('hub.example:8091')
    expect(proxy.requests[0]?.headers['proxy-authorization']).toBe(
      `Basic ${Buffer.from('us@er:se:cret').toString('base64')}`,
    )
    socket.destroy()
  })

  it('is refused without a word of the credentials', async () => {
    const proxy = await startProxy((_, socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'),
    )
    const attempt = connectThroughProxy({
      proxy: new URL(`http://user:secret@${proxy.host}`),
      destination,
      signal: never,
    })
    await expect(attempt).rejects.toThrow(
      `connect to hub.example:8091 through proxy ${proxy.host}: the proxy answered 407 Proxy Authentication Required`,
    )
  })

  it('works with a proxy that speaks TLS', async () => {
    const pki = await fixture.pki()
    const proxy = await startProxy((_, socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nhello'), true)
    const socket = await connectThroughProxy({
      proxy: new URL(`https://${proxy.host}`),
      destination,
      signal: never,
      proxyCa: pki.agentCa.caPem,
    })
    const [chunk] = await once(socket, 'data')
    expect(String(chunk)).toBe('hello')
    socket.destroy()
  })

  it('can be given up', async () => {
    const abort = new AbortController()
    const proxy = await startProxy(() => abort.abort(new Error('given up')))
    const attempt = connectThroughProxy({
      proxy: new URL(`http://${proxy.host}`),
      destination,
      signal: abort.signal,
    })
    await expect(attempt).rejects.toThrow('given up')
  })
})
