import { mkdir, readdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Pod } from '../../apis/core/v1.ts'
import type { Logger } from '../../common/log.ts'
import type { Clock, Informer } from '../../kube/index.ts'
import type { ProcessSpawner } from '../containers/index.ts'
import type { MemoryLimits } from './container-launcher.ts'
import type { PodEventRecorder } from './pod-event-recorder.ts'
import type { PodSandboxes } from './pod-sandbox.ts'
import { PodWorker } from './pod-worker.ts'

/** For containers to end when the runtime does. */
const STOP_GRACE_MS = 3000

export interface PodRunnerComponents {
  /** Of the Pods of this node. Started by somebody else. */
  readonly informer: Informer<Pod>
  readonly recorder: Pick<PodEventRecorder, 'record'>
  readonly sandboxes: PodSandboxes
  /** Stopped by somebody else, after this. */
  readonly spawner: ProcessSpawner
  readonly memory: MemoryLimits
  readonly clock: Clock
  readonly log: Logger
}

export interface PodRunnerOptions {
  /** In which each Pod has a folder of its own, by its uid. */
  readonly folder: string
  readonly hostIP: string
}

/** Runs the Pods of a node, each by a worker of its own. Owns these. */
export class PodRunner {
  readonly #components: PodRunnerComponents
  readonly #options: PodRunnerOptions
  readonly #workers = new Map<string, PodWorker>()
  readonly #running = new Set<Promise<void>>()
  #stopListening = () => {}
  #isStopped = false

  constructor(components: PodRunnerComponents, options: PodRunnerOptions) {
    this.#components = components
    this.#options = options
  }

  /** Resolves once all Pods that there are have a worker, and what an earlier runtime has left of others is removed. */
  async start(signal?: AbortSignal): Promise<void> {
    const { informer } = this.#components
    await informer.waitForSync(signal)
    await this.#removeStrangers(new Set(informer.store.list().map(({ metadata }) => metadata.uid ?? '')))
    this.#stopListening = informer.addHandler({
      onAdd: (pod) => this.#see(pod),
      onUpdate: (_previous, pod) => this.#see(pod),
      onDelete: (pod) => this.#workers.get(pod.metadata.uid ?? '')?.remove(),
    })
  }

  /** Ends all containers; what the API says of the Pods stays. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#stopListening()
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop(STOP_GRACE_MS)))
    await Promise.all(this.#running)
  }

  /** The Pod of the name, if this node has it: the latest, as others that are gone from the API may still be ending. */
  find({ namespace, name }: { readonly namespace: string; readonly name: string }): PodWorker | undefined {
    return [...this.#workers.values()].findLast(
      ({ pod: { metadata } }) => metadata.name === name && metadata.namespace === namespace,
    )
  }

  #see(pod: Pod): void {
    if (this.#isStopped) return
    const { uid = '', name, namespace } = pod.metadata
    const worker = this.#workers.get(uid)
    if (worker) {
      worker.update(pod)
      return
    }
    const { informer, recorder, sandboxes, spawner, memory, clock, log } = this.#components
    const added = new PodWorker(
      {
        pods: informer.resource,
        recorder,
        sandboxes,
        spawner,
        memory,
        clock,
        log: log.child({ pod: name, namespace }),
      },
      pod,
      { folder: path.join(this.#options.folder, uid), hostIP: this.#options.hostIP },
    )
    this.#workers.set(uid, added)
    const running = added.run().finally(() => {
      this.#workers.delete(uid)
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  async #removeStrangers(uids: ReadonlySet<string>): Promise<void> {
    const { folder } = this.#options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const strangers = (await readdir(folder)).filter((uid) => !uids.has(uid))
    await Promise.all(strangers.map((uid) => rm(path.join(folder, uid), { recursive: true, force: true })))
  }
}
