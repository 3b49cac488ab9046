import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Counter, Gauge, Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Credentials,
  createSingleUseGrpcTunnel,
  credentialsFromFiles,
  registerMetrics,
  type Tunnel,
  type TunnelSocket,
} from '../../src/konnectivity-client/index.ts'
import { eventually, eventuallyDone } from '../support/eventually.ts'
import { dialTargets } from '../support/scripted-proxy.ts'
import { echoing, Target } from '../support/targets.ts'
import { createTestPki } from '../support/test-pki.ts'
import { expectDialError, record, TunnelFixture, testCredentials } from './fixture.ts'
import { FreezableLink } from './freezable-link.ts'

let fixture: TunnelFixture
let echo: Target

beforeEach(async () => {
  fixture = await TunnelFixture.start({ extensions: 1 })
  echo = await Target.start(echoing)
})
afterEach(async () => {
  vi.useRealTimers()
  await fixture.stop()
  await echo.stop()
})

async function listen(): Promise<net.Server> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function addressOf(server: net.Server): string {
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`
}

async function roundTrip(socket: TunnelSocket, text: string): Promise<string> {
  const seen = record(socket)
  socket.end(text)
  await seen.closed
  if (seen.error) throw seen.error
  return seen.text
}

describe('a reusable tunnel', () => {
  it('connects with the first dial, not before', async () => {
    dialTargets(fixture.proxy)
    await nextTurn()
    expect(fixture.proxy.accepted).toBe(0)
    expect(await roundTrip(await fixture.tunnel.dial(echo.address), 'hello')).toBe('hello')
    expect(fixture.proxy.accepted).toBe(1)
  })

  it('makes many dials, one after another, over one connection', async () => {
    dialTargets(fixture.proxy)
    for (let index = 0; index < 50; index++) {
      expect(await roundTrip(await fixture.tunnel.dial(echo.address), `${index}`)).toBe(`${index}`)
    }
    expect(fixture.proxy.accepted).toBe(1)
    await fixture.expectNoStreams()
  })

  it('makes 1000 dials at once over one connection, each with its own bytes', async () => {
    dialTargets(fixture.proxy)
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) =>
        roundTrip(await fixture.tunnel.dial(echo.address), `connection ${index}`),
      ),
    )
    expect(answers).toEqual(answers.map((_, index) => `connection ${index}`))
    expect(fixture.proxy.accepted).toBe(1)
    await fixture.expectNoStreams()
  })

  it('gives up one dial without harm to another', async () => {
    const controller = new AbortController()
    const given = fixture.tunnel.dial('given.up:80', { signal: controller.signal })
    const kept = fixture.tunnel.dial('kept:80')
    const streams = [await fixture.proxy.nextStream(), await fixture.proxy.nextStream()]
    const requests = await Promise.all(streams.map((stream) => stream.next('DIAL_REQ')))
    expect(requests.map(({ address }) => address)).toEqual(['given.up:80', 'kept:80'])
    controller.abort()
    await expectDialError(given, 'context', 'dial timeout, context')
    const random = requests[1]?.random ?? 0n
    streams[1]?.send({ type: 'DIAL_RSP', random, connectId: 2, error: '' })
    const socket = await kept
    expect(socket.remoteAddress).toBe('kept')
    socket.destroy()
  })

  it('connects again with the next dial after the connection was lost', async () => {
    const { socket } = await fixture.establish()
    const seen = record(socket)
    fixture.proxy.dropConnections()
    await seen.closed
    expect(seen.error).toMatchObject({ code: 'ECONNRESET' })
    expect(fixture.tunnel.closed).toBe(false)
    const again = await fixture.establish()
    expect(fixture.proxy.accepted).toBe(2)
    again.socket.destroy()
  })

  it('dials after the server was away, and tells while it is', async () => {
    ;(await fixture.establish()).socket.on('error', () => {})
    await fixture.proxy.stop()
    await eventuallyDone(() =>
      expectDialError(fixture.tunnel.dial('target:80'), 'streamsetup', /ECONNREFUSED/),
    )
    await fixture.proxy.listen()
    const { socket } = await fixture.establish()
    socket.destroy()
  })

  it('leaves a connection to its sockets when the server says goodbye, and dials on another', async () => {
    const { socket, stream } = await fixture.establish()
    fixture.proxy.goAway()
    await eventually(async () => {
      const later = await fixture.establish()
      later.socket.destroy()
      return fixture.proxy.accepted
    }).toBe(2)
    const seen = record(socket)
    stream.sendData(7, 'still here')
    await eventually(() => seen.text).toBe('still here')
    socket.destroy()
    await eventually(() => fixture.proxy.sessions.size).toBe(1)
  })

  it('tries its addresses in turn, and begins with the one that worked last', async () => {
    const dead = await TunnelFixture.start()
    await dead.proxy.close()
    dialTargets(fixture.proxy)
    const tunnel = fixture.createTunnel({ addresses: [dead.proxy.address, fixture.proxy.address] })
    expect(await roundTrip(await tunnel.dial(echo.address), 'one')).toBe('one')
    const seen = record(await tunnel.dial(echo.address))
    fixture.proxy.dropConnections()
    await seen.closed // by now the tunnel knows
    expect(await roundTrip(await tunnel.dial(echo.address), 'two')).toBe('two')
    await fixture.proxy.stop()
    const error = await eventuallyDone(() =>
      expectDialError(tunnel.dial(echo.address), 'streamsetup', /ECONNREFUSED.*; connect to .*ECONNREFUSED/),
    )
    expect(error.cause).toBeInstanceOf(AggregateError)
    const order = ((error.cause as AggregateError).errors as Error[]).map(({ message }) => message)
    expect(order[0]).toContain(fixture.proxy.address)
    expect(order[1]).toContain(dead.proxy.address)
  })

  it('does not wait long for an address that does not answer, and leaves nothing of it behind', async () => {
    const silent = await listen()
    const gone = once(silent, 'connection').then(([socket]) => once((socket as net.Socket).resume(), 'close'))
    dialTargets(fixture.proxy)
    const tunnel = fixture.createTunnel({ addresses: [addressOf(silent), fixture.proxy.address] })
    const socket = await tunnel.dial(echo.address, { timeoutMs: 4_000 })
    expect(await roundTrip(socket, 'hello')).toBe('hello')
    await gone
    await once(silent.close(), 'close')
  })

  it('does not give up an address that is slow to answer when the next one fails', async () => {
    const failing = await listen()
    failing.on('connection', (socket) => socket.destroy())
    const slow = await listen()
    slow.once('connection', async (near: net.Socket) => {
      await once(failing, 'connection')
      const far = net.connect(Number(fixture.proxy.address.split(':').at(-1)), '127.0.0.1')
      near.pipe(far).pipe(near)
      near.once('close', () => far.destroy())
    })
    dialTargets(fixture.proxy)
    const tunnel = fixture.createTunnel({ addresses: [addressOf(slow), addressOf(failing)] })
    expect(await roundTrip(await tunnel.dial(echo.address), 'hello')).toBe('hello')
    await tunnel.close()
    await Promise.all([slow, failing].map((server) => once(server.close(), 'close')))
  })

  it('reads its credentials from their files again when it connects', async () => {
    const pki = await createTestPki()
    const dir = await mkdtemp(path.join(tmpdir(), 'credentials-'))
    const files = {
      ca: path.join(dir, 'ca.crt'),
      cert: path.join(dir, 'tls.crt'),
      key: path.join(dir, 'tls.key'),
    }
    await writeFile(files.ca, pki.frontendCa.caPem)
    await writeFile(files.cert, pki.wrongCaClient.certPem)
    await writeFile(files.key, pki.wrongCaClient.keyPem)
    dialTargets(fixture.proxy)
    const tunnel = fixture.createTunnel({ credentials: credentialsFromFiles(files) })
    await expectDialError(
      tunnel.dial(echo.address),
      'tunnelclosed',
      'tunnel closed: the proxy server hung up before it answered; it may not accept our certificate',
    )
    await writeFile(files.cert, await readFile(pki.frontendClient.certFile))
    await writeFile(files.key, await readFile(pki.frontendClient.keyFile))
    expect(await roundTrip(await tunnel.dial(echo.address), 'renewed')).toBe('renewed')
  })

  it('fails a dial whose credentials cannot be read', async () => {
    const tunnel = fixture.createTunnel({ credentials: credentialsFromFiles({ ca: '/nowhere/ca.crt' }) })
    await expectDialError(
      tunnel.dial('target:80'),
      'streamsetup',
      /^cannot read \/nowhere\/ca.crt: ENOENT.*may be read$/,
    )
  })

  it('names the files of a dial whose credentials do not belong together', async () => {
    const { frontendClient, frontendServer } = await createTestPki()
    const files = { cert: frontendClient.certFile, key: frontendServer.keyFile }
    const tunnel = fixture.createTunnel({ credentials: credentialsFromFiles(files) })
    await expectDialError(
      tunnel.dial('target:80'),
      'streamsetup',
      `the private key in ${files.key} does not belong to the certificate in ${files.cert}; give the key that the certificate was made for`,
    )
  })

  it('checks the server’s certificate against the name that it is told', async () => {
    const credentials = await testCredentials()
    dialTargets(fixture.proxy)
    const right = fixture.createTunnel({ credentials: { ...credentials, servername: 'proxy-server' } })
    expect(await roundTrip(await right.dial(echo.address), 'hello')).toBe('hello')
    const wrong = fixture.createTunnel({ credentials: { ...credentials, servername: 'elsewhere' } })
    await expectDialError(wrong.dial(echo.address), 'streamsetup', /elsewhere.*not in the cert/)
  })

  it('closed rejects dials, waiting and new ones, and destroys its sockets without an error', async () => {
    const { socket, stream } = await fixture.establish()
    const seen = record(socket)
    const waiting = fixture.tunnel.dial('target:80')
    const failed = expectDialError(waiting, 'tunnelclosed', 'tunnel closed')
    const unanswered = await fixture.proxy.nextStream()
    await unanswered.next('DIAL_REQ')
    const closing = fixture.tunnel.close()
    expect(fixture.tunnel.closed).toBe(true)
    await failed
    await expectDialError(fixture.tunnel.dial('target:80'), 'tunnelclosed', 'tunnel is closed')
    await closing
    await fixture.tunnel.done
    await seen.closed
    expect(seen.events).toEqual(['close'])
    expect(stream.types()).toContain('CLOSE_REQ')
    expect(unanswered.types()).toContain('DIAL_CLS')
    await eventually(() => fixture.proxy.sessions.size).toBe(0)
  })

  it('closed does not end a process that listens for no errors, nor looks like an end to a reader', async () => {
    const [quiet, written, iterated] = [
      await fixture.establish(),
      await fixture.establish(8),
      await fixture.establish(9),
    ]
    quiet.socket.resume()
    written.stream.call.messages.pause()
    const writing = new Promise((resolve) => written.socket.write(Buffer.alloc(8 * 1024 * 1024), resolve))
    const reading = (async () => {
      for await (const _chunk of iterated.socket);
    })()
    const failed = expect(reading).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
    const closed = once(quiet.socket, 'close')
    await fixture.tunnel.close()
    expect(await closed).toEqual([false])
    expect(await writing).toMatchObject({ code: 'ERR_STREAM_DESTROYED' })
    await failed
    const [packet] = quiet.stream.packets.filter(({ type }) => type === 'CLOSE_REQ')
    expect(packet).toMatchObject({ error: expect.stringMatching(/./) })
  })

  it('closed while it connects rejects the dial', async () => {
    const failed = expectDialError(fixture.tunnel.dial('target:80'), 'tunnelclosed', 'tunnel closed')
    await fixture.tunnel.close()
    await failed
  })

  it('closed while it waits for its credentials does not wait for them', async () => {
    const asked = Promise.withResolvers<void>()
    const never = new Promise<Credentials>(() => {})
    const tunnel = fixture.createTunnel({
      credentials: () => {
        asked.resolve()
        return never
      },
    })
    const failed = expectDialError(tunnel.dial('target:80'), 'tunnelclosed', 'tunnel closed')
    await asked.promise
    await tunnel.close()
    await failed
    expect(fixture.proxy.accepted).toBe(0)
  })

  it('is done for all who close it only when nothing is left', async () => {
    const { stream } = await fixture.establish().then((ends) => {
      ends.socket.on('error', () => {})
      return ends
    })
    stream.endsWithPeer = false
    let done = 0
    const closings = Array.from({ length: 8 }, async () => {
      await fixture.tunnel.close()
      done++
    })
    fixture.tunnel.done.then(() => done++)
    await stream.peerEnded
    await nextTurn()
    expect(done).toBe(0)
    stream.finish()
    await Promise.all(closings)
    expect(done).toBeGreaterThanOrEqual(8)
  })

  it('is not done because the server is gone', async () => {
    ;(await fixture.establish()).socket.on('error', () => {})
    fixture.proxy.dropConnections()
    await fixture.expectNoStreams()
    expect(await Promise.race([fixture.tunnel.done.then(() => 'done'), nextTurn('open')])).toBe('open')
  })

  it('closes while 64 dials come and go', async () => {
    dialTargets(fixture.proxy)
    const dials = Array.from({ length: 64 }, async () => {
      const socket = await fixture.tunnel.dial(echo.address)
      socket.on('error', () => {})
      socket.destroy()
    })
    await Promise.race(dials)
    await fixture.tunnel.close()
    for (const result of await Promise.allSettled(dials)) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'ERR_DIAL', reason: 'tunnelclosed' })
    }
    await expectDialError(fixture.tunnel.dial(echo.address), 'tunnelclosed', 'tunnel is closed')
    await fixture.expectNoStreams()
  })

  it('can be disposed of', async () => {
    let kept: Tunnel
    {
      await using tunnel = fixture.createTunnel()
      kept = tunnel
      expect(tunnel.closed).toBe(false)
    }
    expect(kept.closed).toBe(true)
  })

  it('refuses addresses that are none', () => {
    expect(() => fixture.createTunnel({ address: 'proxy-server' })).toThrow(
      'invalid proxy server address "proxy-server": want host:port or unix:path',
    )
    expect(() => fixture.createTunnel({ addresses: [] })).toThrow('no proxy server address was given')
  })

  it('notices a server that does not answer any more', async () => {
    const link = await FreezableLink.start(fixture.proxy.address)
    const tunnel = fixture.createTunnel({
      address: link.address,
      keepalive: { intervalMs: 10, timeoutMs: 300 }, // long enough for one that answers on a busy machine
    })
    const dialing = tunnel.dial('target:80')
    await (await fixture.proxy.nextStream()).accept()
    const seen = record(await dialing)
    link.freeze()
    await seen.closed
    expect(seen.error).toMatchObject({ code: 'ECONNRESET' })
    await link.stop()
  })
})

describe('a single-use tunnel', () => {
  it('dials once, and its connection ends with its socket', async () => {
    dialTargets(fixture.proxy)
    const tunnel = fixture.keep(createSingleUseGrpcTunnel(fixture.proxy.address, await testCredentials()))
    const socket = await tunnel.dialContext('tcp', echo.address)
    await expectDialError(tunnel.dial(echo.address), 'tunnelstarted', 'single-use dialer already dialed')
    expect(await roundTrip(socket, 'once')).toBe('once')
    await tunnel.done
    await eventually(() => fixture.proxy.sessions.size).toBe(0)
  })

  it('is over when its dial has failed', async () => {
    dialTargets(fixture.proxy)
    const tunnel = fixture.keep(createSingleUseGrpcTunnel(fixture.proxy.address, await testCredentials()))
    await expectDialError(tunnel.dial('127.0.0.1:1'), 'endpoint', /connection refused$/)
    await tunnel.done
    await eventually(() => fixture.proxy.sessions.size).toBe(0)
  })

  it('closed cannot be dialled', async () => {
    const tunnel = createSingleUseGrpcTunnel(fixture.proxy.address, await testCredentials())
    await tunnel.close()
    await expectDialError(tunnel.dial(echo.address), 'tunnelclosed', 'tunnel is closed')
  })
})

describe('the metrics', () => {
  const prefix = 'konnectivity_network_proxy_client_'

  async function values(registry: Registry, name: string): Promise<Record<string, number>> {
    const metric = await registry.getSingleMetric(prefix + name)?.get()
    return Object.fromEntries(
      metric?.values.map(({ labels, value }) => [Object.values(labels).join(','), value]) ?? [],
    )
  }

  it('are konnectivity’s, and follow each connection', async () => {
    const registry = new Registry()
    const metrics = registerMetrics({ Counter, Gauge }, registry)
    expect(registry.getMetricsAsArray().map(({ name }) => name.slice(prefix.length))).toEqual([
      'stream_packets_total',
      'stream_errors_total',
      'dial_failure_total',
      'client_connections',
    ])
    const tunnel = fixture.createTunnel({ metrics })
    const dialing = tunnel.dial('target:80')
    const stream = await fixture.proxy.nextStream()
    expect(await values(registry, 'client_connections')).toEqual({ created: 0, dialing: 1 })
    await stream.accept()
    const socket = await dialing
    expect(await values(registry, 'client_connections')).toEqual({ created: 0, dialing: 0, ok: 1 })
    socket.end('x')
    await once(socket, 'finish')
    stream.send({ type: 'HALF_CLOSE', connectId: 7 })
    await once(socket.resume(), 'close')
    expect(await values(registry, 'client_connections')).toMatchObject({ ok: 0, closing: 1 })
    stream.send({ type: 'CLOSE_RSP', connectId: 7, error: '' })
    await eventually(() => values(registry, 'client_connections')).toEqual({
      created: 0,
      dialing: 0,
      ok: 0,
      closing: 0,
    })
    expect(await values(registry, 'stream_packets_total')).toEqual({
      'from_client,DIAL_REQ': 1,
      'to_client,DIAL_RSP': 1,
      'from_client,DATA': 1,
      'from_client,HALF_CLOSE': 1,
      'to_client,HALF_CLOSE': 1,
      'to_client,CLOSE_RSP': 1,
    })
    expect(await values(registry, 'stream_errors_total')).toEqual({})
  })

  it('count failures by their reasons', async () => {
    const registry = new Registry()
    const metrics = registerMetrics({ Counter, Gauge }, registry)
    const tunnel = fixture.createTunnel({ metrics })
    await expectDialError(tunnel.dialContext('udp', 'target:53'), 'unknown', /./)
    await expectDialError(tunnel.dial('target:53', { signal: AbortSignal.abort() }), 'context', /./)
    const dialing = tunnel.dial('target:80')
    const failed = expectDialError(dialing, 'tunnelclosed', /./)
    ;(await fixture.proxy.nextStream()).reset()
    await failed
    expect(await values(registry, 'dial_failure_total')).toEqual({ unknown: 1, context: 1, tunnelclosed: 1 })
    expect(await values(registry, 'stream_errors_total')).toEqual({ 'to_client,Canceled,Unknown': 1 })
    await eventually(() => values(registry, 'client_connections')).toEqual({ created: 0, dialing: 0 })
  })
})
