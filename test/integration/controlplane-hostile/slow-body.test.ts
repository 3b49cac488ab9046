import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EchoListener, startEchoListener } from './echo-listener.ts'
import { sayRaw } from './raw-connection.ts'

let echo: EchoListener
beforeAll(async () => {
  echo = await startEchoListener(50)
})
afterAll(() => echo.listener.stop(0))

it('whose request was answered leaves no stream of HTTP/2 open', async () => {
  const session = connectHttp2(echo.url, { ca: echo.ca })
  const stream = session.request({ ':method': 'POST', ':path': '/api/v1/namespaces' })
  const closed = once(stream, 'close')
  const pieces: Buffer[] = []
  stream.on('data', (piece) => pieces.push(piece))
  stream.write('{"metadata":')
  const [headers] = await once(stream, 'response')
  expect(headers[':status']).toBe(504)
  await closed
  expect(JSON.parse(String(Buffer.concat(pieces)))).toMatchObject({ kind: 'Status', reason: 'Timeout' })
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)

  const next = session.request({ ':path': '/version' })
  expect((await once(next.resume(), 'response'))[0][':status']).toBe(200)
  session.destroy()
  await once(session, 'close')
})

it('ends its connection of HTTP/1.1', async () => {
  const said = 'POST /api/v1/namespaces HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{"metadata":'
  const { status, text: answer } = await sayRaw(echo.url, { ca: echo.ca, rejectUnauthorized: true }, said)
  expect(status).toBe(504)
  expect(answer.toLowerCase()).toContain('\r\nconnection: close\r\n')
})
