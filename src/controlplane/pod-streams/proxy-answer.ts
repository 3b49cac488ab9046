import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { errorMessage } from '../../common/errors.ts'
import { http } from '../../common/node-http.ts'
import { StatusError } from '../api/status.ts'
import type { ObjectRequest } from '../endpoints/index.ts'
import { type Answer, textAnswer } from '../http/answer.ts'

/** RFC 9110, 7.6.1: those that are between two ends of a connection only. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
/** What says who asks is for the API server. */
const OURS = ['authorization', 'proxy-authorization', 'host', 'content-length', 'expect']

/**
 * What a program in a pod answers to a request, as it comes. `connect` opens a connection to it.
 *
 * @throws StatusError ServiceUnavailable when it does not answer
 */
export async function proxyAnswer(
  request: ObjectRequest,
  isTls: boolean,
  connect: () => Promise<Duplex>,
): Promise<Answer> {
  const { method, url } = request
  const [, prefix = '', path] = /^(.*?\/proxy)(\/.*)?$/.exec(url.pathname) ?? []
  if (path === undefined && (method === 'GET' || method === 'HEAD'))
    return { ...textAnswer(301, ''), headers: { location: `${prefix}/${url.search}` } }
  const body = await request.readBody()
  const response = await ask(
    connect,
    isTls,
    request,
    `${path ?? '/'}${url.search}`,
    {
      ...without(request.headers, [...HOP_BY_HOP, ...OURS], /^(:|impersonate-)/),
      'x-forwarded-uri': url.pathname,
      'content-length': body.length,
    },
    body,
  )
  return {
    status: response.statusCode ?? 502,
    contentType: response.headers['content-type'] ?? 'application/octet-stream',
    headers: without(response.headers, HOP_BY_HOP),
    stream: (output) => {
      response.once('error', () => output.destroy())
      response.once('end', () => output.end())
      response.on('data', (piece: Buffer) => {
        if (output.write(piece)) return
        response.pause()
        output.onDrain(() => response.resume())
      })
    },
  }
}

async function ask(
  connect: () => Promise<Duplex>,
  isTls: boolean,
  { method, signal }: ObjectRequest,
  path: string,
  headers: OutgoingHttpHeaders,
  body: Buffer,
): Promise<IncomingMessage> {
  try {
    const plain = await connect()
    // Nobody knows by what its certificate could be told to be right.
    const socket = isTls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain
    const asked = http.request({ createConnection: () => socket, method, path, headers, signal })
    asked.once('close', () => plain.destroy())
    asked.on('error', () => {}) // also when nobody waits for it any more
    asked.end(body)
    const [response] = (await once(asked, 'response', { signal })) as [IncomingMessage]
    asked.on('error', (error) => response.destroy(error))
    return response
  } catch (cause) {
    if (cause instanceof StatusError) throw cause
    throw new StatusError(
      'ServiceUnavailable',
      `error trying to reach service: ${errorMessage(cause)}`,
      {},
      { cause },
    )
  }
}

function without(
  headers: IncomingHttpHeaders,
  names: readonly string[],
  pattern?: RegExp,
): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !names.includes(name) && !pattern?.test(name)),
  )
}
