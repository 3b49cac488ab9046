import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClusterAccess, KubeClient, type KubeClientOptions } from '../../src/kube/index.ts'
import { HastyClock } from './clocks.ts'

const RESOURCE_PATH =
  /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/

const KINDS: Readonly<Record<string, string>> = {
  configmaps: 'ConfigMap',
  events: 'Event',
  leases: 'Lease',
  namespaces: 'Namespace',
}

export interface StoredObject {
  apiVersion?: string
  kind?: string
  metadata: {
    name?: string
    namespace?: string
    uid?: string
    resourceVersion?: string
    labels?: Record<string, string>
    finalizers?: string[]
    deletionTimestamp?: string
    [field: string]: unknown
  }
  [field: string]: unknown
}

/** What a request looked like on arrival. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

/** In place of an answer: any other answer, a connection that breaks (before or within the answer), or silence. */
export type Fault =
  | {
      readonly status: number
      readonly reason?: string
      readonly message?: string
      readonly headers?: Record<string, string>
    }
  | { readonly status: number; readonly text: string }
  | 'reset'
  | 'cut'
  | 'hang'

interface Change {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly collection: string
  readonly object: StoredObject
}

interface Watch {
  readonly collection: string
  readonly namespace: string | undefined
  readonly labels: string
  readonly response: ServerResponse
  /** Bytes that may still be sent before the connection is cut. */
  budget: number
}

class Refusal extends Error {
  readonly status: number
  readonly reason: string
  readonly details: object | undefined

  constructor(status: number, reason: string, message: string, details?: object) {
    super(message)
    this.status = status
    this.reason = reason
    this.details = details
  }
}

/**
 * As much of a Kubernetes API as `src/kube` uses, over real HTTP, for any resource: optimistic concurrency, pages, watches with
 * a history, finalizers. Every kind of trouble can be had on demand.
 */
export class FakeApiServer {
  readonly requests: SeenRequest[] = []
  /** Looked at on every request's arrival. */
  faultFor: (request: SeenRequest) => Fault | undefined = () => undefined
  /** How many bytes the next watches can send before they are cut; one for each watch, and then no limit. */
  readonly watchBudgets: number[] = []
  /** How a forgotten version is told. */
  goneAs: 'status' | 'event' = 'status'
  streamsInitialObjects: 'yes' | 'refuses' | 'ignores' = 'yes'
  readonly #collections = new Map<string, Map<string, StoredObject>>()
  readonly #watches = new Set<Watch>()
  readonly #snapshots = new Map<string, StoredObject[]>()
  #history: Change[] = []
  #version = 100
  #forgotten = 0
  #server = this.#createServer()
  #port = 0

  static async start(): Promise<FakeApiServer> {
    const api = new FakeApiServer()
    await api.listen()
    return api
  }

  /** On the port of the time before, if there was one. */
  async listen(): Promise<void> {
    this.#server = this.#createServer()
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** What is stored stays. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
    this.#watches.clear()
  }

  get access(): ClusterAccess {
    return {
      server: new URL(`http://127.0.0.1:${this.#port}`),
      tls: { rejectUnauthorized: true },
      token: 'secret',
    }
  }

  /** A client in whose time nobody waits. */
  client(options: KubeClientOptions = {}, clock: HastyClock = new HastyClock()): KubeClient {
    return new KubeClient(
      { readAccess: async () => this.access, clock, random: () => 0 },
      { qps: -1, ...options },
    )
  }

  get version(): number {
    return this.#version
  }

  get openWatches(): number {
    return this.#watches.size
  }

  /** Requests that were seen so far, without their bodies. */
  get seen(): string[] {
    return this.requests.map(({ method, path }) => `${method} ${path}`)
  }

