import type { ObjectKey } from '../../apis/meta/v1.ts'
import { AppError } from '../../common/errors.ts'
import {
  deleteIfThere,
  isAlreadyExists,
  isConflict,
  type KubeClient,
  keyText,
  OwnWrites,
  type ResourceClient,
  type ResourceDefinition,
} from '../../kube/index.ts'
import { contentOf, covers, coversMetadata, created, merged } from './differences.ts'
import { definitionOf, describeManifest, type Manifest, manifestKey } from './manifest.ts'
import { withSpecHash } from './spec-hash.ts'

/** Others write at the same time, but not for ever. */
const MAX_ATTEMPTS = 5

/** Finds objects without asking the API, such as in informers' stores. */
export interface ManifestReader {
  /** Whether objects of the resource are looked for here. */
  reads(definition: ResourceDefinition): boolean
  /** Undefined too for an object that is there and unknown to the reader: making it will tell. */
  get(definition: ResourceDefinition, key: ObjectKey): Manifest | undefined
}

export interface ManifestApplierComponents {
  readonly client: KubeClient
  /** @default asks the API for each object */
  readonly reader?: ManifestReader
}

export interface ManifestApplierOptions {
  /** Whose the fields are that are written. */
  readonly fieldManager: string
}

export interface ApplyManifestOptions {
  readonly signal?: AbortSignal | undefined
  /** Of a Deployment: its generation when it was applied last. Any other is somebody else's change, and is put back. */
  readonly lastGeneration?: number | undefined
  /** An existing object for which it holds is left as it is. @default none */
  readonly keeps?: ((existing: Manifest) => boolean) | undefined
}

export interface AppliedManifest<M extends Manifest = Manifest> {
  /** As the API has it. */
  readonly object: M
  readonly operation: 'created' | 'updated' | 'unchanged'
}

/** Says which manifest could not be applied; why, is the cause. */
export class ManifestError extends AppError {
  constructor(action: string, manifest: Manifest, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    super('ERR_MANIFEST', `${action} ${describeManifest(manifest)}: ${reason}`, { cause })
  }
}

/**
 * Makes objects as manifests say, creating or updating them; what is as it should be is not written. What others have added to
 * an object stays, except in a Deployment's spec. Finds what it has just written, though its reader may not know it yet.
 */
export class ManifestApplier {
  readonly #client: KubeClient
  readonly #reader: ManifestReader | undefined
  readonly #fieldManager: string
  /** What this process has applied it knows better than a status that it has read. */
  readonly #generations = new Map<string, number | undefined>()
  readonly #written = new OwnWrites<Manifest>()

  constructor({ client, reader }: ManifestApplierComponents, { fieldManager }: ManifestApplierOptions) {
    this.#client = client
    this.#reader = reader
    this.#fieldManager = fieldManager
  }

  /** Rejects with a ManifestError. */
  async apply<M extends Manifest>(
    manifest: M,
    options: ApplyManifestOptions = {},
  ): Promise<AppliedManifest<M>> {
    const wanted = manifest.kind === 'Deployment' ? withSpecHash(manifest) : manifest
    try {
      return await this.#apply(wanted, options)
    } catch (error) {
      options.signal?.throwIfAborted()
      throw new ManifestError('cannot apply', manifest, error)
    }
  }

  /** Resolves with whether the object was there, and may be for some time yet. Rejects with a ManifestError. */
  async delete(manifest: Manifest, signal?: AbortSignal): Promise<boolean> {
    const definition = definitionOf(manifest)
    const key = manifestKey(manifest)
    try {
      const wasThere = await deleteIfThere(this.#client.resource<Manifest>(definition), key, { signal })
      if (wasThere) this.#written.forget(idOf(definition, key))
      return wasThere
    } catch (error) {
      signal?.throwIfAborted()
      throw new ManifestError('cannot delete', manifest, error)
    }
  }

  async #apply<M extends Manifest>(wanted: M, options: ApplyManifestOptions): Promise<AppliedManifest<M>> {
    const resource = this.#client.resource<M>(definitionOf(wanted))
    let existing = await this.#find<M>(resource, manifestKey(wanted), options.signal)
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#write(resource, existing, wanted, options)
      } catch (error) {
        if ((!isConflict(error) && !isAlreadyExists(error)) || attempt === MAX_ATTEMPTS) throw error
        existing = await resource.find(manifestKey(wanted), { signal: options.signal })
      }
    }
  }

  async #write<M extends Manifest>(
    resource: ResourceClient<M>,
    existing: M | undefined,
    wanted: M,
    { signal, lastGeneration, keeps }: ApplyManifestOptions,
  ): Promise<AppliedManifest<M>> {
    const options = { signal, fieldManager: this.#fieldManager }
    if (existing && keeps?.(existing)) return { object: existing, operation: 'unchanged' }
    const id = idOf(resource.definition, manifestKey(wanted))
    if (existing && isAsWanted(existing, wanted, this.#generations.get(id) ?? lastGeneration))
      return { object: existing, operation: 'unchanged' }
    if (existing && hasOtherRole(existing, wanted)) {
      await resource.delete(manifestKey(wanted), { signal })
      existing = undefined
    }
    const cached = this.#reader?.get(resource.definition, manifestKey(wanted))
    const object = existing
      ? await resource.update(merged(existing, wanted) as M, options)
      : await resource.create(created(wanted) as M, options)
    if (this.#reader?.reads(resource.definition)) this.#written.remember(id, cached, object)
    this.#generations.set(id, object.metadata.generation)
    return { object, operation: existing ? 'updated' : 'created' }
  }

  async #find<M extends Manifest>(
    resource: ResourceClient<M>,
    key: ObjectKey,
    signal: AbortSignal | undefined,
  ): Promise<M | undefined> {
    const { definition } = resource
    if (!this.#reader?.reads(definition)) return resource.find(key, { signal })
    const id = idOf(definition, key)
    const cached = this.#reader.get(definition, key)
    if (cached) return this.#written.latest(id, cached) as M
    if (!this.#written.mayBeThere(id)) return undefined
    const existing = await resource.find(key, { signal })
    if (!existing) this.#written.forget(id)
    return existing
  }
}

function isAsWanted(existing: Manifest, wanted: Manifest, lastGeneration: number | undefined): boolean {
  if (!coversMetadata(existing.metadata, wanted.metadata)) return false
  // the hash among the annotations says of which spec this generation was made
  if (wanted.kind === 'Deployment' && lastGeneration !== undefined)
    return existing.metadata.generation === lastGeneration
  return covers(contentOf(existing), contentOf(wanted))
}

/** The role of a binding cannot be changed, only that of a new one chosen. */
function hasOtherRole(existing: Manifest, wanted: Manifest): boolean {
  return 'roleRef' in wanted && !covers((existing as { roleRef?: unknown }).roleRef, wanted.roleRef)
}

function idOf({ group, plural }: ResourceDefinition, key: ObjectKey): string {
  return `${plural}.${group} ${keyText(key)}`
}
