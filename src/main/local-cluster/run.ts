import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { aborted } from '../../common/aborted.ts'
import { ConfigError, errorMessage } from '../../common/errors.ts'
import { KLOG_FLAGS, KLOG_GROUP, logLevelOf } from '../../common/klog-flags.ts'
import { ListenError } from '../../common/listen.ts'
import { isNotFound, type KubeClient, type ResourceDefinition, systemClock } from '../../kube/index.ts'
import { WORKLOAD_CONTROLLERS } from '../../kube-controllers/controller-names.ts'
import {
  type AddressRanges,
  addressRanges,
  type ClusterFacts,
  type ClusterFolder,
  ClusterStore,
  contextName,
  FACTS_FILE,
  findRun,
  publishClusterInfo,
  untilFolderIsLost,
  verifyClusterName,
  writeRun,
} from '../../local-cluster/clusters/index.ts'
import { LocalRuntime } from '../../local-cluster/runtime.ts'
import { ControlPlaneInstance } from '../control-plane-instance.ts'
import { inProcessClient } from '../in-process-client.ts'
import type { ProcessDefinition, RunContext } from '../run-process.ts'
import { type CommandConfig, parseCommand, STORE_FLAGS } from './flags.ts'
import { imageNames, imagesFor } from './images.ts'
import { type ProgressSink, progressSink } from './progress.ts'
import { RANGE_FLAGS, RUN_FLAGS, verifyRange } from './run-flags.ts'

const CONTROLLERS = ['*', ...WORKLOAD_CONTROLLERS]
const LOOK_AGAIN_MS = 10

const SERVICE_ACCOUNTS: ResourceDefinition = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  namespaced: true,
}

const FLAGS = { ...STORE_FLAGS, ...RANGE_FLAGS, ...RUN_FLAGS, ...KLOG_FLAGS }

type RunConfig = CommandConfig<typeof FLAGS>

export const runCluster: ProcessDefinition<RunConfig> = {
  spec: {
    name: 'local-cluster run',
    description:
      'Runs one cluster in the foreground until it is interrupted: what start does in the background.',
    arguments: { placeholder: 'NAME', least: 1, most: 1 },
    groups: [
      { title: 'Clusters', flags: { ...STORE_FLAGS, ...RANGE_FLAGS } },
      { title: 'Pods', flags: RUN_FLAGS },
      KLOG_GROUP,
    ],
  },
  parse(argv, env, io) {
    const config = parseCommand<typeof FLAGS>(runCluster.spec, argv, env, io)
    for (const name of config.words) verifyClusterName(name)
    verifyRange(config)
    return { ...config, logLevel: logLevelOf(config.v) }
  },
  async run(config, context) {
    const progress = progressSink(process.env)
    const cluster = new RunningCluster(config, context, progress)
    try {
      await cluster.start()
      progress.tell({ ready: true })
    } catch (error) {
      progress.tell({ failed: errorMessage(error) })
      await cluster.stop()
      throw error
    } finally {
      progress.end()
    }
    const failure = await Promise.race([aborted(context.signal), ...cluster.broken])
    await cluster.stop()
    if (failure) throw failure
  },
}

/** An API server, its controllers and a node, in this process. */
class RunningCluster {
  readonly #config: RunConfig
  readonly #context: RunContext
  readonly #progress: ProgressSink
  /** What is to be stopped, the last one first. */
  readonly #stops: (() => unknown)[] = []
  #instance: ControlPlaneInstance | undefined
  #lost: Promise<Error> | undefined

  constructor(config: RunConfig, context: RunContext, progress: ProgressSink) {
    this.#config = config
    this.#context = context
    this.#progress = progress
  }

