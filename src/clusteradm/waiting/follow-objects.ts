import type { KubeObject } from '../../apis/meta/v1.ts'
import {
  isForbidden,
  isNotFound,
  isUnauthorized,
  KubeApiError,
  type KubeClient,
  KubeRequestError,
  keyOf,
  type ResourceDefinition,
  type SelectionOptions,
} from '../../kube/client.ts'
import { connectionTrouble } from '../failure.ts'

/** A watch that broke, or a server that is away, is tried again after so long. */
const RECONNECT_MS = 500

/** Servers end watches after some minutes; ours need not be longer than that. */
const WATCH_SECONDS = 240

export interface Followed {
  readonly cluster: KubeClient
  readonly resource: ResourceDefinition
  readonly selection?: Pick<SelectionOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>
  /** A kind that the API does not have (any more) is told as no objects; else as trouble. @default false */
  readonly mayBeGone?: boolean
}

export interface Follower<T extends KubeObject> {
  /** Called with all objects, at first and at each change. True ends it. */
  onObjects(objects: readonly T[]): boolean
  /** Why they cannot be seen at the moment. */
  onTrouble(text: string): void
}

/**
 * Follows objects until somebody has seen enough. A watch that ends or breaks is opened anew from a fresh list, so that nothing is
 * missed. Rejects with the signal's reason, and for being refused at the first look, which does not pass: later it does, for servers
 * that have just been started refuse for a moment.
 */
export async function followObjects<T extends KubeObject>(
  followed: Followed,
  { onObjects, onTrouble }: Follower<T>,
  signal: AbortSignal,
): Promise<void> {
  let wasLetIn = false
  const onSeen = (objects: readonly T[]): boolean => {
    wasLetIn = true
    return onObjects(objects)
  }
  for (;;) {
    try {
      if (await followOnce(followed, onSeen, signal)) return
    } catch (error) {
      signal.throwIfAborted()
      if (!wasLetIn && (isUnauthorized(error) || isForbidden(error))) throw error
      if (followed.mayBeGone && isNotFound(error)) {
        if (onSeen([])) return
      } else onTrouble(troubleText(error))
    }
    await followed.cluster.clock.sleep(RECONNECT_MS, signal)
  }
}

/** One list and the watch that follows it. False when the watch has ended before enough was seen. */
async function followOnce<T extends KubeObject>(
  { cluster, resource, selection }: Followed,
  onObjects: (objects: readonly T[]) => boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const client = cluster.resource<T>(resource)
  const { items, metadata } = await client.listAll({ ...selection, signal })
  const objects = new Map(items.map((item) => [keyOf(item), item]))
  if (onObjects([...objects.values()])) return true
  const events = await client.watch({
    ...selection,
    ...(metadata.resourceVersion && { resourceVersion: metadata.resourceVersion }),
    timeoutSeconds: WATCH_SECONDS,
    signal,
  })
  for await (const { type, object } of events) {
    if (type === 'BOOKMARK') continue
    if (type === 'DELETED') objects.delete(keyOf(object))
    else objects.set(keyOf(object), object as T)
    if (onObjects([...objects.values()])) return true
  }
  return false
}

/** What to say of trouble that may pass. Throws what is none of the API's. */
function troubleText(error: unknown): string {
  if (isNotFound(error)) return 'the API does not know this kind yet'
  if (error instanceof KubeRequestError)
    return connectionTrouble(error) ?? 'the connection broke, connecting anew'
  if (error instanceof KubeApiError) return error.message
  throw error
}
