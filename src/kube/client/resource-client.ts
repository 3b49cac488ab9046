import type { Scale } from '../../apis/autoscaling/v1.ts'
import type { DeleteOptions, KubeObject, ListMeta, ObjectKey, Status } from '../../apis/meta/v1.ts'
import { isGone, isNotFound, KubeRequestError } from '../errors.ts'
import type { KubeRequest, Query } from './request.ts'
import { collectionPath, type ResourceDefinition } from './resource-definition.ts'
import type { WatchEvent } from './watch-event.ts'

/** client-go's. */
const DEFAULT_PAGE_SIZE = 500

/** What a resource's client is made of: the one that knows how to reach the API. */
export interface RequestSender {
  request<T>(request: KubeRequest): Promise<T>
  watch<T extends KubeObject>(
    request: Omit<KubeRequest, 'method' | 'body'>,
  ): Promise<AsyncIterable<WatchEvent<T>>>
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  /** For each attempt. @default the client's */
  readonly timeoutMs?: number
}

export interface SelectionOptions extends CallOptions {
  /** @default all namespaces */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
  readonly fieldSelector?: string | undefined
}

export interface ListOptions extends SelectionOptions {
  readonly resourceVersion?: string | undefined
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  /** For a page at most; the server may ignore it. */
  readonly limit?: number | undefined
  readonly continue?: string | undefined
}

export interface WatchOptions extends SelectionOptions {
  readonly resourceVersion?: string | undefined
  readonly resourceVersionMatch?: 'NotOlderThan'
  readonly allowWatchBookmarks?: boolean
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
}

export interface WriteOptions extends CallOptions {
  readonly fieldManager?: string
  readonly dryRun?: boolean
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  /** `status`, `scale`, `approval`, ... */
  readonly subresource?: string
}

export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string
  /** Takes over fields that belong to other managers, instead of failing with a conflict. @default false */
  readonly force?: boolean
}

export interface DeleteCallOptions extends CallOptions, DeleteOptions {}

/** An object that says of what kind it is, as server-side apply needs it. */
export interface AppliedObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined }
}

/** How to change an object: by merging, by a list of operations (RFC 6902), or by Kubernetes' strategic merge. */
export type Patch =
  | { readonly type: 'merge' | 'strategic'; readonly body: object }
  | { readonly type: 'json'; readonly body: readonly object[] }

export interface Page<T> {
  readonly metadata: ListMeta
  readonly items: readonly T[]
}

interface RawPage<T> {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: ListMeta
  readonly items?: readonly T[] | null
}

const PATCH_TYPES = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
} as const

/** The verbs of one resource. Objects of a namespaced resource are created and updated in the namespace that they name. */
export class ResourceClient<T extends KubeObject> {
  readonly definition: ResourceDefinition
  readonly #client: RequestSender

  constructor(client: RequestSender, definition: ResourceDefinition) {
    this.#client = client
    this.definition = definition
  }

  /** Rejects with a KubeApiError for which `isNotFound` holds when there is none. */
  async get(key: ObjectKey, options: CallOptions & { subresource?: string } = {}): Promise<T> {
    return this.#send('GET', this.#path(key, options.subresource), options)
  }

