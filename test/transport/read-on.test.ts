import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import http2 from 'node:http2'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { MessageStream } from '../../src/transport/message-stream.ts'
import { toSegment } from '../../src/transport/segment-queue.ts'
import { decodePacket } from '../../src/wire/index.ts'

const BYTES = 4 * 1024 * 1024
const settings = { initialWindowSize: 8 * 1024 * 1024 }

/** Sends all of it at once and resolves when as much has been received. */
function exchange(messages: MessageStream): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  let received = 0
  messages.start({
    onMessage: (message) => {
      const packet = decodePacket(message)
      if (packet.type === 'DATA') received += packet.length
      if (received === BYTES) resolve(received)
    },
    onPeerEnd: () => {},
    onProtocolError: () => {},
    onClose: () => resolve(received),
  })
  for (let sent = 0; sent < BYTES; sent += 64 * 1024) messages.sendData(1, toSegment(Buffer.alloc(64 * 1024)))
  return promise
}

// Node does not read from a session while a write to it waits: two peers that both fill the socket waited for each other.
it('lets two peers both send more than the socket between them holds', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'read-on-'))
  const socketPath = path.join(dir, 'socket')
  const server = http2.createServer({ settings })
  server.on('session', (session) => session.setLocalWindowSize(8 * 1024 * 1024))
  const atServer = once(server, 'stream').then(([stream]) => {
    stream.respond({ ':status': 200 })
    return exchange(new MessageStream(stream))
  })
  server.listen(socketPath)
  await once(server, 'listening')
  const session = http2.connect('http://localhost', {
    settings,
    createConnection: () => net.connect(socketPath),
  })
  await once(session, 'connect')
  session.setLocalWindowSize(8 * 1024 * 1024)
  const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false })
  await once(stream, 'response')
  const atClient = exchange(new MessageStream(stream))

  expect(await Promise.all([atServer, atClient])).toEqual([BYTES, BYTES])

  const closed = once(session, 'close')
  session.destroy()
  await closed
  server.close()
  await once(server, 'close')
  await rm(dir, { recursive: true })
})
