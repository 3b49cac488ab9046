import type { Container, LifecycleHandler } from '../../apis/core/v1.ts'
import { AppError, errorMessage } from '../../common/errors.ts'
import type { Clock } from '../../kube/index.ts'
import { probeHttp, probePort, probeTcp } from '../probes/index.ts'

/** A hook has a long time, which is limited by the grace period at the end of a container. */
const HTTP_TIMEOUT_MS = 60_000

export interface HookSurroundings {
  readonly clock: Pick<Clock, 'sleep'>
  readonly container: Container
  readonly podIP: string
  readonly run: (
    command: readonly string[],
    signal: AbortSignal,
  ) => Promise<{ readonly exitCode: number; readonly output: string }>
}

/** Does what a hook says. Rejects with an AppError that says why it failed, or the signal's reason. */
export async function runHook(
  handler: LifecycleHandler,
  { clock, container, podIP, run }: HookSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const { exec, httpGet, tcpSocket, sleep } = handler
  if (exec) {
    const { exitCode, output } = await run(exec.command ?? [], signal)
    signal.throwIfAborted()
    if (exitCode !== 0)
      throw failed(`command '${(exec.command ?? []).join(' ')}' exited with ${exitCode}: ${output}`)
  } else if (httpGet) {
    const { host, path, scheme, httpHeaders = [] } = httpGet
    const target = {
      scheme: scheme === 'HTTPS' ? ('https' as const) : ('http' as const),
      host: host || podIP,
      port: portOf(httpGet.port, container),
      ...(path !== undefined && { path }),
      headers: httpHeaders,
    }
    const { outcome, message } = await probeHttp(target, HTTP_TIMEOUT_MS, signal)
    if (outcome !== 'success') throw failed(message)
  } else if (tcpSocket) {
    const port = portOf(tcpSocket.port, container)
    const { outcome, message } = await probeTcp(
      { host: tcpSocket.host || podIP, port },
      HTTP_TIMEOUT_MS,
      signal,
    )
    if (outcome !== 'success') throw failed(message)
  } else if (sleep) {
    await clock.sleep(sleep.seconds * 1000, signal)
  }
}

function portOf(reference: number | string, container: Container): number {
  try {
    return probePort(reference, container)
  } catch (error) {
    throw failed(errorMessage(error))
  }
}

function failed(message: string): AppError {
  return new AppError('ERR_LIFECYCLE_HOOK', message)
}
