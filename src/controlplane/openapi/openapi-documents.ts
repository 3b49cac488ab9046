import type { JsonObject } from '../api/json.ts'
import type { GroupInfo } from '../discovery/index.ts'
import { chooseType, type OfferedType } from './accept.ts'
import { type CustomResource, keyOfResource, readDefinition } from './custom-definition.ts'
import type { Operation } from './operation.ts'
import { byKey, joinMembers, type PublishedDocument, publish } from './published-document.ts'
import { ResourceOperations } from './resource-operations.ts'
import { groupOperation, resourceListOperation, serverOperations } from './server-operations.ts'
import { AS_JSON, AS_PROTOBUF, V2Builder } from './v2-builder.ts'
import { V3Builder } from './v3-builder.ts'

const V2_PATH = '/openapi/v2'
const V3_PATH = '/openapi/v3'
const INDEX_TYPE = 'text/plain; charset=utf-8'
const ONE_YEAR_MS = 365 * 24 * 60 * 60 * 1000

const JSON_OFFER: OfferedType = { mediaType: 'application/json', contentType: 'application/json' }
const PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const V2_OFFERS: readonly OfferedType[] = [
  JSON_OFFER,
  // An `@` may not stand in a media type, so that it is never answered, though clients ask for it.
  { mediaType: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf', contentType: PROTOBUF_TYPE },
  { mediaType: PROTOBUF_TYPE, contentType: PROTOBUF_TYPE },
]
const V3_OFFERS: readonly OfferedType[] = [JSON_OFFER]

export interface OpenApiComponents {
  /** The built-in resources. */
  readonly catalog: readonly GroupInfo[]
}

export interface OpenApiOptions {
  /**
   * What the documents say that they describe.
   * @default 'v1.36.0'
   */
  readonly kubernetesVersion?: string
  /**
   * The time in milliseconds.
   * @default Date.now
   */
  readonly now?: () => number
}

export interface OpenApiRequest {
  readonly url: URL
  /** The headers of these names. */
  readonly accept?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

export interface OpenApiAnswer {
  readonly status: 200 | 301 | 304 | 406
  /** Undefined where there is no body. */
  readonly contentType: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

interface KeptDocument {
  /** What it was built from. */
  readonly key: string
  readonly document: Promise<PublishedDocument>
}

/**
 * The OpenAPI documents that an API server publishes (k8s.io/kube-openapi, handler and handler3).
 *
 * They are built when they are first asked for, in slices that leave time for others. Those of built-in resources last as long as
 * the process; those with custom resources are built again once a definition that is in them has changed.
 */
export class OpenApiDocuments {
  readonly #now: () => number
  readonly #v3: V3Builder
  readonly #v2Json: V2Builder<readonly [string, string]>
  readonly #v2Protobuf: V2Builder<Buffer>
  readonly #builtinPaths: ReadonlyMap<string, () => readonly Operation[]>
  readonly #kept = new Map<string, KeptDocument>()
  #definitions: readonly JsonObject[] = []
  #custom: ReadonlyMap<string, readonly CustomResource[]> | undefined

  constructor(
    { catalog }: OpenApiComponents,
    { kubernetesVersion = 'v1.36.0', now = Date.now }: OpenApiOptions = {},
  ) {
    this.#now = now
    this.#builtinPaths = builtinPaths(catalog)
    const everything = () => [...this.#builtinPaths.values()].flatMap((operations) => operations())
    this.#v3 = new V3Builder(kubernetesVersion)
    this.#v2Json = new V2Builder(kubernetesVersion, everything, AS_JSON)
    this.#v2Protobuf = new V2Builder(kubernetesVersion, everything, AS_PROTOBUF)
  }

  /** Takes all CustomResourceDefinition objects that there are. Cheap: nothing is built before someone asks. */
  setDefinitions(definitions: readonly JsonObject[]): void {
    this.#definitions = definitions
    this.#custom = undefined
  }

  /** Undefined for a path that has no document. */
  async answer(request: OpenApiRequest): Promise<OpenApiAnswer | undefined> {
    const path = request.url.pathname
    if (path === V2_PATH) return this.#answerV2(request)
    if (path === V3_PATH) return answered(await this.#index(), INDEX_TYPE, request, {})
    if (path.startsWith(`${V3_PATH}/`)) return this.#answerV3(path.slice(V3_PATH.length + 1), request)
    return undefined
  }

  async #answerV2(request: OpenApiRequest): Promise<OpenApiAnswer> {
    const offer = chooseType(request.accept, V2_OFFERS)
    if (!offer) return notAcceptable()
    const resources = [...this.#customByPath().values()].flat()
    const isJson = offer === JSON_OFFER
    const document = await this.#keep(`${V2_PATH} ${offer.contentType}`, keyOf(resources), () =>
      isJson ? this.#v2Json.build(resources) : this.#v2Protobuf.build(resources),
    )
    return answered(document, offer.contentType, request, { vary: 'Accept' })
  }

  async #answerV3(name: string, request: OpenApiRequest): Promise<OpenApiAnswer | undefined> {
    const building = this.#document(name)
    if (!building) return undefined
    const document = await building
    const offer = chooseType(request.accept, V3_OFFERS)
    if (!offer) return notAcceptable()
    const wanted = request.url.searchParams.get('hash')
    if (wanted === null || wanted === '')
      return answered(document, offer.contentType, request, { vary: 'Accept' })
    if (wanted !== document.hash) return moved(relativeUrl(name, document))
    return answered(document, offer.contentType, request, {
      vary: 'Accept',
      'cache-control': 'public, immutable',
      expires: new Date(this.#now() + ONE_YEAR_MS).toUTCString(),
    })
  }

  /** Where the documents are. Their hashes are in their addresses, so that clients need not ask again for what they have. */
  async #index(): Promise<PublishedDocument> {
    const names = [...new Set([...this.#builtinPaths.keys(), ...this.#customByPath().keys()])]
    const paths: [string, string][] = []
    for (const name of names) {
      const document = await this.#document(name)
      if (document) paths.push([name, JSON.stringify({ serverRelativeURL: relativeUrl(name, document) })])
    }
    return publish(Buffer.from(joinMembers([['paths', joinMembers(paths.sort(byKey))]])))
  }

  #document(name: string): Promise<PublishedDocument> | undefined {
    const operations = this.#builtinPaths.get(name)
    if (operations) return this.#keep(name, '', () => this.#v3.builtin(operations()))
    const resources = this.#customByPath().get(name)
    return resources && this.#keep(name, keyOf(resources), () => this.#v3.custom(resources))
  }

  #keep(name: string, key: string, build: () => Promise<PublishedDocument>): Promise<PublishedDocument> {
    const kept = this.#kept.get(name)
    if (kept?.key === key) return kept.document
    const document = build()
    const made = { key, document }
    this.#kept.set(name, made)
    document.catch(() => {
      if (this.#kept.get(name) === made) this.#kept.delete(name) // the next one tries again
    })
    return document
  }

  /** Custom resources by the names of their documents. A group and version that is built in belongs to the server. */
  #customByPath(): ReadonlyMap<string, readonly CustomResource[]> {
    this.#custom ??= this.#readDefinitions()
    return this.#custom
  }

  #readDefinitions(): ReadonlyMap<string, readonly CustomResource[]> {
    const byPath = new Map<string, CustomResource[]>()
    for (const object of this.#definitions) {
      const definition = readDefinition(object)
      for (const version of definition?.versions ?? []) {
        const path = documentName(definition?.group ?? '', version.name)
        const others = byPath.get(path)
        if (!definition || this.#builtinPaths.has(path)) continue
        if (others) others.push({ definition, version })
        else byPath.set(path, [{ definition, version }])
      }
    }
    for (const name of this.#kept.keys())
      if (name.startsWith('apis/') && !byPath.has(name) && !this.#builtinPaths.has(name))
        this.#kept.delete(name)
    return byPath
  }
}

function builtinPaths(catalog: readonly GroupInfo[]): ReadonlyMap<string, () => readonly Operation[]> {
  const paths = new Map<string, () => readonly Operation[]>()
  for (const [name, operation] of serverOperations()) paths.set(name, () => [operation])
  for (const { group, versions } of catalog) {
    if (group !== '') paths.set(`apis/${group}`, () => [groupOperation(group)])
    for (const { version, resources } of versions) {
      const name = documentName(group, version)
      paths.set(name, () => [
        resourceListOperation(`/${name}`),
        ...resources.flatMap((info) => new ResourceOperations(group, version, info).all()),
      ])
    }
  }
  return paths
}

function documentName(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

function relativeUrl(name: string, { hash }: PublishedDocument): string {
  return `${V3_PATH}/${name}?hash=${hash}`
}

function keyOf(resources: readonly CustomResource[]): string {
  return resources.map(keyOfResource).join(';')
}

function answered(
  { body, hash }: PublishedDocument,
  contentType: string,
  { ifNoneMatch = '' }: OpenApiRequest,
  headers: Readonly<Record<string, string>>,
): OpenApiAnswer {
  const etag = `"${hash}"`
  const known = ifNoneMatch.split(',').map((each) => each.trim().replace(/^W\//, ''))
  if (known.includes(etag) || known.includes('*'))
    return { status: 304, contentType: undefined, headers: { ...headers, etag }, body: Buffer.alloc(0) }
  return { status: 200, contentType, headers: { ...headers, etag }, body }
}

function moved(location: string): OpenApiAnswer {
  return { status: 301, contentType: undefined, headers: { location, vary: 'Accept' }, body: Buffer.alloc(0) }
}

function notAcceptable(): OpenApiAnswer {
  return { status: 406, contentType: undefined, headers: { vary: 'Accept' }, body: Buffer.alloc(0) }
}
