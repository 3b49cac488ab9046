import type { Logger } from '../../common/log.ts'
import type { JsonObject } from '../api/json.ts'
import { isStatus } from '../api/status.ts'
import { trackUpdate } from '../apply/index.ts'
import {
  CLEANUP_FINALIZER,
  type ConversionCalls,
  type ConversionMetrics,
  compileDefinition,
  DELETION_COMPLETED,
  DELETION_IN_PROGRESS,
  type Definition,
  type DefinitionStatus,
  definitionOf,
  definitionStatus,
  isEstablished,
  WebhookConverter,
  withCondition,
} from '../custom/index.ts'
import type { GroupInfo, ResourceInfo } from '../discovery/index.ts'
import { type KubeObject, type ObjectRegistry, type ResourceType, withMeta } from '../registry/index.ts'
import { type CustomResources, customResource, type ServedResource } from '../resources/index.ts'
import type { ObjectStore } from '../storage/index.ts'
import type { ObjectSource } from './object-source.ts'

export interface DefinitionsComponents {
  readonly log: Logger
  readonly store: ObjectStore
  readonly objects: ObjectSource
  readonly registry: ObjectRegistry
  /** That of the definitions themselves. */
  readonly resource: ServedResource
  /** To webhooks that convert objects. */
  readonly conversions: ConversionCalls
  readonly conversionMetrics: ConversionMetrics
  readonly now: () => number
}

/** One definition, and what is served by it. */
interface Entry {
  readonly object: KubeObject
  readonly definition: Definition
  readonly replaced: AbortController
  /** By version. Compiled when somebody asks for it. */
  resources: ReadonlyMap<string, ServedResource> | undefined
}

const WRITER = 'kube-apiserver'

/**
 * The resources that somebody has defined. It follows the definitions, tells in their status what has become of them, and deletes
 * the objects of those that are to go.
 *
 * Invariant: what is served is what the definitions say that have been established.
 */
export class Definitions implements CustomResources {
  readonly #components: DefinitionsComponents
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<() => void>()
  /** Names of definitions to look at. */
  readonly #dirty = new Set<string>()
  readonly #emptying = new Map<string, () => void>()
  #working: Promise<void> | undefined
  #unfollow: (() => void) | undefined

  constructor(components: DefinitionsComponents) {
    this.#components = components
  }

  start(): void {
    const { objects, resource } = this.#components
    this.#unfollow = objects.follow(resource.storedResource, (object, isGone) => this.#learn(object, isGone))
  }

