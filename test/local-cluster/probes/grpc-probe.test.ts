import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { probeGrpc } from '../../../src/local-cluster/probes/grpc-probe.ts'
import {
  decodeHealthResponse,
  encodeHealthRequest,
} from '../../../src/local-cluster/probes/health-check-wire.ts'

const HOST = '127.0.0.1'
const NEVER = new AbortController().signal
const closing: (() => void)[] = []

afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** `1` is the state's field; the request's service is from its third byte on. */
const CHECK = {
  Check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: Buffer) => value,
    requestDeserialize: (value: Buffer) => value,
    responseSerialize: (value: Buffer) => value,
    responseDeserialize: (value: Buffer) => value,
  },
} as const

/** Knows the services `up` and `down`, does not answer for `slow`, and knows no other. */
const healthServer = async (services: typeof CHECK | Record<string, never>): Promise<number> => {
  const server = new Server()
  if ('Check' in services) {
    server.addService(services, {
      Check: (call: { request: Buffer }, answer: (error: object | null, response?: Buffer) => void) => {
        const service = call.request.subarray(2).toString()
        if (service === 'slow') return
        if (service === '' || service === 'up') answer(null, Buffer.from([8, 1]))
        else if (service === 'down') answer(null, Buffer.from([8, 2]))
        else answer({ code: status.NOT_FOUND, details: 'unknown service' })
      },
    } as never)
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  closing.push(() => server.forceShutdown())
  return port
}
const probe = (port: number, service = '', timeoutMs = 5000) =>
  probeGrpc({ host: HOST, port, service }, timeoutMs, NEVER)
/** Also on a busy machine; what comes after that takes for ever. */
const LONG_ENOUGH_TO_CONNECT_MS = 500
const failure = (message: string) => ({ outcome: 'failure', message })

describe('a probe by gRPC', () => {
  it('asks the health protocol', async () => {
    const port = await healthServer(CHECK)
    const healthy = { outcome: 'success', message: 'service healthy' }
    expect(await probe(port)).toEqual(healthy)
    expect(await probe(port, 'up')).toEqual(healthy)
    expect(await probe(port, 'down')).toEqual(failure('service unhealthy (responded with "NOT_SERVING")'))
    expect(await probe(port, 'other')).toEqual(
      failure('error: health rpc probe failed: rpc error: code = NotFound desc = unknown service'),
    )
    expect(await probe(port, 'slow', LONG_ENOUGH_TO_CONNECT_MS)).toEqual(
      failure('timeout: health rpc did not complete within 500ms'),
    )
  })

  it('says when there is no such protocol', async () => {
    const port = await healthServer({})
    const { outcome, message } = await probe(port)
    expect(outcome).toBe('failure')
    expect(message).toContain(
      'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ',
    )
  })

  it('says when there is nobody, or somebody else', async () => {
    const web = createServer()
    const silent = createTcpServer()
    for (const server of [web, silent]) {
      await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    }
    const sockets: { destroy(): void }[] = []
    silent.on('connection', (socket) => sockets.push(socket))
    closing.push(
      () => silent.close(),
      () => sockets.map((socket) => socket.destroy()),
    )
    const port = (web.address() as AddressInfo).port
    expect((await probe(port)).outcome).toBe('failure')
    await new Promise((resolve) => {
      web.close(resolve)
      web.closeAllConnections()
    })
    expect(await probe(port)).toEqual(
      failure(
        `error: failed to connect service at "${HOST}:${port}": connection error: desc = "transport: Error while dialing: dial tcp ${HOST}:${port}: connect: connection refused"`,
      ),
    )
    const quiet = (silent.address() as AddressInfo).port
    expect(await probe(quiet, '', 1000)).toEqual(
      failure(`timeout: failed to connect service "${HOST}:${quiet}" within 1s: context deadline exceeded`),
    )
  })
})

describe('the messages of the health protocol', () => {
  it('carry names of any length', () => {
    expect(encodeHealthRequest('')).toEqual(Buffer.alloc(5))
    expect(encodeHealthRequest('up')).toEqual(Buffer.from([0, 0, 0, 0, 4, 10, 2, 117, 112]))
    expect(encodeHealthRequest('x'.repeat(300)).subarray(0, 8)).toEqual(
      Buffer.from([0, 0, 0, 1, 47, 10, 0xac, 0x02]),
    )
  })

  it.each([
    [[0, 0, 0, 0, 0], 'UNKNOWN'],
    [[0, 0, 0, 0, 2, 8, 1], 'SERVING'],
    [[0, 0, 0, 0, 2, 8, 3], 'SERVICE_UNKNOWN'],
    [[0, 0, 0, 0, 2, 8, 9], '9'],
    [[0, 0, 0, 0, 5, 18, 1, 65, 8, 1], 'SERVING'],
  ])('%j is %s', (frame, state) => {
    expect(decodeHealthResponse(Buffer.from(frame))).toBe(state)
  })

  it('are an error when they are something else, and never more than that', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const message = Buffer.from(bytes)
        const header = Buffer.alloc(5)
        header.writeUInt32BE(message.length, 1)
        try {
          expect(typeof decodeHealthResponse(Buffer.concat([header, message]))).toBe('string')
        } catch (error) {
          expect((error as Error).message).toMatch(/^the message/)
        }
      }),
    )
  })
})
