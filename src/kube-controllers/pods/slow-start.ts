/**
 * Does something so many times: once, then two times at once, four times and so on, until there is a failure. So what always
 * fails does so but a few times (kubernetes, slowStartBatch). Resolves with the number of successes, and the first error.
 */
export async function slowStart(
  count: number,
  act: (index: number) => Promise<void>,
): Promise<{ readonly successes: number; readonly error?: unknown }> {
  let begun = 0
  let successes = 0
  for (let size = Math.min(1, count); size > 0; size = Math.min(2 * size, count - begun)) {
    const first = begun
    begun += size
    const results = await Promise.allSettled(Array.from({ length: size }, (_, index) => act(first + index)))
    const failed = results.find((result) => result.status === 'rejected')
    successes += results.filter(({ status }) => status === 'fulfilled').length
    if (failed) return { successes, error: failed.reason }
  }
  return { successes }
}