  async stop(): Promise<void> {
    this.#unfollow?.()
    this.#unfollow = undefined
    this.#dirty.clear()
    for (const stop of this.#emptying.values()) stop()
    await this.#working
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    const entry = this.#entries.get(`${resource}.${group}`)
    if (!entry || !isEstablished(entry.definition)) return undefined
    return this.#resourcesOf(entry).get(version)
  }

  groups(): readonly GroupInfo[] {
    const groups = new Map<string, Map<string, ResourceInfo[]>>()
    for (const name of [...this.#entries.keys()].sort()) {
      const entry = this.#entries.get(name) as Entry
      if (!isEstablished(entry.definition)) continue
      for (const { group, version, info } of this.#resourcesOf(entry).values()) {
        const versions = groups.get(group) ?? new Map<string, ResourceInfo[]>()
        groups.set(group, versions)
        const list = versions.get(version) ?? []
        versions.set(version, [...list, info])
      }
    }
    return [...groups].sort(byName).map(([group, versions]) => ({
      group,
      versions: [...versions]
        .sort(([one], [other]) => compareVersions(one, other))
        .map(([version, resources]) => ({ version, resources })),
    }))
  }

  /** Those that are served. */
  definitions(): readonly KubeObject[] {
    const served = [...this.#entries.values()].filter(({ definition }) => isEstablished(definition))
    return served.map(({ object }) => object)
  }

  /** Calls back whenever something else is served. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  #learn(object: KubeObject, isGone: boolean): void {
    const { name = '' } = object.metadata
    const old = this.#entries.get(name)
    const definition = definitionOf(object)
    if (isGone) this.#entries.delete(name)
    else if (old && servesTheSame(old.object, object)) this.#entries.set(name, { ...old, object, definition })
    else if (old && servesTheSame(old.object, { ...object, metadata: withoutEnd(object.metadata) })) {
      // It is about to end: whoever watches is to see how its objects go.
      this.#entries.set(name, { object, definition, replaced: old.replaced, resources: undefined })
    } else
      this.#entries.set(name, { object, definition, replaced: new AbortController(), resources: undefined })
    const isOther = this.#entries.get(name)?.replaced !== old?.replaced
    if (isOther) {
      old?.replaced.abort()
      for (const listener of this.#listeners) listener()
    }
    // A name that is free again may be what another definition waits for.
    for (const [each, entry] of this.#entries)
      if (each === name || (isOther && entry.definition.spec.group === definition.spec.group))
        this.#look(each)
  }

  #resourcesOf(entry: Entry): ReadonlyMap<string, ServedResource> {
    if (entry.resources) return entry.resources
    const { object, definition, replaced } = entry
    const versions = compileDefinition(object)
    const names = definition.status.acceptedNames ?? {}
    const { generation = 1, deletionTimestamp } = object.metadata
    const isKeptAsServed = generation === 1 && definition.status.storedVersions?.length === 1
    const converter = this.#converterOf(definition)
    const served = [...versions].filter(([, version]) => version.served)
    entry.resources = new Map(
      served.map(([name, version]) => [
        name,
        customResource({
          versions,
          version,
          names,
          converter,
          isKeptAsServed,
          isEnding: deletionTimestamp !== undefined,
          replaced: replaced.signal,
        }),
      ]),
    )
    return entry.resources
  }

  #converterOf({ metadata, spec: { conversion, names = {} } }: Definition): WebhookConverter | undefined {
    if (conversion?.strategy !== 'Webhook') return undefined
    const listKind = names.listKind ?? `${names.kind}List`
    const { conversions: calls, conversionMetrics: metrics } = this.#components
    const definition = metadata.name ?? ''
    return new WebhookConverter({ calls, metrics }, { definition, conversion, listKind })
  }

  #look(name: string): void {
    this.#dirty.add(name)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    await Promise.resolve() // whoever has told of the change goes first
    for (const name of this.#dirty) {
      this.#dirty.delete(name)
      try {
        await this.#reconcile(name)
      } catch (err) {
        // Who was overtaken will hear of the change that was faster.
        const isOvertaken = isStatus(err, 'NotFound') || isStatus(err, 'Conflict')
        if (!isOvertaken)
          this.#components.log.error({ err, definition: name }, 'cannot look after a definition')
      }
    }
    this.#working = undefined
  }

  async #reconcile(name: string): Promise<void> {
    const entry = this.#entries.get(name)
    if (!entry) return
    const { metadata, status } = entry.definition
    if (metadata.deletionTimestamp === undefined) {
      const all = [...this.#entries.values()].map(({ definition }) => definition)
      const next = definitionStatus(entry.definition, all, this.#components.now())
      if (next !== status) await this.#writeStatus(name, next)
    } else if (metadata.finalizers?.includes(CLEANUP_FINALIZER)) {
      await this.#empty(name, entry)
    }
  }

  /** Deletes all objects of a definition, and lets it go once the last has gone. */
  async #empty(name: string, entry: Entry): Promise<void> {
    const { store, registry, now, resource } = this.#components
    const [version] = compileDefinition(entry.object).values()
    if (version && store.count(name) > 0) {
      await this.#writeStatus(name, withCondition(entry.definition.status, DELETION_IN_PROGRESS, now()))
      for (const { key } of store.list(name).items) {
        const [, namespace = '', objectName = ''] = key.split('/')
        await deleteIfThere(registry, version.type, { namespace, name: objectName })
      }
      if (store.count(name) > 0) {
        this.#lookWhenEmpty(name)
        return
      }
    }
    await this.#writeStatus(name, withCondition(this.#status(name), DELETION_COMPLETED, now()))
    const type = resource.typeOf('') as ResourceType
    await registry.update(type, { namespace: '', name }, (old) => {
      const finalizers = (old.metadata.finalizers ?? []).filter((each) => each !== CLEANUP_FINALIZER)
      return withMeta(old, { finalizers: finalizers.length > 0 ? finalizers : undefined })
    })
  }

  /** Some of its objects have finalizers. */
  #lookWhenEmpty(name: string): void {
    if (this.#emptying.has(name)) return
    const { store } = this.#components
    const stop = store.watch(name, store.revision, () => {
      if (store.count(name) > 0) return
      this.#emptying.get(name)?.()
      this.#emptying.delete(name)
      this.#look(name)
    })
    this.#emptying.set(name, stop)
  }

  #status(name: string): DefinitionStatus {
    return this.#entries.get(name)?.definition.status ?? {}
  }

  async #writeStatus(name: string, status: DefinitionStatus): Promise<void> {
    const { registry, resource, now } = this.#components
    const type = resource.typeOf('status') as ResourceType
    await registry.update(type, { namespace: '', name }, (old) => {
      const written = { ...old, status: status as JsonObject }
      const writer = { manager: WRITER, now: now() }
      return trackUpdate(resource.managedType('status'), old, written, writer) as KubeObject
    })
  }
}

function servesTheSame(one: KubeObject, other: KubeObject): boolean {
  return servedParts(one) === servedParts(other)
}

function withoutEnd({ deletionTimestamp: _, ...metadata }: KubeObject['metadata']): KubeObject['metadata'] {
  return metadata
}

/** All that it depends on what is served. */
function servedParts(object: KubeObject): string {
  const { spec, status, metadata } = definitionOf(object)
  const isEnding = metadata.deletionTimestamp !== undefined
  return JSON.stringify([
    metadata.uid,
    spec,
    status.acceptedNames,
    status.storedVersions,
    isEstablished(definitionOf(object)),
    isEnding,
  ])
}

async function deleteIfThere(
  registry: ObjectRegistry,
  type: ResourceType,
  target: { readonly namespace: string; readonly name: string },
): Promise<void> {
  try {
    await registry.delete(type, target)
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error
  }
}

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/

/** As Kubernetes prefers them: stable ones, then betas, then alphas, each the newest first, then all others by name. */
function compareVersions(one: string, other: string): number {
  const [left, right] = [rank(one), rank(other)]
  if (!left || !right) return left ? -1 : right ? 1 : one < other ? -1 : 1
  for (const [index, value] of left.entries()) {
    const difference = (right[index] as number) - value
    if (difference !== 0) return difference
  }
  return 0
}

function rank(version: string): readonly number[] | undefined {
  const match = VERSION.exec(version)
  if (!match) return undefined
  const [, major = '0', stage, minor = '0'] = match
  return [stage === undefined ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor)]
}

function byName([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : 1
}
