import { connect } from 'node:net'
import { withDeadline } from '../../kube/index.ts'
import { dialErrorText, ProbeTimeout } from './network-error.ts'
import type { ProbeResult } from './probe-result.ts'

export interface ProbedAddress {
  readonly host: string
  readonly port: number
}

/** Whether something listens there (kubernetes, pkg/probe/tcp). */
export async function probeTcp(
  { host, port }: ProbedAddress,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  try {
    await withDeadline({ ms: timeoutMs, error: () => new ProbeTimeout(), signal }, (deadline) =>
      connected(host, port, deadline),
    )
    return { outcome: 'success', message: '' }
  } catch (error) {
    signal.throwIfAborted()
    return { outcome: 'failure', message: dialErrorText(error, host, port) }
  }
}

function connected(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const onAbort = () => socket.destroy(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('connect', () => {
      resolve()
      socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => signal.removeEventListener('abort', onAbort))
  })
}
