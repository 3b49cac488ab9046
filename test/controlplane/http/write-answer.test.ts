import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeAnswer } from '../../../src/controlplane/http/write-answer.ts'

const PIECE = 256 * 1024

/** Begins an answer of these bytes; the client has not read of it yet. */
async function answered(
  body: Buffer,
  timeoutMs?: number,
): Promise<{ response: ServerResponse; received: IncomingMessage }> {
  const server = createServer()
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false })
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  const context = {
    method: 'GET',
    headers: {},
    warnings: [],
    signal: new AbortController().signal,
    timeoutMs,
  }
  await writeAnswer(response, { status: 200, contentType: 'text/plain', body: [body] }, context)
  const [received] = (await once(request, 'response')) as [IncomingMessage]
  return { response, received }
}

function someBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => index % 251))
}

describe('a whole answer', () => {
  it.each([0, 1, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 3])(
    'of %d bytes arrives as it is',
    async (length) => {
      const { received } = await answered(someBytes(length))
      expect(received.headers['content-length']).toBe(String(length))
      expect((await buffer(received)).equals(someBytes(length))).toBe(true)
    },
  )

  it('waits for a client that does not read', async () => {
    const { response, received } = await answered(Buffer.alloc(64 * 1024 * 1024))
    expect(response.writableLength).toBeLessThan(2 * PIECE)
    expect((await buffer(received)).length).toBe(64 * 1024 * 1024)
  })

  it('waits for no client for ever', async () => {
    const { response, received } = await answered(Buffer.alloc(64 * 1024 * 1024), 1)
    if (!response.destroyed) await once(response, 'close')
    await expect(buffer(received)).rejects.toThrow('aborted')
  })
})
