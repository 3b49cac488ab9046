import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { ClusterTls } from '../../src/kube/access/cluster-access.ts'

export interface ApiCall {
  /** @default GET */
  readonly method?: string
  /** Sent as it stands: nothing is made canonical. */
  readonly path: string
  readonly headers?: OutgoingHttpHeaders
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal
}

export interface ApiReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  readonly text: string
  /** Of the body, which must be JSON. */
  readonly json: Json
}

// biome-ignore lint/suspicious/noExplicitAny: a test says with its expectation what an answer looks like
export type Json = any

/** Speaks HTTP/1.1 to a Kubernetes API server, as one user. */
export class ApiClient {
  readonly #server: URL
  readonly #agent: https.Agent
  readonly #headers: OutgoingHttpHeaders

  constructor(server: URL, tls: ClusterTls, headers: OutgoingHttpHeaders = {}) {
    this.#server = server
    this.#agent = new https.Agent({ ...tls, keepAlive: true })
    this.#headers = headers
  }

  async request(call: ApiCall): Promise<ApiReply> {
    const response = await this.open(call)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      bytes,
      get text() {
        return bytes.toString()
      },
      get json() {
        return JSON.parse(bytes.toString())
      },
    }
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<ApiReply> {
    return this.request({ path, headers })
  }

  post(path: string, body: unknown, headers: OutgoingHttpHeaders = {}): Promise<ApiReply> {
    return this.request({ method: 'POST', path, body, headers })
  }

  put(path: string, body: unknown, headers: OutgoingHttpHeaders = {}): Promise<ApiReply> {
    return this.request({ method: 'PUT', path, body, headers })
  }

  patch(path: string, body: unknown, contentType = 'application/merge-patch+json'): Promise<ApiReply> {
    return this.request({ method: 'PATCH', path, body, headers: { 'content-type': contentType } })
  }

  delete(path: string, body?: unknown): Promise<ApiReply> {
    return this.request({ method: 'DELETE', path, body })
  }

  /** Resolves with the head of the answer; its body is read from what is returned. */
  open({ method = 'GET', path, headers, body, signal }: ApiCall): Promise<IncomingMessage> {
    const bytes = bytesOf(body)
    return new Promise((resolve, reject) => {
      const request = https.request({
        host: this.#server.hostname.replace(/^\[|\]$/g, ''),
        port: this.#server.port || 443,
        agent: this.#agent,
        method,
        path,
        headers: {
          ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
          ...this.#headers,
          ...headers,
        },
        ...(signal && { signal }),
      })
      request.once('response', resolve).once('error', reject).end(bytes)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}
