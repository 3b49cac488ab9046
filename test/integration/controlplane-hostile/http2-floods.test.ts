import { once } from 'node:events'
import { connect as connectHttp2, constants, type OutgoingHttpHeaders } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import tls from 'node:tls'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestControlPlane, withoutIdentity } from '../../support/control-plane.ts'
import { Bystander } from './bystander.ts'
import { sayWhileOpen } from './raw-connection.ts'

/** The machine that the tests run on may be busy. */
const LONG_ENOUGH_MS = 4_000
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const CONTINUATION = 9
const END_STREAM = 1
const END_HEADERS = 4
/** An ordinary request, by indexes of HPACK's static table: GET https / */
const REQUEST = Buffer.from([0x82, 0x87, 0x84])

let server: TestControlPlane
beforeAll(async () => {
  server = await TestControlPlane.start()
  await server.admin.post('/api/v1/namespaces', { metadata: { name: 'default' } })
})
afterAll(() => server.close())

/** RFC 9113, 4.1 */
function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

/** A header that is not to be kept, as long as it says (RFC 7541, 6.2.2). */
function header(name: string, value: string): Buffer {
  if (name.length > 126 || value.length > 126) throw new Error('longer than one byte can say')
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ])
}

async function connect(): Promise<TLSSocket> {
  const { hostname: host, port } = server.url
  const socket = tls.connect({
    ...withoutIdentity(server.tls),
    host,
    port: Number(port),
    ALPNProtocols: ['h2'],
  })
  await once(socket, 'secureConnect')
  socket.on('error', () => {}).resume()
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, Buffer.alloc(0))]))
  return socket
}

/** Says all of it, until the server hangs up or it has taken long enough. */
async function flood(socket: TLSSocket, said: readonly Buffer[]): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await sayWhileOpen(socket, forSomeTime(said))
  socket.destroy()
  await closed
}

function* forSomeTime(said: readonly Buffer[]): Iterable<Buffer> {
  const deadline = performance.now() + LONG_ENOUGH_MS
  for (const each of said) {
    if (performance.now() > deadline) return
    yield each
  }
}

const repeat = (bytes: Buffer, times: number) => Buffer.concat(Array<Buffer>(times).fill(bytes))

it.each([
  ['settings', repeat(frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])), 1_000), undefined],
  ['pings', repeat(frame(PING, 0, 0, Buffer.alloc(8)), 1_000), undefined],
  [
    'continuations without an end',
    repeat(frame(CONTINUATION, 0, 1, header('a', 'b'.repeat(100))), 1_000),
    frame(HEADERS, END_STREAM, 1, REQUEST),
  ],
  [
    'continuations of nothing',
    repeat(frame(CONTINUATION, 0, 1, Buffer.alloc(0)), 1_000),
    frame(HEADERS, END_STREAM, 1, REQUEST),
  ],
])('a flood of %s keeps nobody waiting', async (_, said, first) => {
  const bystander = await Bystander.during(server.admin, async () => {
    const sockets = await Promise.all(Array.from({ length: 4 }, connect))
    await Promise.all(
      sockets.map((socket) => {
        if (first) socket.write(first)
        return flood(socket, Array<Buffer>(100).fill(said))
      }),
    )
  })
  expect(bystander.slowestMs).toBeLessThan(8_000)
})

it('a header that unfolds to far more than it took is refused', async () => {
  const session = connectHttp2(server.url, withoutIdentity(server.tls))
  session.on('error', () => {})
  const closed = once(session, 'close')
  const bystander = await Bystander.during(server.admin, async () => {
    // The second time and from then on, each is one byte.
    const cookie = Array<string>(2_000).fill('a'.repeat(3_000))
    const stream = session.request({ ':path': '/version', cookie } as OutgoingHttpHeaders)
    const outcome = await Promise.race([
      once(stream, 'response').then(([headers]) => headers[':status']),
      once(stream, 'close').then(() => 'closed'),
      closed.then(() => 'closed'),
    ]).catch(() => 'closed')
    expect(['closed', 431]).toContain(outcome)
  })
  session.destroy()
  await closed
  expect(bystander.slowestMs).toBeLessThan(8_000)
})

it('ten thousand requests that are broken off at once keep nobody waiting', { timeout: 60_000 }, async () => {
  const authority = Buffer.from([1, 1, 'a'.charCodeAt(0)]) // RFC 7541, 6.2.2: `:authority: a`
  const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL])
  const brokenOff = (streamId: number) => [
    frame(HEADERS, END_HEADERS | END_STREAM, streamId, Buffer.concat([REQUEST, authority])),
    frame(RST_STREAM, 0, streamId, cancel),
  ]
  const said = Array.from({ length: 20 }, (_, portion) =>
    Buffer.concat(
      Array.from({ length: 500 }, (_, index) => brokenOff(2 * (500 * portion + index) + 1)).flat(),
    ),
  )
  const bystander = await Bystander.during(server.admin, async () => {
    await flood(await connect(), said)
  })
  expect(bystander.slowestMs).toBeLessThan(8_000)
})
