import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { stringify } from 'yaml'
import { createTestPki, type TestPki } from './test-pki.ts'

const LEASE_PATH = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/([^/]+)\/leases(?:\/([^/]+))?$/
const REVIEW_PATH = '/apis/authentication.k8s.io/v1/tokenreviews'

export interface FakeLease {
  metadata: { name: string; namespace?: string; resourceVersion?: string; labels?: Record<string, string> }
  spec: Record<string, unknown>
}

/** What a request looked like on arrival. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly authorization: string | undefined
  /** Common name of the client's certificate, when it is one that the API trusts. */
  readonly clientName: string | undefined
  readonly body: unknown
}

type ReviewStatus = Readonly<Record<string, unknown>>

/** In place of an answer: a refusal, any other answer, a connection that breaks, or silence. */
export type Trouble =
  | { readonly status: number; readonly reason: string; readonly message: string }
  | { readonly status: number; readonly text: string }
  | 'break'
  | 'hang'

interface Watch {
  readonly namespace: string
  readonly selector: string
  readonly response: ServerResponse
}

class Refusal extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

/**
 * As much of a Kubernetes API as the tunnel uses: Leases with optimistic concurrency and watches, and token reviews. Over
 * HTTPS, with the certificate that the test PKI has for frontend servers.
 */
export class FakeKubeApi {
  readonly pki: TestPki
  readonly requests: SeenRequest[] = []
  /** Judges tokens. */
  review: (token: string, audiences: readonly string[]) => ReviewStatus = () => ({ authenticated: false })
  /** Looked at on every request's arrival. */
  troubleFor: (request: SeenRequest) => Trouble | undefined = () => undefined

  readonly #server: https.Server
  readonly #leases = new Map<string, FakeLease>()
  readonly #watches = new Set<Watch>()
  #resourceVersion = 100

  private constructor(pki: TestPki) {
    this.pki = pki
    this.#server = https.createServer(
      {
        cert: pki.frontendServer.certPem,
        key: pki.frontendServer.keyPem,
        ca: pki.frontendCa.caPem,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => void this.#serve(request, response),
    )
  }

