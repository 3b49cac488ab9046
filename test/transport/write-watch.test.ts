import { once } from 'node:events'
import http2, { type ClientHttp2Session } from 'node:http2'
import net, { type AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { MessageStream } from '../../src/transport/message-stream.ts'
import { toSegment } from '../../src/transport/segment-queue.ts'

const STREAMS = 50
const WINDOW_BYTES = 65_535

let server: http2.Http2Server
let session: ClientHttp2Session

beforeEach(async () => {
  server = http2.createServer()
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 }) // and is never read
    stream.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  session = http2.connect('http://127.0.0.1', { createConnection: () => net.connect(port, '127.0.0.1') })
  await once(session, 'connect')
})
afterEach(async () => {
  vi.useRealTimers()
  const closed = once(session, 'close')
  session.destroy()
  await closed
  server.close()
  await once(server, 'close')
})

async function stuckStreams(count: number): Promise<MessageStream[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false })
      await once(stream, 'response')
      const messages = new MessageStream(stream)
      messages.sendData(1, toSegment(Buffer.alloc(2 * WINDOW_BYTES)))
      return messages
    }),
  )
}

it('looks after all streams of a session with one timer, less and less often', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  const streams = await stuckStreams(STREAMS)
  let looks = 0
  for (const end = Date.now() + 3_200; Date.now() < end; looks++) {
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersToNextTimer()
  }
  expect(looks).toBeGreaterThan(5)
  expect(looks).toBeLessThan(20)
  expect(streams.every(({ queuedBytes }) => queuedBytes > 0)).toBe(true)
})

it('stops once nothing waits', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const streams = await stuckStreams(2)
  for (const stream of streams) stream.reset()
  vi.advanceTimersByTime(1_000)
  expect(vi.getTimerCount()).toBe(0)
})
