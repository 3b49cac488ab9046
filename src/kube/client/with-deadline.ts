/** How long a task may take, and what it is aborted with after that. */
export interface TaskDeadline {
  readonly ms: number
  readonly error: () => Error
  /** Aborts the task earlier, with a reason of its own. */
  readonly signal?: AbortSignal | undefined
}

/** Runs `task` with a signal that is aborted when time is up. The task must heed it: it is waited for. */
export async function withDeadline<T>(
  { ms, error, signal }: TaskDeadline,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal?.reason)
  const timer = setTimeout(() => controller.abort(error()), ms)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await task(controller.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
