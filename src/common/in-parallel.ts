/** Does something with all items, with at most so many at once. Rejects with the first failure, and begins no more. */
export async function inParallel<T>(
  items: readonly T[],
  most: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0
  const work = async () => {
    try {
      while (next < items.length) await act(items[next++] as T)
    } catch (error) {
      next = items.length
      throw error
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work))
}
