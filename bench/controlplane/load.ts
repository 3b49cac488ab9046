import { Client, type Dispatcher } from 'undici'
import type { ApiServer } from './api-server.ts'

/** So many clients, each with a connection of its own, each with one request at a time. */
export const CLIENTS = 16

export const NAMESPACE = 'bench'
export const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`

/** What makes an object of about 1 KiB as it is stored. */
const TEXT = 'x'.repeat(700)

type Method = Dispatcher.HttpMethod

/** Clients of one server. To be closed. */
export class Load {
  readonly #server: ApiServer
  readonly #clients: readonly Client[]

  constructor(server: ApiServer, clients: number = CLIENTS) {
    this.#server = server
    this.#clients = Array.from({ length: clients }, () => connect(server))
  }

  /** Does something for 0 to `count - 1`, as fast as the clients can. Resolves with how often in a second. */
  async rate(count: number, work: (client: Requester, index: number) => Promise<unknown>): Promise<number> {
    let next = 0
    const startedAt = performance.now()
    await Promise.all(
      this.#clients.map(async (client) => {
        const requester = requesterOf(client, this.#server)
        while (next < count) await work(requester, next++)
      }),
    )
    return (count * 1_000) / (performance.now() - startedAt)
  }

  get one(): Requester {
    return requesterOf(this.#clients[0] as Client, this.#server)
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.destroy()))
  }
}

/** Sends a request and reads the answer to its end. Rejects unless it succeeded. */
export type Requester = (method: Method, path: string, body?: object) => Promise<number>

function requesterOf(client: Client, { headers }: ApiServer): Requester {
  return async (method, path, body) => {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const { statusCode, body: answer } = await client.request({
      method,
      path,
      headers: { ...headers, accept: 'application/json', ...(body && { 'content-type': type }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const bytes = await answer.arrayBuffer()
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${Buffer.from(bytes)}`)
    return bytes.byteLength
  }
}

function connect({ url, tls }: ApiServer): Client {
  return new Client(url, { connect: { ...tls }, bodyTimeout: 0, headersTimeout: 60_000 })
}

/** `sentAt` comes back in the event of a watch. */
export function configMap(index: number): object {
  return { metadata: { name: nameOf(index) }, data: { text: TEXT, sentAt: now() } }
}

export function change(): object {
  return { data: { sentAt: now() } }
}

export function pathOf(index: number): string {
  return `${CONFIG_MAPS}/${nameOf(index)}`
}

function nameOf(index: number): string {
  return `object-${String(index).padStart(6, '0')}`
}

function now(): string {
  return performance.now().toFixed(3)
}
