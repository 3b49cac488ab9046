import path from 'node:path'
import type { Container, Pod } from '../apis/core/v1.ts'
import type { Logger } from '../common/log.ts'
import { makeDirectory } from '../common/make-directory.ts'
import type { KubeClient } from '../kube/index.ts'
import { containerEnvironment, expandArguments, mapCommand, mapPaths } from './environment/index.ts'
import type { Images } from './images.ts'
import {
  type ClusterNetwork,
  DEFAULT_CLUSTER_DOMAIN,
  type PodAddresses,
  podHostname,
} from './network/index.ts'
import type { ContainerPlan, PodSandbox, PodSandboxes } from './pods/index.ts'
import { type ConfigObjects, PodVolumes } from './volumes/index.ts'

/** As images have it. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const DEFAULT_MESSAGE_PATH = '/dev/termination-log'

export interface LocalSandboxesComponents {
  readonly client: KubeClient
  readonly objects: ConfigObjects
  readonly network: ClusterNetwork
  readonly addresses: PodAddresses
  readonly images: Images
  readonly log: Logger
}

export interface LocalSandboxesOptions {
  readonly nodeName: string
  readonly hostIP: string
}

/** Gives each Pod a loopback address, folders for its volumes, and its containers their variables. */
export class LocalSandboxes implements PodSandboxes {
  readonly #components: LocalSandboxesComponents
  readonly #options: LocalSandboxesOptions

  constructor(components: LocalSandboxesComponents, options: LocalSandboxesOptions) {
    this.#components = components
    this.#options = options
  }

  open(pod: Pod, folder: string): PodSandbox {
    return new LocalSandbox(this.#components, { ...this.#options, pod, folder })
  }
}

/** Where one Pod lives. Owns its address and what follows the objects of its volumes. */
class LocalSandbox implements PodSandbox {
  readonly #components: LocalSandboxesComponents
  readonly #options: LocalSandboxesOptions
  readonly #volumes: PodVolumes
  #pod: Pod
  #podIP = ''

  constructor(
    components: LocalSandboxesComponents,
    { pod, folder, ...options }: LocalSandboxesOptions & { readonly pod: Pod; readonly folder: string },
  ) {
    const { client, log, objects } = components
    this.#components = components
    this.#options = options
    this.#pod = pod
    this.#volumes = new PodVolumes({ client, log, objects }, { pod, folder })
  }

  get podIP(): string {
    return this.#podIP
  }

  get warnings(): readonly string[] {
    return this.#volumes.warnings
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { metadata, spec } = this.#pod
    this.#podIP = spec?.hostNetwork
      ? this.#options.hostIP
      : this.#components.addresses.take(metadata.uid ?? '')
    await this.#volumes.prepare(signal)
    this.#volumes.follow()
  }

  async plan(container: Container): Promise<ContainerPlan> {
    const { images, network } = this.#components
    const image = images.find(container.image ?? '')
    const variables = await this.#variablesOf(container)
    const rootfs = await this.#volumes.rootfsOf(container, variables)
    const mounts = [
      ...(container.volumeMounts ?? []),
      { mountPath: container.terminationMessagePath || DEFAULT_MESSAGE_PATH },
    ]
    const mapped = (text: string) => mapPaths(text, mounts, rootfs)
    const words = (texts: readonly string[] = []) => expandArguments(texts, variables).map(mapped)
    const workingDir = path.join(rootfs, path.posix.join('/', container.workingDir ?? ''))
    await makeDirectory(workingDir)
    const nodeArguments = network.nodeArguments()
    return {
      image,
      command: image.program(
        { ...container, command: words(container.command), args: words(container.args) },
        nodeArguments,
      ),
      surroundings: {
        env: {
          PATH: DEFAULT_PATH,
          HOSTNAME: podHostname(this.#pod, DEFAULT_CLUSTER_DOMAIN).short,
          HOME: rootfs,
          ...image.environment,
          ...Object.fromEntries([...variables].map(([name, value]) => [name, mapped(value)])),
          ...(await network.environmentOf(this.#pod, this.#podIP)),
          CLUSTER_PROXY_POD_ROOT: rootfs,
        },
        workingDir,
        rootfs,
      },
      translate: (command) => image.translate(mapCommand(command, mounts, rootfs), nodeArguments),
    }
  }

  update(pod: Pod): void {
    this.#pod = pod
    this.#volumes.update(pod)
  }

  async close(): Promise<void> {
    const { addresses, network } = this.#components
    await this.#volumes.close()
    await network.forget(this.#pod)
    addresses.release(this.#pod.metadata.uid ?? '')
  }

  #variablesOf(container: Container): Promise<Map<string, string>> {
    const { network, objects } = this.#components
    const { services } = network
    return containerEnvironment({
      pod: this.#pod,
      container,
      services,
      objects,
      podIP: this.#podIP,
      ...this.#options,
    })
  }
}
