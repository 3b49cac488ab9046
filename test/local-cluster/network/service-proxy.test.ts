import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/common/log.ts'
import type { HostPort } from '../../../src/local-cluster/network/index.ts'
import type { ServiceListener } from '../../../src/local-cluster/network/service-endpoints.ts'
import { ServiceProxy } from '../../../src/local-cluster/network/service-proxy.ts'
import { type Bind, bindServer } from '../../../src/local-cluster/network/service-server.ts'
import { eventually } from '../../support/eventually.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const AT: HostPort = { host: '127.185.9.1', port: 18080 }
const SERVICE = { metadata: { namespace: 'shop', name: 'web' } }

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const clock = new ManualClock()

function makeProxy(bind: Bind = bindServer) {
  const troubles: string[] = []
  const proxy = new ServiceProxy({
    clock,
    log: silentLogger,
    onTrouble: (_service, reason, message) => troubles.push(`${reason}: ${message}`),
    onReplacedPorts: () => {},
    bind,
  })
  closing.push(() => proxy.stop())
  return { proxy, troubles }
}

const listener = (endpoints: HostPort[], more: Partial<ServiceListener> = {}): ServiceListener => ({
  id: `${AT.host}:${AT.port}`,
  at: AT,
  service: SERVICE,
  endpoints,
  ...more,
})

async function serve(
  host: string,
  onConnection: (socket: Socket) => void,
): Promise<HostPort & { server: Server }> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    closing.push(() => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  closing.push(() => server.close())
  return { host, port: (server.address() as AddressInfo).port, server }
}

/** Says which one it is, and who it thinks is there. */
const named = (host: string) => serve(host, (socket) => socket.end(`${host} ${socket.remoteAddress}`))

function dial(options: Partial<net.TcpNetConnectOpts> = {}): Socket {
  const socket = net.connect({ ...AT, ...options })
  closing.push(() => socket.destroy())
  return socket
}

const whoAnswers = async (localAddress?: string) =>
  (await text(dial(localAddress ? { localAddress } : {}))).split(' ')[0]

/** How a connection fails. */
async function failure(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    socket.on('end', () => resolve(undefined)).resume()
  })
}

