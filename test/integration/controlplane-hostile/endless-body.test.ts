import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EchoListener, startEchoListener } from './echo-listener.ts'
import { connectRaw, sayWhileOpen } from './raw-connection.ts'

const MEBIBYTE = 1024 * 1024
const PIECE = Buffer.alloc(64 * 1024, ' ')
const TOO_LARGE = { kind: 'Status', reason: 'RequestEntityTooLarge', code: 413 }
const POST = 'POST /api/v1/namespaces HTTP/1.1\r\nhost: a\r\n'

let echo: EchoListener
beforeAll(async () => {
  echo = await startEchoListener()
})
afterAll(() => echo.listener.stop(0))

const connect = () => connectRaw(echo.url, { ca: echo.ca, rejectUnauthorized: true })

function* endlessly(piece: Buffer): Iterable<Buffer> {
  for (;;) yield piece
}

it('is refused by HTTP/2, and its stream is over', async () => {
  const session = connectHttp2(echo.url, { ca: echo.ca })
  const stream = session.request({ ':method': 'POST', ':path': '/api/v1/namespaces' })
  const closed = once(stream, 'close')
  const answer = text(stream)
  const response = once(stream, 'response')
  const send = (): void => {
    while (!stream.closed && stream.write(PIECE));
    if (!stream.closed) stream.once('drain', send)
  }
  send()
  expect((await response)[0][':status']).toBe(413)
  expect(JSON.parse(await answer)).toMatchObject(TOO_LARGE)
  await closed
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)

  const next = session.request({ ':path': '/version' })
  expect((await once(next.resume(), 'response'))[0][':status']).toBe(200)
  session.destroy()
  await once(session, 'close')
})

it.each([
  ['in chunks', 'transfer-encoding: chunked', Buffer.from(`10000\r\n${PIECE}\r\n`)],
  ['of a length that is too much', `content-length: ${1024 ** 4}`, PIECE],
])('%s is refused by HTTP/1.1, and its connection is over', async (_, header, piece) => {
  const socket = await connect()
  const answer = text(socket).catch(() => '')
  socket.write(`${POST}${header}\r\n\r\n`)
  const sent = await sayWhileOpen(socket, endlessly(piece))
  expect(sent).toBeLessThan(40 * MEBIBYTE)
  const answered = await answer
  expect(answered).toMatch(/^HTTP\/1\.1 413 /)
  expect(answered.toLowerCase()).toContain('\r\nconnection: close\r\n')
  expect(answered).toContain('RequestEntityTooLarge')
})

it('that has an end is answered also to a client that reads only then', async () => {
  const socket = await connect()
  socket.pause()
  const tooMuch = Buffer.alloc(4 * MEBIBYTE, ' ')
  socket.write(`${POST}content-length: ${tooMuch.length}\r\n\r\n`)
  await new Promise((resolve) => socket.write(tooMuch, resolve))
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 /)
})
