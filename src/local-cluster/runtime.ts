import { once } from 'node:events'
import { connect } from 'node:net'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import type { Pod } from '../apis/core/v1.ts'
import { AppError, errorMessage } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { badRequest, notFound } from '../controlplane/api/status.ts'
import type {
  CommandStreams,
  LogOptions,
  PodName,
  PodRuntime,
} from '../controlplane/pod-streams/pod-runtime.ts'
import {
  type Clock,
  EVENTS,
  EventRecorder,
  Informers,
  type KubeClient,
  type ResourceDefinition,
  systemClock,
} from '../kube/index.ts'
import { MemoryGroups, ProcessSpawner, readLog } from './containers/index.ts'
import { Images, type ImagesOptions } from './images.ts'
import { LocalSandboxes } from './local-sandboxes.ts'
import { ClusterNetwork, type HostPort, PodAddresses } from './network/index.ts'
import { NodeAgent, thisMachine } from './node/index.ts'
import {
  CORE_EVENTS,
  type ContainerRunner,
  type CoreEvent,
  type LaunchedContainer,
  type MemoryLimits,
  PodEventRecorder,
  PodRunner,
  type PodWorker,
} from './pods/index.ts'
import { ConfigObjects } from './volumes/index.ts'

const PODS: ResourceDefinition = { group: '', version: 'v1', plural: 'pods', namespaced: true }

export interface LocalRuntimeComponents {
  /** May do everything. Started and stopped by whoever made it. */
  readonly client: KubeClient
  readonly log: Logger
  /** @default systemClock */
  readonly clock?: Clock
}

export interface LocalRuntimeOptions {
  readonly nodeName: string
  /** The node's address, such as `127.64.0.1`. */
  readonly hostIP: string
  /** For Pods' addresses, such as `127.64.0.0/16`. */
  readonly podRange: string
  /** For what Pods keep on this machine; made if need be. */
  readonly folder: string
  readonly images: ImagesOptions
  /** Where Pods reach the API server by its Service. */
  readonly apiServer?: HostPort
}

/** What is there while it runs. */
interface Running {
  readonly informers: Informers
  readonly node: NodeAgent
  readonly pods: PodRunner
  readonly network: ClusterNetwork
  readonly objects: ConfigObjects
  readonly podEvents: PodEventRecorder
  readonly events: EventRecorder
  readonly memory: MemoryGroups | undefined
  readonly spawner: ProcessSpawner
}

/**
 * A node whose Pods are processes of this machine: registers it, runs what is scheduled to it, carries Services to Pods, and is
 * where the API server turns to for logs and commands. Nothing that it has started outlives this process.
 */
export class LocalRuntime implements PodRuntime {
  readonly #client: KubeClient
  readonly #log: Logger
  readonly #clock: Clock
  readonly #options: LocalRuntimeOptions
  readonly #stopping = new AbortController()
  #running: Running | undefined

  constructor({ client, log, clock = systemClock }: LocalRuntimeComponents, options: LocalRuntimeOptions) {
    this.#client = client
    this.#log = log.child({ component: 'local-runtime' })
    this.#clock = clock
    this.#options = options
  }

  /** Resolves once the node is ready, and all Services that there are can be dialled. Needs the API server. */
  async start(): Promise<void> {
    const { signal } = this.#stopping
    const memory = await this.#openMemoryGroups()
    const running = await this.#build(memory)
    this.#running = running
    running.informers.start()
    await running.network.start()
    await running.pods.start(signal)
    await running.node.start()
  }

  /** Ends all containers. What the API says of Pods stays, and they start anew with the next runtime. */
  async stop(): Promise<void> {
    this.#stopping.abort(new AppError('ERR_STOPPED', 'the local runtime has been stopped'))
    const { informers, node, pods, network, objects, podEvents, events, memory, spawner } =
      this.#running ?? {}
    await Promise.all([node?.stop(), pods?.stop()])
    await spawner?.stop()
    await network?.stop()
    await objects?.stop()
    await informers?.stop()
    await podEvents?.stop()
    await events?.stop()
    await memory?.close()
  }

