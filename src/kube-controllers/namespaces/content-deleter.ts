import type { Pod } from '../../apis/core/v1.ts'
import { PODS } from '../../apis/resources.ts'
import { errorMessage } from '../../common/errors.ts'
import { isNotFound, KubeApiError, type KubeClient } from '../../kube/index.ts'
import { metadataResource } from '../discovery/metadata-resource.ts'
import { discoverResources, type ServerResource, supports } from '../discovery/server-resources.ts'
import type { DeletionFindings } from './namespace-conditions.ts'

/** Long enough for all objects of a large namespace. */
const DELETE_COLLECTION_TIMEOUT_MS = 10 * 60_000

/** What is held by a finalizer is taken to be gone after this time. */
const FINALIZER_ESTIMATE_SECONDS = 15

export interface NamespaceToEmpty {
  readonly name: string
  /** When it was deleted, in ms since the epoch. */
  readonly deletedAtMs: number
}

export interface ContentDeletion {
  readonly findings: DeletionFindings
  /** 0 once nothing is left. */
  readonly estimateSeconds: number
  /** What went wrong, to be tried again. */
  readonly errors: readonly string[]
}

interface Remainder {
  readonly estimateSeconds: number
  readonly count: number
  readonly finalizers: ReadonlyMap<string, number>
  readonly error?: string
}

/**
 * Deletes everything in a namespace, whatever it is, Pods first and the rest once they are gone
 * (kubernetes, pkg/controller/namespace/deletion).
 */
export class ContentDeleter {
  readonly #client: KubeClient

  constructor(client: KubeClient) {
    this.#client = client
  }

  /** Deletes once what can be deleted now, and tells what is left. */
  async deleteContent(namespace: NamespaceToEmpty, signal: AbortSignal): Promise<ContentDeletion> {
    const deletion = new FindingsBuilder()
    const deletable = await this.#discover(deletion, signal)
    const [pods, others] = partition(deletable, ({ definition }) => isPods(definition))
    for (const resource of pods) deletion.add(resource, await this.#deleteAll(resource, namespace, signal))
    if (deletion.remaining.size > 0) return deletion.done()
    for (const resource of others) deletion.add(resource, await this.#deleteAll(resource, namespace, signal))
    return deletion.done()
  }

  /** What is not known of some groups is no reason not to delete what is in the others. */
  async #discover(deletion: FindingsBuilder, signal: AbortSignal): Promise<readonly ServerResource[]> {
    try {
      const { resources, stale } = await discoverResources(this.#client, signal)
      if (stale.length > 0) deletion.failDiscovery(staleMessage(stale), stale.length)
      return resources.filter((each) => each.definition.namespaced && supports(each, 'delete'))
    } catch (error) {
      signal.throwIfAborted()
      deletion.failDiscovery(errorMessage(error))
      return []
    }
  }

  async #deleteAll(
    resource: ServerResource,
    namespace: NamespaceToEmpty,
    signal: AbortSignal,
  ): Promise<Remainder> {
    const graceSeconds = await this.#graceSeconds(resource, namespace, signal)
    try {
      await this.#delete(resource, namespace.name, signal)
      return await this.#look(resource, namespace.name, graceSeconds, signal)
    } catch (error) {
      signal.throwIfAborted()
      return { ...NOTHING, estimateSeconds: graceSeconds, error: errorMessage(error) }
    }
  }

  async #delete(resource: ServerResource, namespace: string, signal: AbortSignal): Promise<void> {
    const client = metadataResource(this.#client, resource.definition)
    const options = { propagationPolicy: 'Background', signal } as const
    if (supports(resource, 'deletecollection')) {
      const timeoutMs = DELETE_COLLECTION_TIMEOUT_MS
      return unlessUnsupported(client.deleteCollection({ namespace, ...options, timeoutMs }), undefined)
    }
    if (!supports(resource, 'list')) return
    const { items } = await client.listAll({ namespace, signal })
    for (const { metadata } of items) {
      const key = { namespace, name: metadata.name ?? '' }
      await unlessUnsupported<unknown>(client.delete(key, options), undefined)
    }
  }

  async #look(
    resource: ServerResource,
    namespace: string,
    graceSeconds: number,
    signal: AbortSignal,
  ): Promise<Remainder> {
    if (!supports(resource, 'list')) return { ...NOTHING, estimateSeconds: graceSeconds }
    const client = metadataResource(this.#client, resource.definition)
    const { items } = await unlessUnsupported(client.listAll({ namespace, signal }), {
      metadata: {},
      items: [],
    })
    if (items.length === 0) return NOTHING
    const finalizers = new Map<string, number>()
    for (const finalizer of items.flatMap(({ metadata }) => metadata.finalizers ?? [])) {
      finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1)
    }
    const remainder = { estimateSeconds: graceSeconds, count: items.length, finalizers }
    if (graceSeconds > 0) return remainder
    if (finalizers.size > 0) return { ...remainder, estimateSeconds: FINALIZER_ESTIMATE_SECONDS }
    const { group, version, plural } = resource.definition
    const title = `${group}/${version}, Resource=${plural}`
    return {
      ...remainder,
      error: `unexpected items still remain in namespace: ${namespace} for gvr: ${title}`,
    }
  }

