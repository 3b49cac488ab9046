import type { Container, ContainerStatus, PodSpec, PodStatus } from '../../apis/core/v1.ts'

export interface ContainerStatuses {
  readonly init: readonly ContainerStatus[]
  readonly main: readonly ContainerStatus[]
}

/** An init container that goes on beside the others. */
export function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always'
}

/**
 * The phase that a Pod is in, by its containers (kubelet's getPhase). It has not ended before the last of them has.
 *
 * @param isOver whether all have ended, and none will be started any more
 */
export function podPhase(
  { initContainers = [] }: PodSpec,
  { init, main }: ContainerStatuses,
  isOver: boolean,
): NonNullable<PodStatus['phase']> {
  const first = initContainers
    .filter((container) => !isSidecar(container))
    .map((container) => init.find(({ name }) => name === container.name))
  const isInitialized = first.every((status) => status?.state?.terminated?.exitCode === 0)
  if (isOver) {
    return isInitialized && main.every(({ state }) => state?.terminated?.exitCode === 0)
      ? 'Succeeded'
      : 'Failed'
  }
  const isNew = ({ state, lastState }: ContainerStatus) => state?.waiting && !lastState?.terminated
  return isInitialized && !main.some(isNew) ? 'Running' : 'Pending'
}
