import { once } from 'node:events'
import http2, { type ClientHttp2Session } from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import {
  ClientCall,
  type Keepalive,
  SERVER_LIMITS,
  type ServerCall,
  ServerSessions,
} from '../../src/transport/index.ts'
import { GRPC_STATUS } from '../../src/wire/index.ts'
import { eventually } from '../support/eventually.ts'
import { createTestPki } from '../support/test-pki.ts'
import { RecordingHandler } from './http2-pair.ts'

let sessions: ServerSessions
let server: http2.Http2SecureServer
let port: number
const onCall = vi.fn((call: ServerCall, _keepalive: Keepalive) => {
  call.messages.start(new RecordingHandler())
  call.respond()
})
const cleanUps: (() => void)[] = []

beforeEach(async () => {
  onCall.mockClear()
  const { agentServer } = await createTestPki()
  server = http2.createSecureServer({ ...SERVER_LIMITS, cert: agentServer.certPem, key: agentServer.keyPem })
  sessions = new ServerSessions(silentLogger, {
    path: '/Test',
    keepaliveMs: 3_600_000,
    keepaliveTimeoutMs: 20_000,
    onCall,
  })
  sessions.attach(server as unknown as http2.Http2Server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as net.AddressInfo).port
})

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
  sessions.destroyAll()
  server.close()
})

async function connect(toPort = port): Promise<{ session: ClientHttp2Session; socket: tls.TLSSocket }> {
  const socket = tls.connect({
    port: toPort,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
  })
  socket.on('error', () => socket.destroy())
  await once(socket, 'secureConnect')
  const session = http2.connect(`https://127.0.0.1:${toPort}`, {
    createConnection: () => socket,
    settings: { initialWindowSize: 2 ** 31 - 1 },
  })
  session.on('error', () => {})
  cleanUps.push(() => socket.destroy())
  await once(session, 'remoteSettings')
  session.setLocalWindowSize(2 ** 31 - 1)
  return { session, socket }
}

function open(session: ClientHttp2Session, path = '/Test', metadata: Record<string, string> = {}) {
  const call = new ClientCall(session, path, metadata)
  const handler = new RecordingHandler()
  call.messages.start(handler)
  return { call, handler }
}

describe('ServerSessions', () => {
  it('hands over calls of its method, with the keepalive of their session', async () => {
    const { session } = await connect()
    const calls = [open(session), open(session)]
    for (const { call } of calls) expect((await call.headers)[':status']).toBe(200)
    expect(onCall).toHaveBeenCalledTimes(2)
    expect(onCall.mock.calls[0]?.[1]).toBe(onCall.mock.calls[1]?.[1])
    expect(sessions.size).toBe(1)
  })

  it('answers another method with UNIMPLEMENTED, and is done with it', async () => {
    const { session } = await connect()
    const { call, handler } = open(session, '/Other')
    await expect(call.headers).rejects.toThrow('unknown method /Other')
    expect(call.failure?.status).toBe(GRPC_STATUS.UNIMPLEMENTED)
    await handler.closed
    expect(onCall).not.toHaveBeenCalled()
  })

  it('tells how long a client gives its call', async () => {
    const { session } = await connect()
    await open(session, '/Test', { 'grpc-timeout': '90S' }).call.headers
    await open(session).call.headers
    expect(onCall.mock.calls.map(([call]) => call.timeoutMs)).toEqual([90_000, undefined])
  })

  it.each(['soon', '', '123456789S'])('answers a grpc-timeout of %j with INTERNAL', async (timeout) => {
    const { session } = await connect()
    const { call, handler } = open(session, '/Test', { 'grpc-timeout': timeout })
    await expect(call.headers).rejects.toThrow(`malformed grpc-timeout: "${timeout}"`)
    expect(call.failure?.status).toBe(GRPC_STATUS.INTERNAL)
    await handler.closed
    expect(onCall).not.toHaveBeenCalled()
  })

  it.each([
    ['another content type', { ':method': 'POST', ':path': '/Test', 'content-type': 'text/plain' }],
    ['another HTTP method', { ':method': 'GET', ':path': '/Test', 'content-type': 'application/grpc' }],
  ])('answers %s with HTTP status 415', async (_name, headers) => {
    const { session } = await connect()
    const stream = session.request(headers)
    const [response] = await once(stream, 'response')
    expect(response[':status']).toBe(415)
    stream.resume().end()
    await once(stream, 'close')
    expect(onCall).not.toHaveBeenCalled()
  })

  it('survives far more resets than Node would by itself', async () => {
    const { session } = await connect()
    for (let count = 0; count < 1500; count++) {
      const { call, handler } = open(session)
      if (count % 100 === 0) await call.headers
      call.messages.reset()
      await handler.closed
    }
    expect((await open(session).call.headers)[':status']).toBe(200)
  })

  it('forgets a session that is gone', async () => {
    const { socket } = await connect()
    socket.destroy()
    await eventually(() => sessions.size).toBe(0)
  })

  it('lets go of a session whose client broke off with a TLS alert, which Node would keep for ever', async () => {
    const between = await relay()
    const { socket } = await connect(between.port)
    expect(sessions.size).toBe(1)
    socket.removeAllListeners('error').on('error', () => {})
    // To garbage the client answers with an alert, as it would to a server that it does not like.
    between.near().write(Buffer.from(`1703030020${'07'.repeat(32)}`, 'hex'))
    await eventually(() => sessions.size).toBe(0)
  })

  it('ends every session on demand, also one whose client has stopped reading', async () => {
    const between = await relay()
    const { session } = await connect(between.port)
    await open(session).call.headers
    between.far().pause()
    const call = onCall.mock.calls[0]?.[0] as ServerCall
    call.messages.sendFramed(Buffer.alloc(32 * 1024 * 1024)) // more than sockets buffer
    await eventually(() => call.messages.queuedBytes).toBeGreaterThan(0)
    sessions.destroyAll()
    expect(call.messages.closed).toBe(true)
    await eventually(() => sessions.size).toBe(0)
  })
})

/** Something between a client and the server that a test can interfere with. */
async function relay() {
  let near: net.Socket | undefined
  let far: net.Socket | undefined
  const listener = net.createServer((socket) => {
    near = socket.on('error', () => {})
    far = net.connect(port, '127.0.0.1').on('error', () => {})
    near.pipe(far)
    far.on('data', (chunk) => near?.write(chunk)) // what ends the one must not end the other
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  cleanUps.push(() => {
    near?.destroy()
    far?.destroy()
    listener.close()
  })
  const made = (socket: net.Socket | undefined) => {
    if (!socket) throw new Error('nobody has connected')
    return socket
  }
  return {
    port: (listener.address() as net.AddressInfo).port,
    near: () => made(near),
    far: () => made(far),
  }
}
