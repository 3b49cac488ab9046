/**
 * What `work` comes to, unless `signal` fires before. What cannot be stopped goes on unheeded. Leaves no listener on the
 * signal, which may live far longer.
 *
 * @throws the reason of the signal
 */
export async function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: fired, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([fired, work])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
