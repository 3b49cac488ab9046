import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { joinHostPort } from '../../common/listen.ts'
import { http } from '../../common/node-http.ts'
import { dialErrorText, ProbeTimeout, readErrorText } from './network-error.ts'
import { MOST_ANSWER_BYTES } from './probe-result.ts'

export interface HttpUrl {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  /** With its query, and as it goes over the wire. */
  readonly path: string
}

export interface HttpAnswer {
  readonly status: number
  readonly location: string | undefined
  /** As much of it as is read. */
  readonly body: string
}

/** There was no whole answer. The message is Go's. */
export class HttpGetError extends Error {
  /** Whether there was half an answer, which is none to judge by. */
  readonly isBroken: boolean

  constructor(message: string, { isBroken = false } = {}) {
    super(message)
    this.isBroken = isBroken
  }
}

export function urlText({ scheme, host, port, path }: HttpUrl): string {
  return `${scheme}://${joinHostPort(host, port)}${path}`
}

/** One GET, over a connection of its own. Rejects with an HttpGetError. */
export async function httpGet(
  url: HttpUrl,
  headers: OutgoingHttpHeaders,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const answer = await answered(url, headers, signal)
  try {
    const { statusCode: status = 0, headers: received } = answer
    return { status, location: received.location, body: await bodyOf(answer) }
  } catch (error) {
    const text =
      signal.reason instanceof ProbeTimeout
        ? 'context deadline exceeded (Client.Timeout or context cancellation while reading body)'
        : readErrorText(error)
    throw new HttpGetError(text, { isBroken: true })
  } finally {
    answer.destroy()
  }
}

function answered(url: HttpUrl, headers: OutgoingHttpHeaders, signal: AbortSignal): Promise<IncomingMessage> {
  const { scheme, host, port, path } = url
  const unverified = { rejectUnauthorized: false, servername: isIP(host) === 0 ? host : '' }
  const { get } = scheme === 'https' ? https : http
  return new Promise((resolve, reject) => {
    let isConnected = false
    const request = get({ host, port, path, headers, agent: false, ...(scheme === 'https' && unverified) })
    const onAbort = () => request.destroy(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    request.on('socket', (socket) => socket.once('connect', () => (isConnected = true)))
    request.on('response', resolve)
    request.on('error', (error) => {
      const text = isConnected ? readErrorText(error) : dialErrorText(error, host, port)
      const isTimeout = error instanceof ProbeTimeout
      reject(
        new HttpGetError(
          isTimeout ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : text,
        ),
      )
    })
    request.on('close', () => signal.removeEventListener('abort', onAbort))
  })
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= MOST_ANSWER_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MOST_ANSWER_BYTES).toString()
}
