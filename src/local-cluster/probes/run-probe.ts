import type { Container, Probe } from '../../apis/core/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import { probeExec, type RunCommand } from './exec-probe.ts'
import { probeGrpc } from './grpc-probe.ts'
import { probeHttp } from './http-probe.ts'
import { probePort } from './probe-port.ts'
import type { ProbeResult } from './probe-result.ts'
import { probeTcp } from './tcp-probe.ts'

/** So often is asked before it is said that nothing can be known (kubernetes, pkg/kubelet/prober). */
const MOST_ATTEMPTS = 3

const DEFAULT_TIMEOUT_SECONDS = 1

export interface ProbeSurroundings {
  readonly container: Pick<Container, 'ports'>
  readonly podIP: string
  readonly exec: RunCommand
}

/** Probes once, as the probe says. Rejects only when `signal` is aborted. */
export async function runProbe(
  probe: Probe,
  surroundings: ProbeSurroundings,
  signal: AbortSignal,
): Promise<ProbeResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await attempted(probe, surroundings, signal)
    if (result.outcome !== 'unknown' || attempt === MOST_ATTEMPTS) return result
  }
}

async function attempted(
  { exec, httpGet, tcpSocket, grpc, timeoutSeconds }: Probe,
  { container, podIP, exec: run }: ProbeSurroundings,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const timeoutMs = (timeoutSeconds || DEFAULT_TIMEOUT_SECONDS) * 1000
  try {
    if (exec) return await probeExec(exec.command ?? [], run, timeoutMs, signal)
    if (httpGet) {
      const { scheme = 'HTTP', host, port, path, httpHeaders: headers } = httpGet
      const target = {
        scheme: scheme === 'HTTPS' ? ('https' as const) : ('http' as const),
        host: host || podIP,
        port: probePort(port, container),
        ...(path && { path }),
        ...(headers && { headers }),
      }
      return await probeHttp(target, timeoutMs, signal)
    }
    if (tcpSocket) {
      const { host, port } = tcpSocket
      return await probeTcp({ host: host || podIP, port: probePort(port, container) }, timeoutMs, signal)
    }
    if (grpc) {
      const { port, service } = grpc
      return await probeGrpc({ host: podIP, port, ...(service && { service }) }, timeoutMs, signal)
    }
    return { outcome: 'unknown', message: 'missing probe handler' }
  } catch (error) {
    signal.throwIfAborted()
    return { outcome: 'unknown', message: errorMessage(error) }
  }
}
