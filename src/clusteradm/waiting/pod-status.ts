import type { Pod } from '../../apis/core/v1.ts'

/**
 * How far a Pod is, in a few words: its phase, or why a container does not run, with the message where there is one. As the
 * original, which tells the reason alone.
 */
export function podStatus(pod: Pod): string {
  const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  for (const { name, state, lastState } of containers) {
    if (state?.waiting) {
      const { reason = 'Waiting', message } = state.waiting
      const ended = lastState?.terminated
      const exit =
        ended && reason === 'CrashLoopBackOff' ? `container ${name} ended with status ${ended.exitCode}` : ''
      return [reason, message ?? '', message ? '' : exit].filter((part) => part !== '').join(': ')
    }
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') return `${scheduled.reason}: ${scheduled.message}`
  const phase = pod.status?.phase ?? 'Pending'
  return phase === 'Running' ? 'Running, not ready yet' : phase
}
