import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Container, Pod, PodSpec } from '../../../src/apis/core/v1.ts'
import { AppError } from '../../../src/common/errors.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { Informer, KubeClient, type ResourceClient, systemClock } from '../../../src/kube/index.ts'
import { ProcessSpawner } from '../../../src/local-cluster/containers/index.ts'
import { Images } from '../../../src/local-cluster/images.ts'
import {
  CORE_EVENTS,
  type CoreEvent,
  type MemoryLimits,
  PodEventRecorder,
  PodRunner,
  type PodSandbox,
  type PodSandboxes,
} from '../../../src/local-cluster/pods/index.ts'
import { VolumeError } from '../../../src/local-cluster/volumes/index.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'

const PODS = { group: '', version: 'v1', plural: 'pods', namespaced: true }
const NODE = 'test-node'

const IMAGES = new Images({
  names: { self: [], web: ['nginx'], host: ['busybox'] },
  node: [process.execPath],
  self: '',
})

/** Pods on a node of a control plane in this process. What they live in is a folder, and what tests say is wrong with it. */
export class PodsBench implements PodSandboxes {
  readonly pods: ResourceClient<Pod>
  /** Why volumes cannot be prepared; keyed by the name of the Pod. */
  readonly mountErrors = new Map<string, string>()
  /** Why a container cannot be configured; keyed by the name of the Pod. */
  readonly configErrors = new Map<string, string>()
  readonly sandboxes: string[] = []
  readonly folder: string
  memory: MemoryLimits = { unavailable: 'this is a test' }
  readonly #server: TestControlPlane
  readonly #client: KubeClient
  readonly #spawner: ProcessSpawner
  #running: { informer: Informer<Pod>; runner: PodRunner; recorder: PodEventRecorder } | undefined

  static async start(): Promise<PodsBench> {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'pods-'))
    const bench = new PodsBench(await TestControlPlane.start(), folder)
    await bench.#client
      .resource({ group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true })
      .create({ metadata: { namespace: 'default', name: 'default' } })
    await bench.startRunner()
    return bench
  }

  private constructor(server: TestControlPlane, folder: string) {
    this.#server = server
    this.folder = folder
    this.#spawner = new ProcessSpawner({ log: silentLogger }, { folder: path.join(folder, 'pipes') })
    const { url, tls } = server
    this.#client = new KubeClient({ readAccess: async () => ({ server: url, tls }) }, { qps: -1 })
    this.pods = this.#client.resource<Pod>(PODS)
  }

  get runner(): PodRunner {
    if (!this.#running) throw new Error('not running')
    return this.#running.runner
  }

  async startRunner(): Promise<void> {
    const informer = new Informer<Pod>({ resource: this.pods }, { fieldSelector: `spec.nodeName=${NODE}` })
    const recorder = new PodEventRecorder(
      { events: this.#client.resource<CoreEvent>(CORE_EVENTS), clock: systemClock, log: silentLogger },
      { host: NODE },
    )
    const { memory } = this
    const runner = new PodRunner(
      {
        informer,
        recorder,
        sandboxes: this,
        spawner: this.#spawner,
        memory,
        clock: systemClock,
        log: silentLogger,
      },
      { folder: path.join(this.folder, 'pods'), hostIP: '127.0.0.1' },
    )
    informer.start()
    this.#running = { informer, runner, recorder }
    await runner.start()
  }

  async stopRunner(): Promise<void> {
    await this.#running?.runner.stop()
    await this.#running?.informer.stop()
    await this.#running?.recorder.stop()
    this.#running = undefined
  }

  async close(): Promise<void> {
    await this.stopRunner()
    await this.#spawner.stop()
    await this.#client.stop()
    await this.#server.close()
    await rm(this.folder, { recursive: true, force: true })
  }

  open(pod: Pod, folder: string): PodSandbox {
    const { name = '' } = pod.metadata
    this.sandboxes.push(name)
    let isOpen = true
    return {
      podIP: '127.0.0.1',
      warnings: [],
      prepare: async () => {
        const error = this.mountErrors.get(name)
        if (error) throw new VolumeError(error)
      },
      plan: async (container) => {
        const error = this.configErrors.get(name)
        if (error) throw new AppError('ERR_TEST', error)
        const image = IMAGES.find(container.image ?? '')
        const rootfs = path.join(folder, 'containers', container.name, 'rootfs')
        await mkdir(rootfs, { recursive: true })
        const env = { PATH: process.env.PATH ?? '', HERE: this.folder }
        return {
          image,
          command: image.program(container, []),
          surroundings: { env, workingDir: rootfs, rootfs },
          translate: (command) => command,
        }
      },
      update: () => {},
      close: async () => {
        if (isOpen) this.sandboxes.splice(this.sandboxes.indexOf(name), 1)
        isOpen = false
      },
    }
  }

  async create(name: string, spec: Partial<PodSpec>): Promise<Pod> {
    return this.pods.create({
      metadata: { namespace: 'default', name },
      spec: { nodeName: NODE, terminationGracePeriodSeconds: 5, ...spec },
    })
  }

  /** The Pod, once it is as wanted. */
  async until(name: string, isAsWanted: (pod: Pod) => boolean): Promise<Pod> {
    let last: Pod | undefined
    try {
      await until(async () => {
        last = await this.pods.find({ namespace: 'default', name })
        return last !== undefined && isAsWanted(last)
      }, `pod ${name} is as wanted`)
    } catch (error) {
      throw new Error(`the status of ${name} is ${JSON.stringify(last?.status)}`, { cause: error })
    }
    if (!last) throw new Error('there is no pod')
    return last
  }

  untilGone(name: string): Promise<void> {
    return until(
      async () => (await this.pods.find({ namespace: 'default', name })) === undefined,
      `pod ${name} is gone`,
    )
  }

  /** What has been recorded of the Pod: `type reason: message`. */
  async events({ metadata }: Pod): Promise<readonly string[]> {
    await this.#running?.recorder.flush()
    const { namespace } = metadata
    const { items } = await this.#client.resource<CoreEvent>(CORE_EVENTS).list({ namespace })
    return items
      .filter(({ involvedObject }) => involvedObject.uid === metadata.uid)
      .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
  }
}

/** A container that runs a script of the shell. */
export function shell(script: string, more: Partial<Container> = {}): Container {
  return { name: 'main', image: 'busybox:1', command: ['/bin/sh', '-c', script], ...more }
}
