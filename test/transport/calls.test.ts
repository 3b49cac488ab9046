import { once } from 'node:events'
import http2, { type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClientCall, GrpcStatusError, ServerCall, toSegment } from '../../src/transport/index.ts'
import { GRPC_STATUS } from '../../src/wire/index.ts'
import { Http2Pair, RecordingHandler } from './http2-pair.ts'

let pair: Http2Pair

beforeEach(async () => {
  pair = await Http2Pair.open()
})

afterEach(() => {
  pair.close()
})

/** Both ends of a call, each with a handler that writes down what happens. */
async function openCall(metadata: Record<string, string> = {}) {
  const incoming = once(pair.server, 'stream') as Promise<
    [ServerHttp2Stream, IncomingHttpHeaders, number, string[]]
  >
  const client = new ClientCall(pair.client, '/Test', metadata)
  const clientHandler = new RecordingHandler()
  client.messages.start(clientHandler)
  const [stream, headers, , rawHeaders] = await incoming
  const server = new ServerCall(stream, headers, rawHeaders)
  const serverHandler = new RecordingHandler()
  server.messages.start(serverHandler)
  return { client, clientHandler, server, serverHandler }
}

describe('a gRPC call', () => {
  it('carries metadata both ways, and what was sent twice', async () => {
    const { client, server } = await openCall({ agentid: 'a1' })
    expect(server.headers).toMatchObject({
      ':path': '/Test',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    expect(server.headerValues('agentid')).toEqual(['a1'])
    server.respond({ serverid: 's1' })
    server.respond({ serverid: 'only the first counts' })
    expect(await client.headers).toMatchObject({ ':status': 200, serverid: 's1' })
  })

  it('tells apart a key that was sent twice', async () => {
    const stream = pair.client.request({ ':method': 'POST', ':path': '/Test', agentid: ['a1', 'a2'] })
    const [far, headers, , rawHeaders] = await once(pair.server, 'stream')
    expect(new ServerCall(far, headers, rawHeaders).headerValues('agentid')).toEqual(['a1', 'a2'])
    stream.close()
  })

  it('ends with OK behind everything written', async () => {
    const { client, clientHandler, server, serverHandler } = await openCall()
    server.respond()
    server.messages.sendData(1, toSegment(Buffer.alloc(50_000)))
    server.finish()
    server.finish(GRPC_STATUS.INTERNAL, 'only the first counts')
    expect(await clientHandler.closed).toEqual({ clean: true, resetCode: 0 })
    expect(clientHandler.events).toEqual(['message', 'peer end', 'close'])
    expect(client.failure).toBeUndefined()
    expect((await serverHandler.closed).resetCode).toBe(0)
  })

  it('ends with a status and its message, in any characters', async () => {
    const { client, clientHandler, server } = await openCall()
    server.respond()
    await client.headers
    server.finish(GRPC_STATUS.RESOURCE_EXHAUSTED, 'zu groß: 100 %\n')
    await clientHandler.closed
    expect(client.failure).toBeInstanceOf(GrpcStatusError)
    expect(client.failure?.status).toBe(GRPC_STATUS.RESOURCE_EXHAUSTED)
    expect(client.failure?.message).toBe('rpc error: code = ResourceExhausted desc = zu groß: 100 %\n')
  })

  it('is over for both once the server has finished, though the client never ends its side', async () => {
    const { clientHandler, server, serverHandler } = await openCall()
    server.respond()
    server.finish(GRPC_STATUS.INTERNAL, 'malformed packet')
    await Promise.all([clientHandler.closed, serverHandler.closed])
    expect(server.messages.closed).toBe(true)
  })

  it('may be refused without any metadata', async () => {
    const { client, clientHandler, server, serverHandler } = await openCall()
    server.finish(GRPC_STATUS.UNKNOWN, 'no agent ID')
    await expect(client.headers).rejects.toThrow('rpc error: code = Unknown desc = no agent ID')
    await Promise.all([clientHandler.closed, serverHandler.closed])
    expect(client.failure?.status).toBe(GRPC_STATUS.UNKNOWN)
  })

  it('waits for what the client is slow to read before it gives the status', async () => {
    const { client, clientHandler, server } = await openCall()
    server.respond()
    client.messages.pause()
    for (let count = 0; count < 20; count++) server.messages.sendData(1, toSegment(Buffer.alloc(60_000)))
    server.finish(GRPC_STATUS.UNAVAILABLE, 'going')
    await client.headers
    client.messages.resume()
    await clientHandler.closed
    expect(clientHandler.messages).toHaveLength(20)
    expect(client.failure?.status).toBe(GRPC_STATUS.UNAVAILABLE)
  })

  it('has no metadata when it is reset, or its connection lost, before', async () => {
    const reset = await openCall()
    reset.server.messages.reset()
    await expect(reset.client.headers).rejects.toThrow('closed before it was answered')

    const lost = await openCall()
    pair.serverSocket.destroy()
    await expect(lost.client.headers).rejects.toThrow('closed before it was answered')
    lost.server.respond()
    lost.server.finish()
  })

  it('takes an HTTP status other than 200 for an error', async () => {
    const client = new ClientCall(pair.client, '/Test', {})
    const [stream] = (await once(pair.server, 'stream')) as [ServerHttp2Stream]
    stream.respond({ ':status': 503 }, { endStream: true })
    await expect(client.headers).rejects.toThrow('unexpected HTTP status 503')
    client.messages.reset()
  })

  it('bears that nobody asks for the metadata of a call that fails', async () => {
    const { clientHandler, server } = await openCall()
    server.messages.reset()
    expect((await clientHandler.closed).resetCode).toBe(http2.constants.NGHTTP2_CANCEL)
  })
})
