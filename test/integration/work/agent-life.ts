import { once } from 'node:events'
import { Readable } from 'node:stream'
import { Agent } from '../../../src/common/undici.ts'
import type { ClusterTls, Transport, TransportRequest, TransportResponse } from '../../../src/kube/index.ts'

export interface AgentLifeOptions {
  /** After so many writes it is as if the process had been killed: the last one is carried out, and nobody knows. @default no end */
  readonly mostWrites?: number
  /** Requests that are answered with an error of the server. @default none */
  readonly fails?: (request: TransportRequest) => boolean
}

/** What an agent asks of all its APIs, from its start to its end. */
export class AgentLife {
  /** Such as `GET /api/v1/namespaces`. */
  readonly requests: string[] = []
  readonly #mostWrites: number
  readonly #fails: (request: TransportRequest) => boolean
  #writes = 0
  #isOver = false

  constructor({ mostWrites = Number.POSITIVE_INFINITY, fails = () => false }: AgentLifeOptions = {}) {
    this.#mostWrites = mostWrites
    this.#fails = fails
  }

  /** It has written all that it may. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** The connections to one of the APIs. */
  transport(tls: ClusterTls): Transport {
    const agent = new Agent({ connect: { ...tls }, connections: null })
    const destruction = new AbortController()
    return {
      request: (request) => {
        const signals = [destruction.signal, ...(request.signal ? [request.signal] : [])]
        return this.#carry(agent, request, AbortSignal.any(signals))
      },
      destroy: () => {
        destruction.abort(new Error('the transport has been destroyed'))
        return agent.destroy()
      },
    }
  }

  async #carry(agent: Agent, request: TransportRequest, signal: AbortSignal): Promise<TransportResponse> {
    const { method, path } = request
    if (this.#writes >= this.#mostWrites) return neverAnswered(signal)
    this.requests.push(`${method} ${path.split('?', 1)[0]}`)
    if (this.#fails(request)) return { statusCode: 500, headers: {}, body: Readable.from([]) }
    if (method === 'GET') return agent.request(request as never)
    const response = await agent.request(request as never)
    if (response.statusCode >= 300) return response // nothing has been written
    this.#writes += 1
    if (this.#writes < this.#mostWrites) return response
    response.body.resume()
    this.#isOver = true
    return neverAnswered(signal)
  }
}

async function neverAnswered(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}