  get broken(): Promise<Error>[] {
    return [this.#instance?.broken, this.#lost].filter((each) => each !== undefined)
  }

  async start(): Promise<void> {
    const {
      dataDir,
      firstRange,
      words: [name = ''],
    } = this.#config
    const store = new ClusterStore(dataDir, { firstSlot: firstRange })
    const cluster = (await store.find(name)) ?? (await store.create(name, { port: 0 }))
    const { folder } = cluster
    const facts = await store.withLock(name, (current) => this.#claim(store, current))
    const ranges = addressRanges(facts.slot)

    this.#step(`opening ${folder}`)
    const instance = await this.#openControlPlane(folder, { name, port: facts.port, ranges })

    this.#step(`serving the API at https://${instance.address}`)
    await this.#serve(instance, facts)
    await instance.startControllers()

    this.#step(`making node ${nodeName(name)} ready, with Pods at ${ranges.pods}`)
    const client = inProcessClient(
      { log: this.#context.log, controlPlane: instance.controlPlane },
      { userName: `system:node:${nodeName(name)}`, program: 'kubelet' },
    )
    await client.start()
    this.#stops.push(() => client.stop())
    await this.#startRuntime(client, instance, { ...facts, folder, ranges })
    await this.#defaultAccount(client)
    await publishClusterInfo(client, {
      server: `https://${instance.address}`,
      ca: instance.caPem,
    })
    await writeRun(folder, { isReady: true })
    this.#watchFolder(folder)
  }

  /** Makes this the process of the cluster. To be called by one at a time: whoever comes next sees that it runs. */
  async #claim(store: ClusterStore, cluster: ClusterFolder): Promise<ClusterFacts> {
    const { name } = cluster.facts
    const running = await findRun(cluster.folder)
    if (running && running.pid !== process.pid)
      throw new ConfigError(
        `cluster ${name} is running already, as process ${running.pid}; end it by: cluster-proxy local-cluster stop ${name}`,
      )
    const { facts: taken, lease } = await store.takeRanges(cluster)
    this.#stops.push(() => lease.release())
    const facts = { ...taken, images: imageNames(this.#config, taken.images) }
    await store.update(facts)
    await writeRun(cluster.folder, { isReady: false })
    return facts
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop()
  }

  #step(step: string): void {
    this.#progress.tell({ step })
  }

  async #openControlPlane(
    folder: string,
    { name, port, ranges }: { readonly name: string; readonly port: number; readonly ranges: AddressRanges },
  ): Promise<ControlPlaneInstance> {
    const factsFile = path.join(folder, FACTS_FILE)
    const instance = await ControlPlaneInstance.open(this.#context.log, {
      dataDir: folder,
      storage: 'sqlite',
      host: ranges.node, // and not 127.0.0.1, which is another one inside of each Pod
      port,
      flag: factsFile,
      hostFlag: factsFile,
      externalHost: ranges.node,
      names: [name, contextName(name), firstAddress(ranges.services)],
      clusterName: contextName(name),
      serviceCidrs: [ranges.services],
      loopbackEndpoints: true,
      controllers: CONTROLLERS,
    })
    this.#instance = instance
    this.#stops.push(() => instance.stop())
    return instance
  }

  #watchFolder(folder: string): void {
    const stopping = new AbortController()
    this.#stops.push(() => stopping.abort())
    this.#lost = untilFolderIsLost(folder, systemClock, stopping.signal)
    this.#lost.catch(() => {}) // it is stopped
  }

  /** Nobody may have given the port, or long ago. */
  async #serve(instance: ControlPlaneInstance, { name, port }: ClusterFacts): Promise<void> {
    try {
      await instance.start()
    } catch (cause) {
      if (!(cause instanceof ListenError)) throw cause
      const { code } = { ...(cause.cause as NodeJS.ErrnoException | undefined) }
      const easily = code === 'EADDRINUSE' ? 'end the program that listens there, or ' : ''
      throw new ListenError(
        `${cause.message}; cluster ${name} keeps port ${port} since it was made: ${easily}delete it and start it anew with another --port`,
        { cause },
      )
    }
  }

  async #startRuntime(
    client: KubeClient,
    { controlPlane }: ControlPlaneInstance,
    cluster: ClusterFacts & {
      readonly folder: string
      readonly ranges: AddressRanges
    },
  ): Promise<void> {
    const { log } = this.#context
    const folder = path.join(cluster.folder, 'node')
    await rm(folder, { recursive: true, force: true }) // Pods start anew
    await mkdir(folder, { mode: 0o700 })
    const runtime = new LocalRuntime(
      { client, log },
      {
        nodeName: nodeName(cluster.name),
        hostIP: cluster.ranges.node,
        podRange: cluster.ranges.pods,
        folder,
        images: imagesFor(cluster.images),
        apiServer: { host: cluster.ranges.node, port: cluster.port },
      },
    )
    this.#stops.push(() => runtime.stop())
    await runtime.start()
    controlPlane.usePods(runtime)
  }

  /** Without it, no Pod can be created. */
  async #defaultAccount(client: KubeClient): Promise<void> {
    const accounts = client.resource(SERVICE_ACCOUNTS)
    const { signal } = this.#context
    for (;;) {
      try {
        await accounts.get({ namespace: 'default', name: 'default' }, { signal })
        return
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      await systemClock.sleep(LOOK_AGAIN_MS, signal)
    }
  }
}

/** As kind names the first node of a cluster. */
function nodeName(cluster: string): string {
  return `${cluster}-control-plane`
}

/** Of a 16-bit network: what the Service `kubernetes` gets. */
function firstAddress(network: string): string {
  return network.replace(/0\/16$/, '1')
}