describe('ServiceProxy', () => {
  it('takes turns among endpoints', async () => {
    const { proxy } = makeProxy()
    const endpoints = await Promise.all(['127.120.9.1', '127.120.9.2', '127.120.9.3'].map(named))
    await proxy.update([listener(endpoints)])
    const answers = []
    for (let turn = 0; turn < 6; turn += 1) answers.push(await whoAnswers())
    expect(new Set(answers.slice(0, 3)).size).toBe(3)
    expect(answers.slice(3)).toEqual(answers.slice(0, 3))
  })

  it('shows endpoints where clients come from', async () => {
    const { proxy } = makeProxy()
    await proxy.update([listener([await named('127.120.9.1')])])
    expect(await text(dial({ localAddress: '127.120.9.77' }))).toBe('127.120.9.1 127.120.9.77')
  })

  it('keeps a client where it was, for as long as it comes back and the endpoint is there', async () => {
    const { proxy } = makeProxy()
    const endpoints = await Promise.all(['127.120.9.1', '127.120.9.2', '127.120.9.3'].map(named))
    await proxy.update([listener(endpoints, { affinityMs: 1_000 })])
    const first = await whoAnswers('127.120.9.50')
    for (let turn = 0; turn < 4; turn += 1) {
      clock.advance(600)
      expect(await whoAnswers('127.120.9.50')).toBe(first)
    }
    const left = endpoints.filter(({ host }) => host !== first)
    await proxy.update([listener(left, { affinityMs: 1_000 })])
    const second = await whoAnswers('127.120.9.50')
    expect(left.map(({ host }) => host)).toContain(second)
    clock.advance(1_000)
    const later = [await whoAnswers('127.120.9.51'), await whoAnswers('127.120.9.50')]
    expect(new Set(later).size).toBe(2)
  })

  it('goes on to the next endpoint where one refuses, and resets the client where all do', async () => {
    const { proxy } = makeProxy()
    const gone = await named('127.120.9.1')
    gone.server.close()
    const there = await named('127.120.9.2')
    await proxy.update([listener([gone, there])])
    expect([await whoAnswers(), await whoAnswers()]).toEqual(['127.120.9.2', '127.120.9.2'])
    await proxy.update([listener([gone])])
    expect(await failure(dial())).toBe('ECONNRESET')
  })

  it('refuses connections at once where there is nobody, and takes them again later', async () => {
    const { proxy } = makeProxy()
    const endpoint = await named('127.120.9.1')
    await proxy.update([listener([endpoint])])
    await proxy.update([])
    expect(await failure(dial())).toBe('ECONNREFUSED')
    await proxy.update([listener([endpoint])])
    expect(await whoAnswers()).toBe('127.120.9.1')
  })

  it('carries on what is open when its endpoint, and the Service, are gone', async () => {
    const { proxy } = makeProxy()
    const echo = await serve('127.120.9.1', (socket) => socket.pipe(socket))
    await proxy.update([listener([echo])])
    const client = dial()
    client.write('before ')
    await once(client, 'data')
    await proxy.update([])
    client.end('after')
    expect(await text(client)).toBe('after')
  })

  it('lets each side end on its own', async () => {
    const { proxy } = makeProxy()
    const counting = await serve('127.120.9.1', async (socket) => {
      socket.write('hello ')
      socket.end(`got ${(await text(socket)).length}`)
    })
    await proxy.update([listener([counting])])
    const client = dial({ allowHalfOpen: true })
    client.end('x'.repeat(1_000_000))
    expect(await text(client)).toBe('hello got 1000000')
  })

  it('passes resets on, both ways', async () => {
    const { proxy } = makeProxy()
    const sides: Socket[] = []
    const holding = await serve('127.120.9.1', (socket) => {
      sides.push(socket)
      socket.write('here')
    })
    await proxy.update([listener([holding])])
    const one = dial()
    await once(one, 'data')
    const failed = failure(one)
    sides[0]?.resetAndDestroy()
    expect(await failed).toBe('ECONNRESET')

    const other = dial()
    await once(other, 'data')
    const seen = failure(sides[1] as Socket)
    other.resetAndDestroy()
    expect(await seen).toBe('ECONNRESET')
  })

  it('holds a sender back whose receiver does not read', async () => {
    const { proxy } = makeProxy()
    const deaf = await serve('127.120.9.1', (socket) => socket.pause())
    await proxy.update([listener([deaf])])
    const client = dial()
    const chunk = Buffer.alloc(1024 * 1024)
    const most = 256
    let written = 0
    while (written < most && client.write(chunk)) written += 1
    client.on('drain', () => {
      written += 1
      if (written < most) client.write(chunk)
    })
    let last = -1
    let stillFor = 0
    await eventually(() => {
      const sent = client.bytesWritten - client.writableLength
      stillFor = sent === last ? stillFor + 1 : 0
      last = sent
      return stillFor
    }).toBe(20)
    expect(last).toBeGreaterThan(0)
    expect(last).toBeLessThan(64 * 1024 * 1024)
  })

  it('ends all when it is stopped', async () => {
    const { proxy } = makeProxy()
    const open = await serve('127.120.9.1', (socket) => socket.write('here'))
    await proxy.update([listener([open])])
    const client = dial()
    await once(client, 'data')
    const closed = once(client, 'close')
    client.on('error', () => {})
    proxy.stop()
    await closed
    expect(await failure(dial())).toBe('ECONNREFUSED')
  })

  it('takes another port for one that is not for it, and says so', async () => {
    const denied: Bind = (server, at) =>
      at.port === 443
        ? Promise.reject(Object.assign(new Error('listen EACCES'), { code: 'EACCES' }))
        : bindServer(server, at)
    const { proxy, troubles } = makeProxy(denied)
    const at = { host: AT.host, port: 443 }
    const privileged = listener([await named('127.120.9.1')], { id: `${at.host}:443`, at })
    await proxy.update([privileged])
    const port = proxy.replacedPorts.get(`${at.host}:443`)
    expect(await text(dial({ host: at.host, port: port ?? 0 }))).toMatch(/^127\.120\.9\.1 /)
    expect(troubles).toEqual([expect.stringContaining(`PrivilegedPort: ${at.host}:443 `)])
    await proxy.update([])
    expect(proxy.replacedPorts.size).toBe(0)
    await proxy.update([privileged])
    expect(troubles).toHaveLength(1)
  })

  it('says when somebody else has a port, once, and takes it when that is gone', async () => {
    const { proxy, troubles } = makeProxy()
    const other = await named(AT.host)
    const taken = listener([other], { id: `${other.host}:${other.port}`, at: other })
    await proxy.update([taken])
    await proxy.update([taken])
    expect(troubles).toEqual([`FailedToListen: cannot listen at ${other.host}:${other.port}: EADDRINUSE`])
    other.server.close()
    const mine = await named('127.120.9.1')
    await proxy.update([{ ...taken, endpoints: [mine] }])
    await clock.asleep()
    clock.advance(5_000)
    await eventually(() => text(dial(other)).catch(() => '')).toMatch(/^127\.120\.9\.1 /)
  })
})
