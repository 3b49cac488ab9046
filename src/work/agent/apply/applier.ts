import type { ObjectKey, OwnerReference } from '../../../apis/meta/v1.ts'
import { CONFIG_SPEC_HASH_ANNOTATION, DEFAULT_FIELD_MANAGER } from '../../../apis/work/constants.ts'
import type { ServerSideApplyConfig } from '../../../apis/work/v1.ts'
import { errorMessage } from '../../../common/errors.ts'
import type { Logger } from '../../../common/log.ts'
import { type ApplyOptions, isConflict, isInvalid, type ResourceClient } from '../../../kube/index.ts'
import type { ManifestConfig } from '../manifest-config.ts'
import type { ManifestObject } from '../manifest-object.ts'
import { isRemoval, mergeOwner } from '../ownership.ts'
import { ApplyConflictError, ApplyError } from './errors.ts'
import { conflictingUpdaters, isUpdatedByOwner } from './former-updates.ts'
import { configSpecHash, withoutIgnoredFields, withoutNullTimes } from './ignore-fields.ts'
import { asCreated } from './merge-metadata.ts'
import { isAppliedBy } from './owned-fields.ts'
import { prepared, updateOf } from './updated-object.ts'

/** One object that is to be as its manifest says. */
export interface Application {
  readonly resource: ResourceClient<ManifestObject>
  readonly key: ObjectKey
  /** Without a uid. */
  readonly manifest: ManifestObject
  /** The work, or that it is to be an owner no longer. */
  readonly owner: OwnerReference
  readonly strategy: ManifestConfig['updateStrategy']
  readonly log: Logger
  readonly signal: AbortSignal
  /** Called with what has been applied and is to get its owner by a write of its own. */
  readonly onUnowned: (object: ManifestObject) => void
}

/** The strategy can do without knowing whether the object is there. */
export function canApplyUnseen(strategy: ManifestConfig['updateStrategy']): boolean {
  if (strategy?.type === 'ReadOnly') return false
  return strategy?.type !== 'ServerSideApply' || !strategy.serverSideApply?.ignoreFields?.length
}

/**
 * Makes an object what its manifest says, by the strategy that the work asks for. `existing` is what is there, as far as it is known:
 * where that is out of date, this rejects with a conflict, or as if the object were there or not there after all.
 *
 * Resolves with the object as it is then; with undefined for one that is only read, and not there.
 */
export function applied(
  application: Application,
  existing: ManifestObject | undefined,
): Promise<ManifestObject | undefined> {
  switch (application.strategy?.type) {
    case 'ReadOnly':
      return Promise.resolve(existing)
    case 'CreateOnly':
      return createOnly(application, existing)
    case 'ServerSideApply':
      return serverSide(application, existing)
    default:
      return update(application, existing)
  }
}

/** Whether `applied` would leave an object as it is, as far as that can be told by looking at it. */
export function isApplied(
  { manifest, owner, strategy, log }: Application,
  existing: ManifestObject,
): boolean {
  switch (strategy?.type) {
    case 'ReadOnly':
      return true
    case 'CreateOnly':
      return hasOwner(existing, owner)
    case 'ServerSideApply': {
      const { ignoreFields = [], fieldManager } = strategy.serverSideApply ?? {}
      if (ignoreFields.length === 0) {
        const manager = fieldManager || DEFAULT_FIELD_MANAGER
        return hasOwner(existing, owner) && isAppliedBy(manager, withoutNullTimes(manifest), existing)
      }
      const hash = configSpecHash(withoutIgnoredFields(withoutNullTimes(manifest), ignoreFields, log))
      return hasOwner(existing, owner) && hasHash(existing, hash)
    }
    default:
      return updateOf(existing, manifest, owner).kind === 'none'
  }
}

async function createOnly(
  application: Application,
  existing: ManifestObject | undefined,
): Promise<ManifestObject> {
  const { resource, manifest, owner, signal } = application
  if (existing) return withOwner(application, existing)
  return resource.create(asCreated(manifest, owner), { signal })
}

async function update(
  application: Application,
  existing: ManifestObject | undefined,
): Promise<ManifestObject> {
  const { resource, manifest, owner, signal } = application
  if (!existing) return resource.create(asCreated(prepared(manifest), owner), { signal })
  const change = updateOf(existing, manifest, owner)
  switch (change.kind) {
    case 'none':
      return existing
    case 'recreate':
      return recreate(application, change.object)
    case 'update':
      try {
        return await resource.update(change.object, { signal })
      } catch (error) {
        const isFixed = isInvalid(error) && errorMessage(error).includes('field is immutable')
        if (!isFixed || manifest.kind !== 'Secret') throw error
        return recreate(application, change.object)
      }
  }
}

