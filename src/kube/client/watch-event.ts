import { z } from 'zod'
import type { KubeObject } from '../../apis/meta/v1.ts'
import { apiErrorFrom, KubeRequestError } from '../errors.ts'

/** What happened to an object; or, as a bookmark, that nothing has happened up to its resourceVersion. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: KubeObject }

const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']),
    object: z.looseObject({ metadata: z.looseObject({}) }),
  }),
  z.object({ type: z.literal('ERROR'), object: z.unknown() }),
])

/** Reads a line of a watch. Throws a KubeApiError where it tells of one, a KubeRequestError where it makes no sense. */
export function parseWatchEvent<T extends KubeObject>(line: string, title: string): WatchEvent<T> {
  const { data: event, error } = eventSchema.safeParse(parseJson(line, title))
  if (error)
    throw new KubeRequestError(`unexpected event of ${title}: ${z.prettifyError(error)}`, { cause: error })
  if (event.type === 'ERROR') throw apiErrorFrom(event.object, 500, title)
  return event as WatchEvent<T>
}

/** @throws KubeRequestError */
export function parseJson(text: string, title: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new KubeRequestError(`the answer to ${title} is no JSON`, { cause: error })
  }
}
