import type { Container, ContainerState } from '../../apis/core/v1.ts'
import { errorMessage } from '../../common/errors.ts'
import type { Clock } from '../../kube/index.ts'
import { ImageError } from '../images.ts'
import type { ContainerLauncher } from './container-launcher.ts'
import { CrashBackoff } from './crash-backoff.ts'
import type { PodEvents } from './pod-events.ts'
import type { ContainerPlan } from './pod-sandbox.ts'

/** A container that could not be configured is looked at again so often, as kubelet does. */
const CONFIG_RETRY_MS = 10_000

/** How long it is shown why an image cannot be pulled, before it is said that it will be tried again. */
const PULL_ERROR_SHOWN_MS = 2000
const SHORTEST_PULL_WAIT_MS = 10_000

export interface ContainerPlanningComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly launcher: Pick<ContainerLauncher, 'plan'>
  readonly events: PodEvents
}

/** The container that is to be run, and how it waits. */
export interface WaitingContainer {
  /** As it is now: its image may change meanwhile. */
  container(): Container
  /** What its status is to say. */
  onWaiting(waiting: NonNullable<ContainerState['waiting']>): void
  /** Resolves after so long, or sooner, when it is to be looked at again. */
  sleep(ms: number): Promise<void>
}

/**
 * Resolves when it is known what to run; undefined where `signal` is aborted before. Meanwhile the container's status and Events
 * say what is wrong with its image or its configuration, in kubelet's words and at its pace.
 */
export async function planContainer(
  components: ContainerPlanningComponents,
  waiting: WaitingContainer,
  signal: AbortSignal,
): Promise<ContainerPlan | undefined> {
  const { clock, launcher, events } = components
  let pulls = new CrashBackoff()
  for (let { image } = waiting.container(); !signal.aborted; ) {
    const container = waiting.container()
    if (image !== container.image) pulls = new CrashBackoff()
    image = container.image
    try {
      const plan = await launcher.plan(container)
      events.normal('Pulled', `Container image ${JSON.stringify(image)} already present on machine`)
      return plan
    } catch (error) {
      if (signal.aborted) return undefined
      const message = errorMessage(error)
      if (error instanceof ImageError) {
        await waitForPull(events, waiting, { message, waitMs: pulls.next(clock.monotonic()) }, signal)
        continue
      }
      events.warning('Failed', `Error: ${message}`)
      waiting.onWaiting({ reason: 'CreateContainerConfigError', message })
      await waiting.sleep(CONFIG_RETRY_MS)
    }
  }
  return undefined
}

async function waitForPull(
  events: PodEvents,
  waiting: WaitingContainer,
  { message, waitMs }: { readonly message: string; readonly waitMs: number },
  signal: AbortSignal,
): Promise<void> {
  const image = JSON.stringify(waiting.container().image)
  events.normal('Pulling', `Pulling image ${image}`)
  events.warning('Failed', `Failed to pull image ${image}: ${message}`)
  events.warning('Failed', 'Error: ErrImagePull')
  waiting.onWaiting({ reason: 'ErrImagePull', message })
  await waiting.sleep(PULL_ERROR_SHOWN_MS)
  if (signal.aborted) return
  events.normal('BackOff', `Back-off pulling image ${image}`)
  events.warning('Failed', 'Error: ImagePullBackOff')
  waiting.onWaiting({
    reason: 'ImagePullBackOff',
    message: `Back-off pulling image ${image}: ErrImagePull: ${message}`,
  })
  await waiting.sleep(Math.max(waitMs, SHORTEST_PULL_WAIT_MS))
}
