import { json, text } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { notFound } from '../../src/controlplane/api/status.ts'
import { jsonAnswer } from '../../src/controlplane/http/index.ts'
import { type Answer, type IncomingRequest, StorageError } from '../../src/controlplane/index.ts'
import { InProcessTransport } from '../../src/main/in-process-transport.ts'
import { eventually } from '../support/eventually.ts'

const REQUEST = {
  origin: 'http://in-process',
  headers: {},
  headersTimeout: 1_000,
  bodyTimeout: 0,
  reset: false,
}

let transport: InProcessTransport
afterEach(() => transport.destroy())

function serving(handle: (request: IncomingRequest) => Answer | Promise<Answer>): InProcessTransport {
  transport = new InProcessTransport({ log: silentLogger, handle: async (request) => handle(request) })
  return transport
}

function get(path: string, signal?: AbortSignal) {
  return transport.request({ ...REQUEST, method: 'GET', path, ...(signal ? { signal } : {}) })
}

/** A watch that the test tells what to say, and what became of it. */
function watching() {
  let output: Parameters<Extract<Answer, { stream: unknown }>['stream']>[0] | undefined
  serving(() => ({
    status: 200,
    contentType: 'application/json',
    stream: (stream) => {
      output = stream
    },
  }))
  return () => {
    if (!output) throw new Error('nobody watches')
    return output
  }
}

it('brings a request and its answer', async () => {
  serving(async ({ method, info, headers, headerValues, readBody }) => {
    const request = { method, info, agent: headers['user-agent'], values: headerValues['x-many'] }
    return jsonAnswer(201, Buffer.from(JSON.stringify({ ...request, body: String(await readBody()) })))
  })
  const { statusCode, headers, body } = await transport.request({
    ...REQUEST,
    method: 'POST',
    path: '/api/v1/namespaces/a/pods?dryRun=All',
    headers: { 'User-Agent': 'me', 'x-many': ['1', '2'] },
    body: '{"a":1}',
  })
  expect([statusCode, headers['content-type']]).toEqual([201, 'application/json'])
  expect(await json(body)).toMatchObject({
    method: 'POST',
    info: { verb: 'create', resource: 'pods', namespace: 'a' },
    agent: 'me',
    values: ['1', '2'],
    body: '{"a":1}',
  })
})

it.each([
  [() => notFound({ group: '', resource: 'pods' }, 'a'), 404, undefined, 'pods "a" not found'],
  [() => new StorageError('ERR_STORAGE_CLOSED', 'it is stopping'), 503, '1', 'it is stopping'],
  [() => new TypeError('a bug'), 500, undefined, 'the log of the control plane says more'],
])('answers an error as a Status (%#)', async (error, status, retryAfter, message) => {
  serving(() => {
    throw error()
  })
  const { statusCode, headers, body } = await get('/api/v1/namespaces/a/pods/a')
  expect([statusCode, headers['retry-after']]).toEqual([status, retryAfter])
  expect(await json(body)).toMatchObject({ kind: 'Status', message: expect.stringContaining(message) })
})

it('answers a path that is none', async () => {
  serving(() => jsonAnswer(200))
  const { statusCode } = await get('/api/v1/namespaces/%ff')
  expect(statusCode).toBe(400)
})

it('brings a watch piece by piece, and its end', async () => {
  const output = watching()
  const { body } = await get('/api/v1/pods?watch=1')
  output().write(Buffer.from('one\n'))
  const pieces = body[Symbol.asyncIterator]()
  expect(String((await pieces.next()).value)).toBe('one\n')
  output().write(Buffer.from('two\n'))
  output().end()
  expect(String((await pieces.next()).value)).toBe('two\n')
  expect((await pieces.next()).done).toBe(true)
  expect(output().signal.aborted).toBe(true)
})

it('lets a watch wait for a client that does not read', async () => {
  const output = watching()
  const { body } = await get('/api/v1/pods?watch=1')
  const onDrain = vi.fn()
  while (output().write(Buffer.alloc(16 * 1024)));
  output().onDrain(onDrain)
  await nextTurn()
  expect(onDrain).not.toHaveBeenCalled()
  body.resume()
  await eventually(() => onDrain).toHaveBeenCalledOnce()
})

it('ends a watch whose client has gone', async () => {
  const output = watching()
  const gone = new AbortController()
  const { body } = await get('/api/v1/pods?watch=1', gone.signal)
  const end = expect(text(body)).rejects.toThrow('enough')
  gone.abort(new Error('enough'))
  await end
  expect(output().signal.aborted).toBe(true)
})

it('lets a client see that a watch was broken off', async () => {
  const output = watching()
  const { body } = await get('/api/v1/pods?watch=1')
  const end = expect(text(body)).rejects.toMatchObject({ code: 'ERR_CUT_OFF' })
  output().destroy()
  await end
})

it('gives up a request that nobody waits for', async () => {
  const asked = Promise.withResolvers<AbortSignal>()
  serving(({ signal }) => {
    asked.resolve(signal)
    return new Promise(() => {})
  })
  const gone = new AbortController()
  const answer = expect(get('/api/v1/pods', gone.signal)).rejects.toThrow('enough')
  const signal = await asked.promise
  gone.abort(new Error('enough'))
  await answer
  expect(signal.aborted).toBe(true)
})

it('breaks off what is under way when it is destroyed', async () => {
  const output = watching()
  const { body } = await get('/api/v1/pods?watch=1')
  const end = expect(text(body)).rejects.toMatchObject({ code: 'ERR_CLIENT_DESTROYED' })
  await transport.destroy()
  await end
  expect(output().signal.aborted).toBe(true)
})
