import { setImmediate } from 'node:timers/promises'

/** How long work may keep everything else waiting. */
export const SLICE_MS = 10

/** Does the work for one item after the other, and lets others have their turn in between. */
export async function inSlices<T, R>(items: Iterable<T>, work: (item: T) => R): Promise<R[]> {
  const results: R[] = []
  let begun = performance.now()
  for (const item of items) {
    results.push(work(item))
    if (performance.now() - begun < SLICE_MS) continue
    await setImmediate()
    begun = performance.now()
  }
  return results
}
