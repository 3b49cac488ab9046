import { PassThrough, Readable } from 'node:stream'
import type { KubeObject } from '../../src/apis/meta/v1.ts'
import type { JsonObject } from '../../src/common/json.ts'
import { applyMergePatch } from '../../src/controlplane/patch/merge-patch.ts'
import { parseFieldSelector, parseLabelSelector } from '../../src/controlplane/selectors/index.ts'
import type { Transport, TransportRequest, TransportResponse } from '../../src/kube/index.ts'

const OBJECT_PATH =
  /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/[^/]+)?$/
const REVIEWS = /accessreviews$/
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' }

/** What is discovered: enough for the manifests of the measurement. */
const CORE_GROUP = {
  metadata: {},
  versions: [
    { version: 'v1', resources: [resource('configmaps', 'ConfigMap'), resource('secrets', 'Secret')] },
  ],
}

interface Watch {
  readonly scope: string
  readonly namespace: string | undefined
  readonly matches: (object: KubeObject) => boolean
  readonly body: PassThrough
}

interface Place {
  /** Group and plural. */
  readonly scope: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

/**
 * A managed cluster as the agents of a measurement see it: objects in a map, with versions, watches and merge patches, behind no
 * connection. Every member of a fleet has one of its own, as it has an API server of its own, for whose work this machine is not
 * to pay. It judges nothing, and allows everybody everything.
 */
export class ManagedApi implements Transport {
  readonly #objects = new Map<string, { scope: string; object: KubeObject }>()
  readonly #watches = new Set<Watch>()
  #version = 1

  async request(request: TransportRequest): Promise<TransportResponse> {
    request.signal?.throwIfAborted()
    const url = new URL(request.path, 'http://managed')
    const body = JSON.parse(request.body ?? '{"metadata":{}}') as KubeObject
    const fixed = this.#fixedAnswer(url.pathname)
    if (fixed !== undefined) return answer(200, fixed)
    const place = placeOf(url.pathname, body)
    if (REVIEWS.test(place.scope)) return answer(201, { ...body, status: { allowed: true } })
    if (url.searchParams.get('watch') === 'true') return this.#watch(place, url, request.signal)
    switch (request.method) {
      case 'GET':
        return place.name === undefined ? this.#list(place, url) : this.#get(place)
      case 'POST':
        return this.#create(place, body)
      case 'PUT':
        return this.#change(place, () => body)
      case 'PATCH':
        return this.#change(
          place,
          (object) =>
            applyMergePatch(
              object as unknown as JsonObject,
              body as unknown as JsonObject,
            ) as unknown as KubeObject,
        )
      case 'DELETE':
        return this.#delete(place)
      default:
        return refusal(405, 'MethodNotAllowed', request.method)
    }
  }

  async destroy(): Promise<void> {
    for (const { body } of this.#watches) body.destroy()
  }

  #fixedAnswer(path: string): object | string | undefined {
    if (path === '/livez') return 'ok'
    if (path === '/version') return { gitVersion: 'v1.36.0' }
    const isCore = path === '/api'
    if (!isCore && path !== '/apis') return undefined
    return { kind: 'APIGroupDiscoveryList', items: isCore ? [CORE_GROUP] : [] }
  }