  static async start(): Promise<FakeKubeApi> {
    const api = new FakeKubeApi(await createTestPki())
    api.#server.listen(0, '127.0.0.1')
    await once(api.#server, 'listening')
    return api
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`
  }

  get openWatches(): number {
    return this.#watches.size
  }

  /** A kubeconfig for this API; `cluster` and `user` replace or add to what it trusts and shows. */
  kubeconfig(user: object = { token: 'secret-token' }, cluster: object = {}): string {
    const data = Buffer.from(this.pki.frontendCa.caPem).toString('base64')
    return stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'fake',
      contexts: [{ name: 'fake', context: { cluster: 'hub', user: 'someone' } }],
      clusters: [
        { name: 'hub', cluster: { server: this.url, 'certificate-authority-data': data, ...cluster } },
      ],
      users: [{ name: 'someone', user }],
    })
  }

  lease(name: string, namespace = 'kube-system'): FakeLease | undefined {
    return structuredClone(this.#leases.get(`${namespace}/${name}`))
  }

  /** Writes as somebody else would. */
  putLease({ metadata, spec }: FakeLease, namespace = 'kube-system'): FakeLease {
    const key = `${namespace}/${metadata.name}`
    const type = this.#leases.has(key) ? 'MODIFIED' : 'ADDED'
    return this.#store(type, namespace, { metadata, spec })
  }

  removeLease(name: string, namespace = 'kube-system'): void {
    this.#remove(namespace, name)
  }

  /** As the API does it after the time that the client has asked for. */
  endWatches(): void {
    for (const { response } of this.#takeWatches()) response.end()
  }

  breakWatches(): void {
    for (const { response } of this.#takeWatches()) response.destroy()
  }

  /** As the API does it when it has forgotten where a watch stands. */
  expireWatches(): void {
    const refusal = new Refusal(410, 'Expired', 'too old resource version: 1 (2)')
    for (const { response } of this.#takeWatches()) response.end(eventLine('ERROR', statusOf(refusal)))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = await describe(request)
    this.requests.push(seen)
    const trouble = this.troubleFor(seen)
    if (trouble === 'hang') return
    if (trouble === 'break') {
      request.socket.destroy()
    } else if (trouble && 'text' in trouble) {
      response.writeHead(trouble.status).end(trouble.text)
    } else if (trouble) {
      send(response, trouble.status, statusOf(trouble))
    } else {
      this.#answer(seen, response)
    }
  }

  #answer(seen: SeenRequest, response: ServerResponse): void {
    try {
      const [, namespace, name] = LEASE_PATH.exec(seen.path) ?? []
      if (seen.path === REVIEW_PATH && seen.method === 'POST') send(response, 201, this.#reviewed(seen.body))
      else if (namespace === undefined) throw notFound()
      else if (seen.query.watch === 'true') this.#watch(namespace, seen.query, response)
      else send(response, seen.method === 'POST' ? 201 : 200, this.#handleLease(seen, namespace, name))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      send(response, error.status, statusOf(error))
    }
  }

  #reviewed(body: unknown): object {
    const review = body as { spec: { token: string; audiences: string[] } }
    return { ...review, status: this.review(review.spec.token, review.spec.audiences) }
  }

  #handleLease(seen: SeenRequest, namespace: string, name: string | undefined): object {
    if (name === undefined) {
      if (seen.method === 'GET') return this.#list(namespace, seen.query.labelSelector ?? '')
      return this.#create(namespace, seen.body as FakeLease)
    }
    const existing = this.#leases.get(`${namespace}/${name}`)
    if (!existing) throw notFound()
    if (seen.method === 'PUT') {
      const lease = seen.body as FakeLease
      expectVersion(existing, lease.metadata.resourceVersion)
      return this.#store('MODIFIED', namespace, lease)
    }
    if (seen.method === 'DELETE') {
      const options = seen.body as { preconditions?: { resourceVersion?: string } } | undefined
      expectVersion(existing, options?.preconditions?.resourceVersion)
      this.#remove(namespace, name)
      return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' }
    }
    return existing
  }

  #list(namespace: string, selector: string): object {
    const items = [...this.#leases.values()].filter(
      (lease) => lease.metadata.namespace === namespace && matches(lease, selector),
    )
    return { kind: 'LeaseList', metadata: { resourceVersion: String(this.#resourceVersion) }, items }
  }

  #create(namespace: string, lease: FakeLease): FakeLease {
    if (this.#leases.has(`${namespace}/${lease.metadata.name}`)) {
      throw new Refusal(409, 'AlreadyExists', `leases "${lease.metadata.name}" already exists`)
    }
    return this.#store('ADDED', namespace, lease)
  }

  #store(type: string, namespace: string, { metadata, spec }: FakeLease): FakeLease {
    this.#resourceVersion += 1
    const stored = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...metadata, namespace, resourceVersion: String(this.#resourceVersion) },
      spec,
    }
    this.#leases.set(`${namespace}/${metadata.name}`, stored)
    this.#notify(type, stored)
    return stored
  }

  #remove(namespace: string, name: string): void {
    const lease = this.#leases.get(`${namespace}/${name}`)
    if (!lease) return
    this.#leases.delete(`${namespace}/${name}`)
    this.#notify('DELETED', lease)
  }

  #watch(namespace: string, query: SeenRequest['query'], response: ServerResponse): void {
    const watch = { namespace, selector: query.labelSelector ?? '', response }
    this.#watches.add(watch)
    response.on('close', () => this.#watches.delete(watch))
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    const since = Number(query.resourceVersion)
    for (const lease of this.#leases.values()) {
      if (Number(lease.metadata.resourceVersion) > since) notifyWatch(watch, 'MODIFIED', lease)
    }
  }

  #takeWatches(): Watch[] {
    const watches = [...this.#watches]
    this.#watches.clear()
    return watches
  }

  #notify(type: string, lease: FakeLease): void {
    for (const watch of this.#watches) notifyWatch(watch, type, lease)
  }
}

function notifyWatch({ namespace, selector, response }: Watch, type: string, lease: FakeLease): void {
  if (lease.metadata.namespace === namespace && matches(lease, selector)) {
    response.write(eventLine(type, lease))
  }
}

async function describe(request: IncomingMessage): Promise<SeenRequest> {
  const url = new URL(request.url ?? '', 'https://localhost')
  const text = (await request.toArray()).join('')
  const socket = request.socket as TLSSocket
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    authorization: request.headers.authorization,
    clientName: socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** Knows selectors of the form `a=b,c=d` only. */
function matches({ metadata }: FakeLease, selector: string): boolean {
  const pairs = selector.split(',').filter((pair) => pair !== '')
  return pairs.every((pair) => {
    const [key = '', value] = pair.split('=')
    return metadata.labels?.[key] === value
  })
}

function expectVersion({ metadata }: FakeLease, wanted: string | undefined): void {
  if (wanted === undefined || wanted === metadata.resourceVersion) return
  throw new Refusal(409, 'Conflict', `Operation cannot be fulfilled on leases "${metadata.name}"`)
}

function notFound(): Refusal {
  return new Refusal(404, 'NotFound', 'the server could not find the requested resource')
}

function statusOf({ status: code, reason, message }: Omit<Refusal, 'name'>): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
}

function eventLine(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
