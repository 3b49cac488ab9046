/** What is done for several is not broken off when one of those who wait does not want it any more: only its waiting ends. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const abortion = Promise.withResolvers<never>()
  const onAbort = () => abortion.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, abortion.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