  async logs(
    pod: PodName,
    { container, previous, ...selection }: LogOptions,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const worker = this.#worker(pod)
    const runner = runnerOf(worker, container)
    const run = runner.logOf({ previous })
    if (run === undefined) {
      const about = `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.name)}`
      throw badRequest(previous ? `previous terminated ${about} not found` : `${about} is waiting to start`)
    }
    const file = worker.logFile(container, run)
    const live = runner.launched?.log
    const source = { file, live: live?.file === file ? live : undefined }
    return readLog(source, selection, { now: this.#clock.now(), signal })
  }

  async exec(
    pod: PodName,
    { container, command, tty }: { container: string; command: readonly string[]; tty: boolean },
    streams: CommandStreams,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number }> {
    const { process, plan } = launchedIn(runnerOf(this.#worker(pod), container))
    return process.exec({ command: plan.translate(command), tty }, streams, signal)
  }

  async attach(
    pod: PodName,
    { container }: { container: string; tty: boolean },
    streams: CommandStreams,
    signal: AbortSignal,
  ): Promise<void> {
    await launchedIn(runnerOf(this.#worker(pod), container)).process.attach(streams, signal)
  }

  async connect(pod: PodName, port: number): Promise<Duplex> {
    const { address } = this.#worker(pod)
    if (address === undefined) {
      throw new AppError('ERR_POD_CONNECT', `pod ${pod.name} has nothing to connect to: it is not running`)
    }
    const socket = connect({ host: address, port, allowHalfOpen: true })
    try {
      await once(socket, 'connect')
      return socket
    } catch (cause) {
      socket.destroy()
      const message = `failed to connect to localhost:${port} inside pod ${pod.name}: ${errorMessage(cause)}`
      throw new AppError('ERR_POD_CONNECT', message, { cause })
    }
  }

  async #build(memory: MemoryGroups | Error): Promise<Running> {
    const { nodeName, hostIP, podRange, folder, apiServer } = this.#options
    const client = this.#client
    const [log, clock] = [this.#log, this.#clock]
    const informers = new Informers(client)
    const objects = new ConfigObjects({ client, log })
    const events = new EventRecorder(
      { events: client.resource(EVENTS), clock, log },
      { controller: 'service-proxy', instance: nodeName },
    )
    const podEvents = new PodEventRecorder(
      { events: client.resource<CoreEvent>(CORE_EVENTS), clock, log },
      { host: nodeName },
    )
    const network = new ClusterNetwork(
      { client, informers, log, events },
      { folder: path.join(folder, 'network'), ...(apiServer && { apiServer }) },
    )
    const sandboxes = new LocalSandboxes(
      {
        client,
        objects,
        network,
        addresses: new PodAddresses(podRange),
        images: new Images(this.#options.images),
        log,
      },
      { nodeName, hostIP },
    )
    const informer = informers.for<Pod>(PODS, { fieldSelector: `spec.nodeName=${nodeName}` })
    const limits: MemoryLimits = memory instanceof MemoryGroups ? memory : { unavailable: memory.message }
    const spawner = new ProcessSpawner({ log }, { folder: path.join(folder, 'pipes') })
    const pods = new PodRunner(
      { informer, recorder: podEvents, sandboxes, spawner, memory: limits, clock, log },
      { folder: path.join(folder, 'pods'), hostIP },
    )
    const node = new NodeAgent(
      { client, clock, log },
      {
        name: nodeName,
        hostIP,
        podRange,
        kubeletVersion: await this.#serverVersion(),
        runtimeVersion: `process://${process.versions.node}`,
        machine: await thisMachine(),
      },
    )
    const groups = memory instanceof MemoryGroups ? memory : undefined
    return { informers, node, pods, network, objects, podEvents, events, memory: groups, spawner }
  }

  async #openMemoryGroups(): Promise<MemoryGroups | Error> {
    const { nodeName, hostIP } = this.#options
    try {
      // There may be clusters of one name on a machine, in several data directories, but none with the same address.
      return await MemoryGroups.open(`cluster-proxy-${nodeName}-${hostIP}`)
    } catch (err) {
      this.#log.info({ err }, 'memory limits of containers are not enforced')
      return err as Error
    }
  }

  /** A node of the same version as the API server is one that clients expect. */
  async #serverVersion(): Promise<string> {
    const { gitVersion } = await this.#client.request<{ gitVersion: string }>({
      method: 'GET',
      path: '/version',
      signal: this.#stopping.signal,
    })
    return gitVersion
  }

  #worker({ namespace, name }: PodName): PodWorker {
    const worker = this.#running?.pods.find({ namespace, name })
    if (!worker) throw notFound({ group: '', resource: 'pods' }, name)
    return worker
  }
}

function runnerOf(worker: PodWorker, container: string): ContainerRunner {
  const runner = worker.container(container)
  if (!runner) throw badRequest(`container ${container} is not valid for pod ${worker.pod.metadata.name}`)
  return runner
}

function launchedIn(runner: ContainerRunner): LaunchedContainer {
  const { launched } = runner
  if (!launched) {
    throw new AppError(
      'ERR_CONTAINER_NOT_RUNNING',
      `unable to upgrade connection: container not found (${JSON.stringify(runner.name)})`,
    )
  }
  return launched
}
