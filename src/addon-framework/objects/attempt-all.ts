import { inParallel } from '../../common/in-parallel.ts'

/**
 * Does something with all items, with at most so many at once, though some may fail: one cluster's trouble is not another's. Rejects, at the
 * end, with the failure, or with an AggregateError of several.
 */
export async function attemptAll<T>(
  items: readonly T[],
  most: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  await inParallel(items, most, async (item) => {
    try {
      await act(item)
    } catch (error) {
      failures.push(error)
    }
  })
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} of ${items.length} failed`)
  if (failures.length === 1) throw failures[0]
}