  /** Like `get`, but undefined when there is none. */
  async find(key: ObjectKey, options: CallOptions = {}): Promise<T | undefined> {
    try {
      return await this.get(key, options)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** One page. Items are told what they are: a server says so only of the list. */
  async list(options: ListOptions = {}): Promise<Page<T>> {
    const { namespace, signal, timeoutMs, ...query } = options
    const path = collectionPath(this.definition, namespace)
    const page = await this.#send<RawPage<T> | null>(
      'GET',
      path,
      { signal, ...limited(timeoutMs) },
      { query },
    )
    return { metadata: page?.metadata ?? {}, items: itemsOf(page ?? {}, path) }
  }

  /** All pages, one after the other, of one consistent state. Throws where `isGone` holds when that is forgotten meanwhile. */
  async *pages(options: ListOptions = {}): AsyncGenerator<Page<T>> {
    let page = await this.list({ limit: DEFAULT_PAGE_SIZE, ...options })
    yield page
    const { resourceVersion: _, resourceVersionMatch: __, ...rest } = options // which are in the token
    while (page.metadata.continue) {
      page = await this.list({ limit: DEFAULT_PAGE_SIZE, ...rest, continue: page.metadata.continue })
      yield page
    }
  }

  /** All objects, in pages; once more in one go where the pages' state was forgotten. Its version is the list's. */
  async listAll(options: ListOptions = {}): Promise<Page<T>> {
    const items: T[] = []
    let metadata: ListMeta = {}
    try {
      for await (const page of this.pages(options)) {
        metadata = page.metadata
        for (const item of page.items) items.push(item)
      }
    } catch (error) {
      if (!isGone(error) || items.length === 0) throw error
      return this.list({ ...options, limit: undefined, continue: undefined })
    }
    return { metadata, items }
  }

  /** See `KubeClient.watch`. */
  watch(options: WatchOptions = {}): Promise<AsyncIterable<WatchEvent<T>>> {
    const { namespace, signal, timeoutMs, ...query } = options
    const path = collectionPath(this.definition, namespace)
    return this.#client.watch<T>({ path, query, signal, ...limited(timeoutMs) })
  }

  async create(object: Partial<T> & Pick<T, 'metadata'>, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata
    const path = options.subresource
      ? this.#path({ namespace, name: nameOf(name) }, options.subresource)
      : this.#collection(namespace)
    return this.#send('POST', path, options, { body: this.#typed(object), query: writeQuery(options) })
  }

  /** Fails with a conflict if the object has another resourceVersion by now; without one it is overwritten. */
  async update(object: T, options: WriteOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata
    const path = this.#path({ namespace, name: nameOf(name) }, options.subresource)
    return this.#send('PUT', path, options, { body: this.#typed(object), query: writeQuery(options) })
  }

  updateStatus(object: T, options: Omit<WriteOptions, 'subresource'> = {}): Promise<T> {
    return this.update(object, { ...options, subresource: 'status' })
  }

  async patch(key: ObjectKey, { type, body }: Patch, options: WriteOptions = {}): Promise<T> {
    return this.#send('PATCH', this.#path(key, options.subresource), options, {
      body,
      contentType: PATCH_TYPES[type],
      query: writeQuery(options),
    })
  }

  patchStatus(key: ObjectKey, patch: Patch, options: Omit<WriteOptions, 'subresource'> = {}): Promise<T> {
    return this.patch(key, patch, { ...options, subresource: 'status' })
  }

  /** Server-side apply: makes the object what it says, creating it if need be, and owns the fields that it names. */
  async apply(object: AppliedObject, options: ApplyOptions): Promise<T> {
    return this.#send('PATCH', this.#path(object.metadata, options.subresource), options, {
      body: object,
      contentType: 'application/apply-patch+yaml', // of which JSON is a part
      query: { ...writeQuery(options), force: options.force },
    })
  }

  /** Resolves with the object where it lives on until its finalizers are gone, else with a Status. */
  async delete(key: ObjectKey, options: DeleteCallOptions = {}): Promise<T | Status> {
    return this.#send('DELETE', this.#path(key), options, { body: deleteOptions(options) })
  }

  async deleteCollection(selection: SelectionOptions & DeleteOptions = {}): Promise<void> {
    const { namespace, labelSelector, fieldSelector } = selection
    await this.#send('DELETE', collectionPath(this.definition, namespace), selection, {
      body: deleteOptions(selection),
      query: { labelSelector, fieldSelector },
    })
  }

  async getScale(key: ObjectKey, options: CallOptions = {}): Promise<Scale> {
    return this.#send('GET', this.#path(key, 'scale'), options)
  }

  async updateScale(key: ObjectKey, scale: Scale, options: CallOptions = {}): Promise<Scale> {
    return this.#send('PUT', this.#path(key, 'scale'), options, { body: scale })
  }

  #send<R = T>(
    method: KubeRequest['method'],
    path: string,
    { signal, timeoutMs }: CallOptions,
    more: Pick<KubeRequest, 'body' | 'contentType' | 'query'> = {},
  ): Promise<R> {
    return this.#client.request<R>({ method, path, signal, ...limited(timeoutMs), ...more })
  }

  #collection(namespace: string | undefined): string {
    if (this.definition.namespaced && !namespace) {
      throw new KubeRequestError(`${this.definition.plural} belong to a namespace, and none is given`)
    }
    return collectionPath(this.definition, namespace)
  }

  #path({ namespace, name }: ObjectKey, subresource?: string): string {
    const path = `${this.#collection(namespace)}/${encodeURIComponent(nameOf(name))}`
    return subresource ? `${path}/${subresource}` : path
  }

  #typed(object: object): object {
    const { group, version } = this.definition
    return { apiVersion: group === '' ? version : `${group}/${version}`, ...object }
  }
}

/** An empty name would make a path of something else: that of the collection. */
function nameOf(name: string | undefined): string {
  if (!name || name === '.' || name === '..')
    throw new KubeRequestError('the object has no name that can be asked for')
  return name
}

function itemsOf<T extends KubeObject>({ apiVersion, kind, items }: RawPage<T>, path: string): readonly T[] {
  if (!kind?.endsWith('List')) throw new KubeRequestError(`the answer to GET ${path} is no list`)
  const type = { apiVersion, kind: kind.slice(0, -'List'.length) }
  return (items ?? []).map((item) => {
    if (!item?.metadata)
      throw new KubeRequestError(`the answer to GET ${path} holds something that is no object`)
    return item.kind === undefined ? { ...type, ...item } : item
  })
}

function limited(timeoutMs: number | undefined): { timeoutMs?: number } {
  return timeoutMs === undefined ? {} : { timeoutMs }
}

function writeQuery({ fieldManager, dryRun, fieldValidation }: WriteOptions): Query {
  return { fieldManager, fieldValidation, dryRun: dryRun ? 'All' : undefined }
}

function deleteOptions({
  gracePeriodSeconds,
  propagationPolicy,
  preconditions,
  dryRun,
}: DeleteOptions): DeleteOptions {
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(preconditions && { preconditions }),
    ...(dryRun && { dryRun }),
  }
}
