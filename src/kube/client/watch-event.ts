import type { KubeObject } from '../../apis/meta/v1.ts'
import { parseExactJson } from '../../common/exact-json.ts'
import { apiErrorFrom, KubeRequestError } from '../errors.ts'

/** What happened to an object; or, as a bookmark, that nothing has happened up to its resourceVersion. */
export type WatchEvent<T extends KubeObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: KubeObject }

const TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'])

/** Reads a line of a watch. Throws a KubeApiError where it tells of one, a KubeRequestError where it makes no sense. */
export function parseWatchEvent<T extends KubeObject>(line: string, title: string): WatchEvent<T> {
  const event = parseAnswer(line, title)
  if (isRecord(event)) {
    if (event.type === 'ERROR') throw apiErrorFrom(event.object, 500, title)
    // All events of a busy cluster pass here: more than this is not looked at, and nothing is copied.
    const { object } = event
    if (TYPES.has(event.type) && isRecord(object) && isRecord(object.metadata)) {
      return event as unknown as WatchEvent<T>
    }
  }
  throw new KubeRequestError(`the answer to ${title} holds something that is no event`)
}

/** @throws KubeRequestError */
export function parseAnswer(text: string, title: string): unknown {
  try {
    return parseExactJson(text)
  } catch (error) {
    throw new KubeRequestError(`the answer to ${title} is no JSON`, { cause: error })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
