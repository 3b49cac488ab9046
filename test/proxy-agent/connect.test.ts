import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { Relay } from '../support/relay.ts'
import { endOf, Fixture } from './fixture.ts'

const fixture = new Fixture()
afterEach(() => fixture.stop())

const at = ({ port }: { port: number }, host = '127.0.0.1') => ({ servers: [{ host, port }] })

function complaint(): string {
  const line = fixture.logs.findLast(({ message }) => message === 'cannot connect to proxy server')
  return line?.fields.err instanceof Error ? line.fields.err.message : ''
}

describe('what an agent tells a server', () => {
  it('is who it is and what it can do', async () => {
    const server = await fixture.server()
    await fixture.agent({ ...at(server), agentId: 'me', agentIdentifiers: 'host=a.example&ipv4=1.2.3.4' })
    const stream = await server.nextStream()
    expect(stream.headers).toMatchObject({
      agentid: 'me',
      agentidentifiers: 'host=a.example&ipv4=1.2.3.4',
      'cluster-proxy-extensions': '1',
      'cluster-proxy-window': '1048576',
      'content-type': 'application/grpc',
    })
    expect(stream.headers.authorization).toBeUndefined()
  })

  it('names its identifiers also when it has none', async () => {
    const server = await fixture.server()
    await fixture.agent(at(server))
    const stream = await server.nextStream()
    expect(stream.headerValues('agentidentifiers')).toEqual([''])
  })

  it('shows the token of the moment, without the line end of its file', async () => {
    let token = 'first\n'
    const server = await fixture.server()
    await fixture.agent(at(server), { token: async () => token })
    const first = await server.nextStream()
    expect(first.headers.authorization).toBe('Bearer first')
    token = 'second\n'
    first.reset()
    expect((await server.nextStream()).headers.authorization).toBe('Bearer second')
  })
})

describe('a server that does not accept', () => {
  it('has its status in the log, and is asked again', async () => {
    let calls = 0
    const server = await fixture.server({
      answer: (call) => {
        calls++
        call.finish(2, 'lookup failed: service account jwt not valid')
      },
    })
    const agent = await fixture.agent(at(server))
    await eventually(() => calls).toBeGreaterThan(2)
    expect(complaint()).toBe('rpc error: code = Unknown desc = lookup failed: service account jwt not valid')
    expect(agent.isReady()).toBe(false)
    const warnings = fixture.logs.filter(
      ({ level, message }) => level === 'warn' && message === 'cannot connect to proxy server',
    )
    expect(warnings).toHaveLength(1)
  })

  it('and never answers is given up', async () => {
    let calls = 0
    const server = await fixture.server({
      answer: () => {
        calls++
      },
    })
    await fixture.agent({ ...at(server), headersTimeoutMs: 20 })
    await eventually(() => calls).toBeGreaterThan(1)
    expect(complaint()).toBe('the server sent no metadata within 0.02 s')
  })

  it.each([
    [{}, 'expected one server ID in the metadata, got []'],
    [{ serverid: 'a, b', servercount: '1' }, 'expected one server ID in the metadata, got [a, b]'],
    [{ serverid: 'a' }, 'expected one server count in the metadata, got []'],
    [{ serverid: 'a', servercount: 'many' }, 'the server count "many" is no integer'],
  ])('because its metadata is %j', async (metadata, message) => {
    const server = await fixture.server({ answer: (call) => call.respond(metadata) })
    await fixture.agent(at(server))
    await eventually(() => complaint()).toBe(message)
  })
})