  get(collection: string, key: string): StoredObject | undefined {
    return structuredClone(this.#collection(collection).get(key))
  }

  all(collection: string): StoredObject[] {
    return [...this.#collection(collection).values()].map((object) => structuredClone(object))
  }

  /** Writes as somebody else would. The collection is a path such as `/api/v1/configmaps`. */
  put(collection: string, object: StoredObject): StoredObject {
    const key = keyOf(object)
    const objects = this.#collection(collection)
    const existing = objects.get(key)
    this.#version += 1
    const stored: StoredObject = {
      ...structuredClone(object),
      metadata: {
        ...structuredClone(object.metadata),
        uid: existing?.metadata.uid ?? `uid-${this.#version}`,
        resourceVersion: String(this.#version),
      },
    }
    if (stored.metadata.deletionTimestamp && !stored.metadata.finalizers?.length) {
      return this.#forget(collection, key, stored)
    }
    objects.set(key, stored)
    this.#record(existing ? 'MODIFIED' : 'ADDED', collection, stored)
    return structuredClone(stored)
  }

  remove(collection: string, key: string): void {
    const existing = this.#collection(collection).get(key)
    if (!existing) return
    this.#version += 1
    const metadata = { ...existing.metadata, resourceVersion: String(this.#version) }
    this.#forget(collection, key, { ...existing, metadata })
  }

  /** The history is gone: whoever asks for an older version than now's hears that. */
  compact(): void {
    this.#history = []
    this.#snapshots.clear()
    this.#forgotten = this.#version
  }

  /** As after the time that the client has asked for. */
  endWatches(): void {
    for (const { response } of this.#takeWatches()) response.end()
  }

  breakWatches(): void {
    for (const { response } of this.#takeWatches()) response.destroy()
  }

  /** Sends whatever it is to all watches. */
  tellWatches(text: string): void {
    for (const { response } of this.#watches) response.write(text)
  }

  /** Tells watches how far they are. */
  bookmark(): void {
    for (const watch of this.#watches) this.#send(watch, 'BOOKMARK', this.#bookmarkOf(watch))
  }

  #createServer(): http.Server {
    return http.createServer((request, response) => void this.#serve(request, response))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await describe(request)
    this.requests.push(seen)
    const fault = this.faultFor(seen)
    if (fault === 'hang') return
    if (fault === 'reset') {
      request.socket.resetAndDestroy()
    } else if (fault === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      response.write('{"kind":', () => request.socket.destroy())
    } else if (fault && 'text' in fault) {
      response.writeHead(fault.status).end(fault.text)
    } else if (fault) {
      const { status, reason = '', message = '', headers } = fault
      answer(response, status, statusOf(new Refusal(status, reason, message)), headers)
    } else {
      this.#answer(seen, response)
    }
  }

  #answer(seen: SeenRequest, response: ServerResponse): void {
    try {
      const [, prefix, namespace, plural = '', name, subresource] = RESOURCE_PATH.exec(seen.path) ?? []
      if (prefix === undefined)
        throw new Refusal(404, 'NotFound', 'the server could not find the requested resource')
      const collection = `${prefix}/${plural}`
      if (name === undefined && seen.query.watch === 'true') {
        this.#watch(collection, namespace, seen.query, response)
      } else if (name === undefined && seen.method === 'GET') {
        answer(response, 200, this.#list(collection, namespace, seen.query))
      } else if (name === undefined && seen.method === 'POST') {
        answer(response, 201, this.#create(collection, namespace, seen.body as StoredObject))
      } else if (name === undefined) {
        for (const object of this.#selected(collection, namespace, seen.query.labelSelector ?? '')) {
          this.remove(collection, keyOf(object))
        }
        answer(response, 200, { kind: 'Status', status: 'Success' })
      } else {
        answer(
          response,
          200,
          this.#object(seen, collection, namespace ? `${namespace}/${name}` : name, subresource),
        )
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      answer(response, error.status, statusOf(error))
    }
  }

  #create(collection: string, namespace: string | undefined, body: StoredObject): StoredObject {
    const object = { ...body, metadata: { ...body.metadata, ...(namespace && { namespace }) } }
    if (this.#collection(collection).has(keyOf(object))) {
      throw new Refusal(409, 'AlreadyExists', `"${body.metadata.name}" already exists`)
    }
    return this.put(collection, object)
  }

  #object(seen: SeenRequest, collection: string, key: string, subresource: string | undefined): unknown {
    const existing = this.#collection(collection).get(key)
    const isApply = seen.headers['content-type'] === 'application/apply-patch+yaml'
    if (!existing && !isApply) throw new Refusal(404, 'NotFound', `"${key}" not found`, { name: key })
    if (subresource === 'scale')
      return { kind: 'Scale', metadata: existing?.metadata, ...(seen.body as object) }
    if (!existing) return this.#create(collection, key.split('/').slice(0, -1)[0], seen.body as StoredObject)
    const body = seen.body as StoredObject
    if (seen.method === 'GET') return existing
    if (seen.method === 'DELETE') return this.#delete(collection, key, existing)
    const { resourceVersion, uid } = body.metadata ?? {}
    const isOther = resourceVersion !== undefined && resourceVersion !== existing.metadata.resourceVersion
    if (isOther || (uid !== undefined && uid !== existing.metadata.uid)) {
      throw new Refusal(
        409,
        'Conflict',
        `Operation cannot be fulfilled on "${key}": the object has been modified`,
      )
    }
    if (Array.isArray(body)) return existing // RFC 6902: that it came is enough
    return this.put(collection, seen.method === 'PUT' ? body : (merged(existing, body) as StoredObject))
  }

  #delete(collection: string, key: string, existing: StoredObject): unknown {
    if (existing.metadata.finalizers?.length) {
      const metadata = { ...existing.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }
      return this.put(collection, { ...existing, metadata })
    }
    this.remove(collection, key)
    return { kind: 'Status', apiVersion: 'v1', status: 'Success' }
  }

  #list(collection: string, namespace: string | undefined, query: SeenRequest['query']): object {
    if (Number(query.resourceVersion ?? 0) > this.#version) {
      throw new Refusal(504, 'Timeout', 'Too large resource version', {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      })
    }
    const rest = query.continue
      ? this.#snapshots.get(query.continue)
      : this.#selected(collection, namespace, query.labelSelector ?? '')
    if (!rest) throw new Refusal(410, 'Expired', 'the provided continue parameter is too old')
    const limit = query.limit ? Number(query.limit) : rest.length
    const token = `${this.#version}-${rest.length}-${limit}`
    if (rest.length > limit) this.#snapshots.set(token, rest.slice(limit))
    const kind = KINDS[collection.split('/').at(-1) ?? ''] ?? 'Unknown'
    return {
      kind: `${kind}List`,
      apiVersion: collection.startsWith('/api/') ? 'v1' : collection.split('/').slice(2, 4).join('/'),
      metadata: { resourceVersion: String(this.#version), ...(rest.length > limit && { continue: token }) },
      items: rest.slice(0, limit).map(({ apiVersion: _, kind: __, ...object }) => object),
    }
  }

  #selected(collection: string, namespace: string | undefined, labels: string): StoredObject[] {
    return [...this.#collection(collection).values()].filter((object) =>
      isSelected(object, namespace, labels),
    )
  }

  #watch(
    collection: string,
    namespace: string | undefined,
    query: SeenRequest['query'],
    response: ServerResponse,
  ): void {
    const since = Number(query.resourceVersion ?? 0)
    const gone = new Refusal(410, 'Expired', `too old resource version: ${since} (${this.#forgotten})`)
    // A list of what there is, be it as a stream, is never too old.
    const isGone = since !== 0 && since < this.#forgotten && !query.sendInitialEvents
    if (isGone && this.goneAs === 'status') throw gone
    if (query.sendInitialEvents && this.streamsInitialObjects === 'refuses') {
      throw new Refusal(
        422,
        'Invalid',
        'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch',
      )
    }
    const labels = query.labelSelector ?? ''
    const budget = this.watchBudgets.shift() ?? Number.POSITIVE_INFINITY
    const watch: Watch = { collection, namespace, labels, response, budget }
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    if (isGone) {
      this.#send(watch, 'ERROR', statusOf(gone))
      response.end()
    } else if (query.sendInitialEvents && this.streamsInitialObjects === 'yes') {
      for (const object of this.#selected(collection, namespace, labels)) this.#send(watch, 'ADDED', object)
      this.#send(watch, 'BOOKMARK', this.#bookmarkOf(watch, { 'k8s.io/initial-events-end': 'true' }))
    } else {
      for (const change of this.#history) if (change.version > since) this.#notify(watch, change)
    }
  }

  #bookmarkOf({ collection }: Watch, annotations?: Record<string, string>): object {
    const kind = KINDS[collection.split('/').at(-1) ?? '']
    return { kind, metadata: { resourceVersion: String(this.#version), ...(annotations && { annotations }) } }
  }

  #record(type: Change['type'], collection: string, object: StoredObject): void {
    const change = { version: this.#version, type, collection, object }
    this.#history.push(change)
    for (const watch of this.#watches) this.#notify(watch, change)
  }

  #notify(watch: Watch, { type, collection, object }: Change): void {
    if (collection === watch.collection && isSelected(object, watch.namespace, watch.labels)) {
      this.#send(watch, type, object)
    }
  }

  /** The last bytes that a watch may send are sent, and then its connection breaks. */
  #send(watch: Watch, type: string, object: object): void {
    if (watch.budget <= 0) return
    const line = Buffer.from(`${JSON.stringify({ type, object })}\n`)
    const sent = line.subarray(0, watch.budget)
    watch.budget -= sent.length
    if (watch.budget > 0) watch.response.write(sent)
    else watch.response.write(sent, () => watch.response.destroy())
  }

  #forget(collection: string, key: string, lastState: StoredObject): StoredObject {
    this.#collection(collection).delete(key)
    this.#record('DELETED', collection, lastState)
    return lastState
  }

  #takeWatches(): Watch[] {
    const watches = [...this.#watches]
    this.#watches.clear()
    return watches
  }

  #collection(path: string): Map<string, StoredObject> {
    const existing = this.#collections.get(path) ?? new Map<string, StoredObject>()
    this.#collections.set(path, existing)
    return existing
  }
}

function keyOf({ metadata }: StoredObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? '')
}

/** Knows selectors of the form `a=b,c=d` only. */
function isSelected({ metadata }: StoredObject, namespace: string | undefined, labels: string): boolean {
  if (namespace !== undefined && metadata.namespace !== namespace) return false
  const pairs = labels.split(',').filter((pair) => pair !== '')
  return pairs.every((pair) => {
    const [key = '', value] = pair.split('=')
    return metadata.labels?.[key] === value
  })
}

function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = { ...(target as object) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  }
  return result
}

async function describe(request: IncomingMessage): Promise<SeenRequest> {
  const url = new URL(request.url ?? '', 'http://localhost')
  const text = (await request.toArray()).join('')
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

function statusOf({ status: code, reason, message, details }: Omit<Refusal, 'name'>): object {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' }
  return { ...base, message, reason, ...(details && { details }), code }
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
