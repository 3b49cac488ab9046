import type { Container, Pod } from '../../apis/core/v1.ts'
import type { ContainerSurroundings } from '../containers/index.ts'
import type { Image } from '../images.ts'

/** What is to be run for a container. */
export interface ContainerPlan {
  readonly image: Image
  readonly command: readonly string[]
  readonly surroundings: ContainerSurroundings
  /** For hooks, probes and people: a command as it is to be run beside the container. */
  readonly translate: (command: readonly string[]) => readonly string[]
}

/** Where the containers of a Pod live: its address, volumes and variables. */
export interface PodSandbox {
  /** Empty before it is prepared. */
  readonly podIP: string
  /** What of the Pod this machine does otherwise than a cluster, for people. */
  readonly warnings: readonly string[]
  /** Takes an address and writes the volumes. Rejects with an AppError in kubelet's words as long as that is not possible. */
  prepare(signal: AbortSignal): Promise<void>
  /** Rejects with an ImageError, or an AppError in kubelet's words where the container refers to what is not there. */
  plan(container: Container): Promise<ContainerPlan>
  /** The Pod has changed. */
  update(pod: Pod): void
  /** Gives up the address; what the volumes are made of is not followed any more. May be called again. */
  close(): Promise<void>
}

export interface PodSandboxes {
  /** @param folder of the Pod */
  open(pod: Pod, folder: string): PodSandbox
}
