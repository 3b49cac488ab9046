import type { KubeObject } from '../../apis/meta/v1.ts'
import { formatDuration } from '../../common/duration.ts'
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
import { CommandError, connectionTrouble } from '../failure.ts'
import type { Report } from '../progress.ts'

/** A watch that broke, or a server that is away, is tried again after so long. */
const RECONNECT_MS = 500

/** Servers end watches after some minutes; ours need not be longer than that. */
const WATCH_SECONDS = 240

/** What the objects that were waited for did not become in time: `status` says how far they were. */
export class WaitTimeoutError extends CommandError {
  readonly status: string

  constructor(what: string, timeoutMs: number, status: string) {
    super(
      `timed out after ${formatDuration(timeoutMs)} waiting for ${what}${status === '' ? '' : `: ${status}`}`,
    )
    this.status = status
  }
}

export interface Awaited<T extends KubeObject> {
  readonly cluster: KubeClient
  readonly resource: ResourceDefinition
  readonly selection?: Pick<SelectionOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>
  /** As in `waiting for <what>`. */
  readonly what: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Whether the objects are what is waited for. */
  isDone(objects: readonly T[]): boolean
  /** How far they are, such as a Pod's waiting reason. */
  statusOf(objects: readonly T[]): string
  readonly report?: Report
  /** A kind that the API does not have (any more) ends the wait, with no objects. @default false */
  readonly goneMeansDone?: boolean
  /** What to say after a wait in vain, beside how far it came. */
  readonly advice?: string
}

/**
 * Follows objects until they are what is waited for. A watch that ends or breaks is opened anew from a fresh list, so that nothing
 * is missed; only refusals end the wait early, for they do not pass. Rejects with a WaitTimeoutError that tells how far it came.
 */
export async function awaitObjects<T extends KubeObject>(awaited: Awaited<T>): Promise<readonly T[]> {
  const { cluster, signal, timeoutMs, what, report } = awaited
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), timeoutMs)
  const both = AbortSignal.any([signal, ending.signal])
  let status = ''
  const tell = (text: string) => {
    status = text
    report?.(text)
  }
  try {
    for (;;) {
      try {
        const done = await followOnce(awaited, both, tell)
        if (done) return done
      } catch (error) {
        signal.throwIfAborted()
        if (ending.signal.aborted)
          throw new WaitTimeoutError(what, timeoutMs, advised(status, awaited.advice))
        if (awaited.goneMeansDone && isNotFound(error)) return []
        tell(passingTrouble(error))
      }
      await cluster.clock.sleep(RECONNECT_MS, both).catch(() => {}) // looked at above, or the loop's next request
    }
  } finally {
    clearTimeout(timer)
  }
}

function advised(status: string, advice: string | undefined): string {
  return [status, advice ?? ''].filter((text) => text !== '').join('; ')
}

/** One list and the watch that follows it. Undefined when the watch has ended before it was done. */
async function followOnce<T extends KubeObject>(
  { cluster, resource, selection, isDone, statusOf }: Awaited<T>,
  signal: AbortSignal,
  tell: Report,
): Promise<readonly T[] | undefined> {
  const client = cluster.resource<T>(resource)
  const { items, metadata } = await client.listAll({ ...selection, signal })
  const objects = new Map(items.map((item) => [keyOf(item), item]))
  const look = () => {
    const all = [...objects.values()]
    if (isDone(all)) return all
    tell(statusOf(all))
    return undefined
  }
  const now = look()
  if (now) return now
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
    const done = look()
    if (done) return done
  }
  return undefined
}

/** What to say of trouble that may pass. Throws what does not. */
function passingTrouble(error: unknown): string {
  if (isUnauthorized(error) || isForbidden(error)) throw error
  if (isNotFound(error)) return 'the API does not know this kind yet'
  if (error instanceof KubeRequestError)
    return connectionTrouble(error) ?? 'the connection broke, connecting anew'
  if (error instanceof KubeApiError) return error.message
  throw error
}
