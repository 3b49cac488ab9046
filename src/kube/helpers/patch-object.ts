import type { Condition, KubeObject } from '../../apis/meta/v1.ts'
import type { ResourceClient } from '../client/resource-client.ts'
import { KubeApiError } from '../errors.ts'
import { type NewCondition, setCondition } from './conditions.ts'
import { retryOnConflict } from './retry-on-conflict.ts'

export interface PatchObjectOptions {
  readonly signal: AbortSignal
  /** @default the object itself */
  readonly subresource?: 'status'
}

/** What to merge into an object as it is; undefined when all is as it should be. */
export type ObjectChange<T> = (object: T) => object | undefined

export interface PatchResult<T> {
  /** As it was before, and `change` has seen it. */
  readonly before: T | undefined
  /** As it is now, another one if it was written; undefined if it has gone. */
  readonly object: T | undefined
}

/** An object as far as its conditions go. */
export type WithConditions = KubeObject & {
  readonly status?: { readonly conditions?: readonly Condition[] | null } | null
}

/**
 * Merges into an object what `change` makes of it, in the state that it was made of: who has written meanwhile has it made anew. Many
 * controllers and an agent write the same lists, of which a merge replaces all. Controllers of one process that write the same objects
 * share an ObjectPatcher rather than find each other in conflict.
 */
export async function changeObject<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  change: ObjectChange<T>,
  { signal, subresource }: PatchObjectOptions,
): Promise<PatchResult<T>> {
  const { namespace, name = '', uid, resourceVersion: seen } = object.metadata
  const key = { namespace, name }
  const write = async (latest: T | undefined): Promise<PatchResult<T>> => {
    if (!latest || latest.metadata.uid !== uid) return { before: latest, object: undefined }
    const changed = change(latest)
    if (!changed) return { before: latest, object: latest }
    const { resourceVersion } = latest.metadata
    const { metadata, ...rest } = changed as { metadata?: object }
    const body = { metadata: { ...metadata, uid, resourceVersion }, ...rest }
    const options = { signal, ...(subresource && { subresource }) }
    return { before: latest, object: await resource.patch(key, { type: 'merge', body }, options) }
  }
  try {
    return await write(object)
  } catch (error) {
    if (!(error instanceof KubeApiError)) throw error
    // Webhooks are asked before versions are compared: a cache that is behind may be refused rather than in conflict.
    const latest = await resource.find(key, { signal })
    if (latest && latest.metadata.resourceVersion === seen) throw error
    let known: T | undefined = latest
    return retryOnConflict(
      async () => {
        const next = known ?? (await resource.find(key, { signal }))
        known = undefined // read anew if this fails
        return write(next)
      },
      { signal },
    )
  }
}

/** Like `changeObject`; resolves with whether anything was written: not if there is nothing to change, or if the object has gone. */
export async function patchObject<T extends KubeObject>(
  resource: ResourceClient<T>,
  object: T,
  change: ObjectChange<T>,
  options: PatchObjectOptions,
): Promise<boolean> {
  return isWritten(await changeObject(resource, object, change, options))
}

export function isWritten<T>({ before, object }: PatchResult<T>): boolean {
  return object !== undefined && object !== before
}

/** Sets conditions in the object's status, if they are not set yet. Resolves with whether anything was written. */
export function patchConditions<T extends WithConditions>(
  resource: ResourceClient<T>,
  object: T,
  wanted: readonly NewCondition[],
  { signal, now }: { readonly signal: AbortSignal; readonly now: number },
): Promise<boolean> {
  return patchObject(resource, object, conditionsChange(wanted, now), { signal, subresource: 'status' })
}

/** Conditions of others stay as they are. */
export function conditionsChange(wanted: readonly NewCondition[], now: number): ObjectChange<WithConditions> {
  return ({ status }) => {
    const before = status?.conditions ?? []
    const after = wanted.reduce<readonly Condition[]>((all, each) => setCondition(all, each, now), before)
    return after === before ? undefined : { status: { conditions: after } }
  }
}
