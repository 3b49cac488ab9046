/**
 * Runs `task` with a signal that is aborted `graceMs` after `signal` is, with its reason: for what had better be finished, as nobody would
 * know otherwise whether it was done.
 */
export async function withGrace<T>(
  signal: AbortSignal,
  graceMs: number,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const onAbort = () => {
    timer = setTimeout(() => controller.abort(signal.reason), graceMs)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await task(controller.signal)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