describe('credentials', () => {
  it('are read for each connection, and connections that stand are left alone', async () => {
    const pki = await fixture.pki()
    const tls = vi.fn(() => ({
      ca: pki.agentCa.caPem,
      cert: pki.agentClient.certPem,
      key: pki.agentClient.keyPem,
    }))
    const wrong = { ca: pki.agentCa.caPem, cert: pki.wrongCaClient.certPem, key: pki.wrongCaClient.keyPem }
    tls.mockReturnValueOnce(wrong)
    const server = await fixture.server()
    await fixture.agent(at(server), { tls })
    const stream = await server.nextStream()
    expect(tls.mock.calls.length).toBeGreaterThanOrEqual(2)

    tls.mockReturnValue(wrong)
    stream.sendData(7, 'anybody there?')
    expect((await stream.closeResponse(7)).error).toBe('unrecognized connectID')
  })

  it.each([
    ['have expired', 'our certificate has expired, --agent-cert needs a new one'],
    ['are of another CA', 'it may not accept our certificate'],
  ])('that %s are a reason for the server to hang up', async (what, guess) => {
    const { agentCa, wrongCaClient } = await fixture.pki()
    const expired = await agentCa.authority.issueClientCertificate({ commonName: 'agent', validityMs: 1 })
    const [cert, key] =
      what === 'have expired'
        ? [expired.certificatePem, expired.privateKeyPem]
        : [wrongCaClient.certPem, wrongCaClient.keyPem]
    const server = await fixture.server()
    await fixture.agent(at(server), { tls: () => ({ ca: agentCa.caPem, cert, key }) })
    await eventually(() => complaint()).toBe(`the server hung up before it answered; ${guess}`)
  })

  it('must be for the name that was given, not for the address it leads to', async () => {
    const server = await fixture.server()
    const lookup = async () => [{ address: '127.0.0.1', family: 4 }]
    await fixture.agent(at(server, 'proxy-server'), { lookup })
    expect((await server.nextStream()).headers[':authority']).toBe(`proxy-server:${server.port}`)

    await fixture.agent(at(server, 'other.example'), { lookup })
    await eventually(() => complaint()).toContain("Hostname/IP does not match certificate's altnames")
  })
})

describe('an HTTP proxy', () => {
  it('is gone through with credentials that no log line shows', async () => {
    const server = await fixture.server()
    const seen: (string | undefined)[] = []
    const sockets = new Set<net.Socket>()
    const proxy = http.createServer()
    proxy.on('connect', (request: http.IncomingMessage, socket: net.Socket) => {
      seen.push(request.url, request.headers['proxy-authorization'])
      const onward = net.connect(server.port, '127.0.0.1')
      for (const one of [socket, onward]) sockets.add(one.on('error', () => {}))
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(onward).pipe(socket)
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    fixture.owns({
      stop: async () => {
        const closed = once(proxy, 'close')
        proxy.close()
        for (const socket of sockets) socket.destroy()
        await closed
      },
    })
    const { port } = proxy.address() as net.AddressInfo
    const lookup = () => Promise.reject(new Error('the proxy resolves the name'))
    await fixture.agent(at(server, 'proxy-server'), {
      lookup,
      env: { HTTPS_PROXY: `http://user:secret@127.0.0.1:${port}` },
    })
    await server.nextStream()
    expect(seen).toEqual([
      `proxy-server:${server.port}`,
      `Basic ${Buffer.from('user:secret').toString('base64')}`,
    ])
    expect(JSON.stringify(fixture.logs)).not.toContain('secret')
  })
})

describe('a server that vanishes', () => {
  it('is noticed by its silence', async () => {
    const server = await fixture.server()
    const relay = fixture.owns(await Relay.start(() => server.port))
    const ends: ReturnType<typeof endOf>[] = []
    const target = await fixture.target((socket) => void ends.push(endOf(socket)))
    const agent = await fixture.agent({ ...at(relay), extendedKeepalive: { intervalMs: 20, timeoutMs: 500 } })
    const stream = await server.nextStream()
    await stream.dial(target.address)
    relay.freeze()
    expect(await ends[0]).toMatchObject({ code: 'ECONNRESET' })
    await server.nextStream()
    await eventually(() => agent.isReady()).toBe(true)
    expect(fixture.logs).toContainEqual(expect.objectContaining({ message: 'proxy server does not answer' }))
  })
})
