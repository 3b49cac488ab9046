import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_DENIED_DESTINATIONS, DestinationPolicy } from '../../src/proxy-agent/destination-policy.ts'
import { EndpointDialer, type EndpointDialerOptions } from '../../src/proxy-agent/endpoint-dialer.ts'
import { ReadBuffers } from '../../src/proxy-agent/read-buffers.ts'
import { type ResolvedAddress, Resolver } from '../../src/proxy-agent/resolver.ts'
import { Fixture } from './fixture.ts'

const never = new AbortController().signal
const fixture = new Fixture()
afterEach(() => fixture.stop())

interface Setup extends EndpointDialerOptions {
  readonly names?: Readonly<Record<string, readonly string[]>>
  readonly lookup?: (host: string) => Promise<readonly ResolvedAddress[]>
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

function dialerWith({
  names = {},
  lookup,
  allow = [],
  deny = DEFAULT_DENIED_DESTINATIONS,
  ...options
}: Setup = {}) {
  const resolver = new Resolver(lookup ? { lookup } : {}, { hostAliases: names })
  return new EndpointDialer(
    { resolver, destinations: new DestinationPolicy({ allow, deny }), buffers: new ReadBuffers() },
    options,
  )
}

async function dialed(dialer: EndpointDialer, address: string, protocol = 'tcp'): Promise<net.Socket> {
  const socket = await dialer.dial(protocol, address, never)
  fixture.owns({
    stop: async () => {
      socket.destroy()
    },
  })
  return socket
}

/** A port that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

describe('a dial', () => {
  it.each(['tcp', 'tcp4'])('connects with %s', async (protocol) => {
    const target = await fixture.target(() => {})
    const socket = await dialed(dialerWith(), target.address, protocol)
    expect(socket.remoteAddress).toBe('127.0.0.1')
  })

  it('resolves aliases without asking DNS', async () => {
    const target = await fixture.target(() => {})
    const port = target.address.split(':')[1]
    const lookup = () => Promise.reject(new Error('not to be asked'))
    const socket = await dialed(
      dialerWith({ names: { 'app.internal': ['127.0.0.1'] }, lookup }),
      `App.Internal:${port}`,
    )
    expect(socket.remoteAddress).toBe('127.0.0.1')
  })

  it('goes on to the next address of a name', async () => {
    const target = await fixture.target(() => {})
    const port = target.address.split(':')[1]
    const socket = await dialed(dialerWith({ names: { app: ['127.99.99.99', '127.0.0.1'] } }), `app:${port}`)
    expect(socket.remoteAddress).toBe('127.0.0.1')
  })

  it('that is refused says so in the words of Go', async () => {
    const port = await closedPort()
    await expect(dialerWith().dial('tcp', `127.0.0.1:${port}`, never)).rejects.toMatchObject({
      message: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
      reason: 'unknown',
    })
  })

  it('to a name that does not exist says so', async () => {
    const lookup = (host: string) => Promise.reject(Object.assign(new Error(host), { code: 'ENOTFOUND' }))
    await expect(dialerWith({ lookup }).dial('tcp', 'x:80', never)).rejects.toThrow(
      /^dial tcp: lookup x: no such host$/,
    )
  })

  it.each([
    ['a null byte', 'a\0b'],
    ['too many characters', 'x'.repeat(5000)],
  ])('to a name with %s is one to a name that does not exist', async (_what, name) => {
    await expect(dialerWith().dial('tcp', `${name}:80`, never)).rejects.toMatchObject({
      message: `dial tcp: lookup ${name}: no such host`,
      reason: 'unknown',
    })
  })

  it('without a port says so', async () => {
    await expect(dialerWith().dial('tcp', 'foo', never)).rejects.toThrow(
      /^dial tcp: address foo: missing port in address$/,
    )
  })

  it('that takes too long to resolve times out, and counts as a timeout', async () => {
    const lookup = () => new Promise<never>(() => {})
    await expect(dialerWith({ lookup, timeoutMs: 5 }).dial('tcp', 'x:80', never)).rejects.toMatchObject({
      message: 'dial tcp: lookup x: i/o timeout',
      reason: 'timeout',
    })
  })

  it('that is aborted rejects with the reason', async () => {
    const lookup = () => new Promise<never>(() => {})
    const abort = new AbortController()
    const dial = dialerWith({ lookup }).dial('tcp', 'x:80', abort.signal)
    abort.abort(new Error('given up'))
    await expect(dial).rejects.toThrow('given up')
  })

  it.each(['udp', 'unix', 'constructor'])('with protocol %s is refused', async (protocol) => {
    await expect(dialerWith().dial(protocol, '127.0.0.1:1', never)).rejects.toMatchObject({
      message: `dial ${protocol}: unknown network ${protocol}`,
      reason: 'denied',
    })
  })

  it('with a protocol that is not allowed is refused', async () => {
    const dial = dialerWith({ allowedProtocols: ['tcp6'] }).dial('tcp4', '127.0.0.1:1', never)
    await expect(dial).rejects.toThrow("dial tcp4 127.0.0.1:1: protocol not permitted by the agent's policy")
  })

  it('for one address family takes no address of the other', async () => {
    await expect(dialerWith().dial('tcp6', '127.0.0.1:1', never)).rejects.toThrow('no suitable address found')
  })
})

describe('the destination policy', () => {
  it('refuses an address', async () => {
    await expect(dialerWith().dial('tcp', '169.254.169.254:80', never)).rejects.toMatchObject({
      message: "dial tcp 169.254.169.254:80: destination not permitted by the agent's policy",
      reason: 'denied',
    })
  })

  it('refuses a name that resolves to a denied address', async () => {
    const dialer = dialerWith({ names: { 'metadata.example': ['169.254.169.254'] } })
    await expect(dialer.dial('tcp', 'metadata.example:80', never)).rejects.toThrow(
      "dial tcp metadata.example:80: destination not permitted by the agent's policy",
    )
  })

  it('refuses a name without resolving it', async () => {
    let asked = 0
    const lookup = async () => {
      asked++
      return []
    }
    const dialer = dialerWith({ lookup, deny: ['*.internal'] })
    await expect(dialer.dial('tcp', 'db.internal:80', never)).rejects.toThrow('not permitted')
    expect(asked).toBe(0)
  })

  it('judges the very addresses that are then connected to', async () => {
    const target = await fixture.target(() => {})
    const port = target.address.split(':')[1]
    let asked = 0
    // A second question would be answered with a denied address, as an attacker's DNS server would.
    const lookup = async () => {
      asked++
      return [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]
    }
    const socket = await dialed(dialerWith({ lookup }), `rebind.example:${port}`)
    expect(socket.remoteAddress).toBe('127.0.0.1')
    expect(asked).toBe(1)
  })
})