  #get(place: Place): TransportResponse {
    const found = this.#objects.get(keyOf(place))
    return found ? answer(200, found.object) : refusal(404, 'NotFound', keyOf(place))
  }

  #list({ scope, namespace }: Place, url: URL): TransportResponse {
    const items = this.#selected(scope, namespace, selection(url))
    return answer(200, { metadata: { resourceVersion: String(this.#version) }, items })
  }

  #create(place: Place, object: KubeObject): TransportResponse {
    const name = object.metadata.name ?? `${object.metadata.generateName}${this.#version}`
    const key = keyOf({ ...place, name })
    if (this.#objects.has(key)) return refusal(409, 'AlreadyExists', key)
    const created = this.#versioned({
      ...object,
      metadata: { ...object.metadata, name, uid: `uid-${this.#version}`, generation: 1 },
    })
    this.#objects.set(key, { scope: place.scope, object: created })
    this.#tell('ADDED', place.scope, created)
    return answer(201, created)
  }

  #change(place: Place, change: (object: KubeObject) => KubeObject): TransportResponse {
    const key = keyOf(place)
    const found = this.#objects.get(key)
    if (!found) return refusal(404, 'NotFound', key)
    const wanted = change(found.object)
    const { resourceVersion: known } = wanted.metadata
    if (known && known !== found.object.metadata.resourceVersion) return refusal(409, 'Conflict', key)
    const changed = this.#versioned(wanted)
    const isGone = changed.metadata.deletionTimestamp && !changed.metadata.finalizers?.length
    if (isGone) this.#objects.delete(key)
    else this.#objects.set(key, { scope: place.scope, object: changed })
    this.#tell(isGone ? 'DELETED' : 'MODIFIED', place.scope, changed)
    return answer(200, changed)
  }

  #delete(place: Place): TransportResponse {
    const deletionTimestamp = new Date().toISOString()
    return this.#change(place, (object) => ({
      ...object,
      metadata: { ...object.metadata, deletionTimestamp },
    }))
  }

  #watch({ scope, namespace }: Place, url: URL, signal: AbortSignal | undefined): TransportResponse {
    const matches = selection(url)
    const body = new PassThrough()
    const watch: Watch = { scope, namespace, matches, body }
    this.#watches.add(watch)
    body.once('close', () => this.#watches.delete(watch))
    body.on('error', () => {}) // whoever reads is told
    signal?.addEventListener('abort', () => body.destroy(signal.reason as Error), { once: true })
    if (url.searchParams.get('sendInitialEvents') === 'true') {
      for (const object of this.#selected(scope, namespace, matches)) send(body, 'ADDED', object)
      const metadata = { resourceVersion: String(this.#version), annotations: INITIAL_EVENTS_END }
      send(body, 'BOOKMARK', { metadata })
    }
    return { statusCode: 200, headers: { 'content-type': 'application/json' }, body }
  }

  #selected(scope: string, namespace: string | undefined, matches: Watch['matches']): KubeObject[] {
    return [...this.#objects.values()]
      .filter((each) => each.scope === scope && isIn(each.object, namespace) && matches(each.object))
      .map(({ object }) => object)
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version += 1
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } }
  }

  #tell(type: string, scope: string, object: KubeObject): void {
    for (const watch of this.#watches)
      if (watch.scope === scope && isIn(object, watch.namespace) && watch.matches(object))
        send(watch.body, type, object)
  }
}

function placeOf(path: string, { metadata }: KubeObject): Place {
  const [, group = '', namespace, plural, name] = OBJECT_PATH.exec(path) ?? []
  return { scope: `${group}/${plural}`, namespace, name: name ?? metadata?.name }
}

function keyOf({ scope, namespace = '', name }: Place): string {
  return `${scope} ${namespace}/${name}`
}

function isIn({ metadata }: KubeObject, namespace: string | undefined): boolean {
  return namespace === undefined || metadata.namespace === namespace
}

function selection({ searchParams }: URL): (object: KubeObject) => boolean {
  const [fields, labels] = ['fieldSelector', 'labelSelector'].map((name) => searchParams.get(name) ?? '')
  const name = /^metadata\.name=(.*)$/.exec(fields ?? '')?.[1]
  if (fields && name === undefined) parseFieldSelector(fields)
  const selector = parseLabelSelector(labels ?? '')
  return ({ metadata }) =>
    (name === undefined || metadata.name === name) && selector.matches(metadata.labels ?? {})
}

function send(body: PassThrough, type: string, object: object): void {
  body.write(`${JSON.stringify({ type, object })}\n`)
}

function answer(statusCode: number, content: object | string): TransportResponse {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  const body = Readable.from([Buffer.from(text)])
  return { statusCode, headers: { 'content-type': 'application/json' }, body }
}

function refusal(code: number, reason: string, message: string): TransportResponse {
  return answer(code, { kind: 'Status', status: 'Failure', code, reason, message })
}

function resource(plural: string, kind: string) {
  return { resource: plural, responseKind: { group: '', version: 'v1', kind }, scope: 'Namespaced' }
}