  /** How long the Pods may take to come to their end; 0 where they should have by now. */
  async #graceSeconds(
    { definition }: ServerResource,
    { name: namespace, deletedAtMs }: NamespaceToEmpty,
    signal: AbortSignal,
  ): Promise<number> {
    if (!isPods(definition)) return 0
    const { items } = await this.#client.resource<Pod>(definition).listAll({ namespace, signal })
    const running = items.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    const longest = Math.max(0, ...running.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 0))
    return this.#client.clock.now() - deletedAtMs >= longest * 1000 ? 0 : longest
  }
}

const NOTHING: Remainder = { estimateSeconds: 0, count: 0, finalizers: new Map() }

/** Adds up what is found, resource by resource. */
class FindingsBuilder {
  readonly remaining = new Map<string, number>()
  readonly #finalizers = new Map<string, number>()
  readonly #contentFailures: string[] = []
  #discoveryFailure: string | undefined
  #estimateSeconds = 0

  failDiscovery(message: string, groups?: number): void {
    this.#discoveryFailure =
      groups === undefined ? message : `Discovery failed for some groups, ${groups} failing: ${message}`
  }

  add({ definition: { plural, group } }: ServerResource, remainder: Remainder): void {
    const { estimateSeconds, count, finalizers, error } = remainder
    this.#estimateSeconds = Math.max(this.#estimateSeconds, estimateSeconds)
    if (count > 0) this.remaining.set(`${plural}.${group}`, count)
    for (const [finalizer, held] of finalizers) {
      this.#finalizers.set(finalizer, (this.#finalizers.get(finalizer) ?? 0) + held)
    }
    if (error !== undefined) this.#contentFailures.push(error)
  }

  done(): ContentDeletion {
    const { remaining } = this
    const [discoveryFailure, contentFailures] = [this.#discoveryFailure, this.#contentFailures]
    return {
      findings: { discoveryFailure, contentFailures, remaining, finalizers: this.#finalizers },
      estimateSeconds: this.#estimateSeconds,
      errors: discoveryFailure === undefined ? contentFailures : [discoveryFailure, ...contentFailures],
    }
  }
}

function isPods({ group, plural }: ServerResource['definition']): boolean {
  return group === PODS.group && plural === PODS.plural
}

function staleMessage(stale: readonly string[]): string {
  const texts = stale.map((each) => `${each}: stale GroupVersion discovery: ${each}`)
  return `unable to retrieve the complete list of server APIs: ${texts.join(', ')}`
}

/** A resource may go, or not be what discovery said of it: then there is nothing to delete. */
async function unlessUnsupported<T>(asking: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await asking
  } catch (error) {
    if (isNotFound(error) || (error instanceof KubeApiError && error.status === 405)) return otherwise
    throw error
  }
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}
