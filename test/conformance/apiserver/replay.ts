import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Json } from '../../support/api-client.ts'
import { type WatchFrame, watchFrames } from '../../support/api-watch.ts'
import type { RecordedExchange, RecordedRequest } from '../../support/recorded-apiserver.ts'
import { Correspondence } from './correspondence.ts'
import { neutral } from './neutral.ts'
import type { Server } from './servers.ts'

/** Two answers that should be equal: what was recorded, as it would be on our server, and ours. */
export interface Outcome {
  readonly recorded: unknown
  readonly ours: unknown
}

/** What an answer says besides its body; others are of the connection, or differ with every request. */
const HEADERS = ['content-type', 'cache-control', 'vary', 'warning', 'retry-after']

/** Sends the recorded requests one after the other, and keeps what corresponds to what. */
export class Replay {
  readonly #server: Server
  readonly #correspondence = new Correspondence()
  #token = 'nonsense'

  constructor(server: Server) {
    this.#server = server
  }

  async send(exchange: RecordedExchange): Promise<Outcome> {
    return (await this.begin(exchange))()
  }

  /** Resolves once the server has begun to answer; what that gives waits for the rest of the answer. */
  async begin({ request, response }: RecordedExchange): Promise<() => Promise<Outcome>> {
    const reply = await this.#open(request)
    const received = request.watchMs ? framesWithin(reply, request.watchMs) : bodyOf(reply)
    return async () => {
      const body = await received
      this.#correspondence.learn(response.body, body)
      if (body?.status?.token) this.#token = body.status.token
      const { status, headers } = response
      return {
        recorded: {
          status,
          headers: selected(headers),
          body: neutral(this.#correspondence.translate(response.body)),
        },
        ours: { status: reply.statusCode, headers: selected(reply.headers), body: neutral(body) },
      }
    }
  }

  #open({ method = 'GET', path, body, ct, accept, headers, ...who }: RecordedRequest) {
    const { admin, anonymous } = this.#server
    const client = who.anonymous ? anonymous : who.as ? this.#server.bearer(this.#token) : admin
    return client.open({
      method,
      path: this.#correspondence.translateText(path),
      body: this.#correspondence.translate(body),
      headers: { ...headers, ...(accept && { accept }), ...(ct && { 'content-type': ct }) },
    })
  }
}

async function bodyOf(reply: IncomingMessage): Promise<Json> {
  const body = await text(reply)
  // By its looks: the index of OpenAPI documents says that it is plain text.
  return body.startsWith('{') ? JSON.parse(body) : body
}

/** What a watch says within the time in which the recorded one was listened to. */
async function framesWithin(reply: IncomingMessage, watchMs: number): Promise<WatchFrame[]> {
  const frames: WatchFrame[] = []
  const timer = setTimeout(() => reply.destroy(), watchMs)
  try {
    for await (const frame of watchFrames(reply)) frames.push(frame)
  } catch (error) {
    if (!reply.destroyed) throw error
  } finally {
    clearTimeout(timer)
  }
  return frames
}

function selected(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(HEADERS.flatMap((name) => (name in headers ? [[name, headers[name]]] : [])))
}
