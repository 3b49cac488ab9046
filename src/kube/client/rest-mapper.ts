import type { APIGroupDiscoveryList } from '../../apis/apidiscovery/v2.ts'
import type { APIResource } from '../../apis/meta/v1.ts'
import { AppError } from '../../common/errors.ts'
import type { Clock } from '../clock.ts'
import { KubeApiError } from '../errors.ts'
import type { RequestSender } from './resource-client.ts'
import { groupPath, type ResourceDefinition } from './resource-definition.ts'

const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',')

/** A kind that is not there may have come since; but not every question for it is worth asking the server again. */
const LOOK_AGAIN_AFTER_MS = 1000

/** A kind of object that the API does not have. */
export class NoKindMatchError extends AppError {
  constructor(apiVersion: string, kind: string) {
    super(
      'ERR_NO_KIND_MATCH',
      `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
    )
  }
}

/** What `/api` (versions) and `/apis` (groups) answer where discovery is not aggregated. */
interface VersionList {
  readonly versions?: readonly string[]
  readonly groups?: readonly {
    readonly name: string
    readonly versions?: readonly { readonly version: string }[]
  }[]
}

type Definitions = ReadonlyMap<string, ResourceDefinition>

/**
 * Finds the resource of a kind by asking the API what it has: in two requests where it knows aggregated discovery, else in one
 * for each group's version. Answers are kept until a kind is asked for that is not among them.
 */
export class RestMapper {
  readonly #client: RequestSender
  readonly #clock: Clock
  #known: Definitions | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #asking: Promise<Definitions> | undefined
  #resets = 0

  constructor(client: RequestSender & { readonly clock: Clock }) {
    this.#client = client
    this.#clock = client.clock
  }

  /** Rejects with a NoKindMatchError when there is no such kind. */
  async definitionOf(apiVersion: string, kind: string, signal?: AbortSignal): Promise<ResourceDefinition> {
    const id = `${apiVersion} ${kind}`
    const found = this.#known?.get(id)
    if (found) return found
    signal?.throwIfAborted()
    const isFresh = this.#known && this.#clock.monotonic() - this.#askedAt <= LOOK_AGAIN_AFTER_MS
    const definition = isFresh ? undefined : (await this.#discover()).get(id)
    if (!definition) throw new NoKindMatchError(apiVersion, kind)
    return definition
  }

  /** Everything will be asked for anew: a CRD has come or changed. */
  reset(): void {
    this.#known = undefined
    this.#asking = undefined // what is on its way was asked before the change
    this.#resets += 1
  }

  /** The API does not have a resource as it was said to be: everything is asked for anew, unless that has been done since. */
  disown(definition: ResourceDefinition): void {
    if ([...(this.#known?.values() ?? [])].includes(definition)) this.reset()
  }

  #discover(): Promise<Definitions> {
    const resets = this.#resets
    const isLatest = () => resets === this.#resets
    this.#asking ??= this.#ask()
      .then((definitions) => {
        if (isLatest()) this.#keep(definitions)
        return definitions
      })
      .finally(() => {
        if (isLatest()) this.#asking = undefined
      })
    return this.#asking
  }

  #keep(definitions: Definitions): void {
    this.#known = definitions
    this.#askedAt = this.#clock.monotonic()
  }

  async #ask(): Promise<Definitions> {
    const definitions = new Map<string, ResourceDefinition>()
    for (const path of ['/api', '/apis']) {
      const answer = await this.#client.request<{ kind?: string } | null>({
        method: 'GET',
        path,
        accept: AGGREGATED,
      })
      if (answer?.kind === 'APIGroupDiscoveryList')
        addAggregated(answer as APIGroupDiscoveryList, definitions)
      else await this.#addOneByOne(groupVersionsOf((answer ?? {}) as VersionList), definitions)
    }
    return definitions
  }

  /** A group whose server is away is left out, as in aggregated discovery: the others are still there. */
  async #addOneByOne(
    groupVersions: readonly { group: string; version: string }[],
    definitions: Map<string, ResourceDefinition>,
  ): Promise<void> {
    for (const groupVersion of groupVersions) {
      try {
        const path = groupPath(groupVersion)
        const { resources } = await this.#client.request<{ resources?: readonly APIResource[] }>({
          method: 'GET',
          path,
        })
        for (const { name, kind, namespaced } of resources ?? []) {
          if (!name.includes('/')) add(definitions, kind, { ...groupVersion, plural: name, namespaced })
        }
      } catch (error) {
        if (!(error instanceof KubeApiError)) throw error
      }
    }
  }
}

function addAggregated({ items }: APIGroupDiscoveryList, definitions: Map<string, ResourceDefinition>): void {
  for (const { metadata, versions = [] } of items) {
    for (const { version, resources = [] } of versions) {
      for (const { resource: plural, responseKind, scope } of resources) {
        if (!responseKind) continue // it has subresources only
        const group = metadata?.name ?? ''
        add(definitions, responseKind.kind, { group, version, plural, namespaced: scope === 'Namespaced' })
      }
    }
  }
}

function groupVersionsOf(answer: VersionList): { group: string; version: string }[] {
  const core = (answer.versions ?? []).map((version) => ({ group: '', version }))
  const named = (answer.groups ?? []).flatMap(({ name, versions = [] }) =>
    versions.map(({ version }) => ({ group: name, version })),
  )
  return [...core, ...named]
}

function add(
  definitions: Map<string, ResourceDefinition>,
  kind: string,
  definition: ResourceDefinition,
): void {
  const { group, version } = definition
  const id = `${group === '' ? version : `${group}/${version}`} ${kind}`
  if (!definitions.has(id)) definitions.set(id, definition)
}
