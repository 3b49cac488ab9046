import type { KubeObject } from '../../src/apis/meta/v1.ts'
import { keyOf, type ResourceClient, type SelectionOptions } from '../../src/kube/index.ts'

/** A guard against hanging, generous since the machine may be busy: some wait for hundreds of objects. */
const GIVE_UP_AFTER_MS = 90_000

/** Watches objects until they are as they should be, by their keys (`namespace/name`), and resolves with them. */
export async function untilObjects<T extends KubeObject>(
  watched: Pick<ResourceClient<T>, 'watch'>,
  selection: SelectionOptions,
  isAsWanted: (objects: ReadonlyMap<string, T>) => boolean,
): Promise<ReadonlyMap<string, T>> {
  const ending = new AbortController()
  const objects = new Map<string, T>()
  let isComplete = false
  const alarm = setTimeout(() => {
    const found = JSON.stringify([...objects.values()]).slice(0, 2000)
    ending.abort(new Error(`waited in vain for objects, which are ${found}`))
  }, GIVE_UP_AFTER_MS)
  try {
    const events = await watched.watch({
      ...selection,
      sendInitialEvents: true,
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: true,
      signal: ending.signal,
    })
    for await (const { type, object } of events) {
      if (type === 'BOOKMARK') isComplete = true
      else if (type === 'DELETED') objects.delete(keyOf(object))
      else objects.set(keyOf(object), object)
      if (isComplete && isAsWanted(objects)) return objects
    }
    throw new Error('the watch has ended')
  } finally {
    clearTimeout(alarm)
    ending.abort()
  }
}