async function recreate(
  { resource, key, signal }: Application,
  object: ManifestObject,
): Promise<ManifestObject> {
  const { resourceVersion: _, uid, creationTimestamp: __, managedFields: ___, ...metadata } = object.metadata
  await resource.delete(key, { signal, ...(uid && { preconditions: { uid } }) })
  try {
    return await resource.create({ ...object, metadata }, { signal })
  } catch (error) {
    throw new ApplyError(`failed to re-create ${object.kind} ${key.name}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

async function serverSide(
  application: Application,
  existing: ManifestObject | undefined,
): Promise<ManifestObject> {
  const { manifest, strategy, log, signal } = application
  const {
    force = false,
    fieldManager,
    ignoreFields = [],
  }: ServerSideApplyConfig = strategy?.serverSideApply ?? {}
  let required = withoutNullTimes(manifest)
  if (ignoreFields.length > 0) {
    const reduced = withoutIgnoredFields(required, ignoreFields, log)
    const hash = configSpecHash(reduced)
    if (existing && hasHash(existing, hash)) return withOwner(application, existing)
    required = withHash(existing ? reduced : required, hash)
  }
  const { namespace, name } = application.key
  const typed = {
    ...required,
    apiVersion: manifest.apiVersion ?? '',
    kind: manifest.kind ?? '',
    metadata: { ...required.metadata, name, namespace },
  }
  const options = { fieldManager: fieldManager || DEFAULT_FIELD_MANAGER, signal }
  try {
    const object = await appliedBy(application, typed, { ...options, force })
    if (!isRemoval(application.owner) && !hasOwner(object, application.owner)) application.onUnowned(object)
    return await withOwner(application, object)
  } catch (error) {
    if (isConflict(error) && hasManagerConflict(error))
      throw new ApplyConflictError(errorMessage(error), { cause: error })
    throw error
  }
}

/** What the strategy `Update` has written of a work's own object is in nobody's way: it is taken over. */
async function appliedBy(
  { resource, key, owner }: Application,
  object: Parameters<Application['resource']['apply']>[0],
  options: ApplyOptions,
): Promise<ManifestObject> {
  try {
    return await resource.apply(object, options)
  } catch (error) {
    const managers = conflictingUpdaters(error)
    if (managers.size === 0) throw error
    const existing = await resource.find(key, { signal: options.signal })
    if (!existing || !isUpdatedByOwner(existing, owner, managers)) throw error
    return resource.apply(object, { ...options, force: true })
  }
}

function hasManagerConflict(error: unknown): boolean {
  const { causes = [] } = error as { causes?: readonly { reason?: string }[] }
  return (
    causes.some(({ reason }) => reason === 'FieldManagerConflict') ||
    /^Apply failed with \d+ conflict/.test(errorMessage(error))
  )
}

function hasHash({ metadata }: ManifestObject, hash: string): boolean {
  return metadata.annotations?.[CONFIG_SPEC_HASH_ANNOTATION] === hash
}

function withHash(object: ManifestObject, hash: string): ManifestObject {
  const annotations = { ...object.metadata.annotations, [CONFIG_SPEC_HASH_ANNOTATION]: hash }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

/** The object with its owner added or removed: a write of its own, for the owner is no field of the manifest's manager. */
export async function withOwner(
  { resource, key, owner, signal }: Pick<Application, 'resource' | 'key' | 'owner' | 'signal'>,
  object: ManifestObject,
): Promise<ManifestObject> {
  if (hasOwner(object, owner)) return object
  const { uid, resourceVersion, ownerReferences: existing } = object.metadata
  const ownerReferences = mergeOwner(existing, owner)
  const body = { metadata: { uid, resourceVersion, ownerReferences } }
  return resource.patch(key, { type: 'merge', body }, { signal })
}

/** Whether the object has its owner, or has it no longer, as it should be. */
function hasOwner({ metadata: { ownerReferences = [] } }: ManifestObject, owner: OwnerReference): boolean {
  return mergeOwner(ownerReferences, owner) === ownerReferences
}
