import { rm } from 'node:fs/promises'
import type { Container, Pod, PodSpec, PodStatus } from '../../apis/core/v1.ts'
import { aborted } from '../../common/aborted.ts'
import { LONGEST_TIMER_MS } from '../../common/duration.ts'
import { errorMessage } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import { type Clock, isNotFound, type ResourceClient, timeText } from '../../kube/index.ts'
import type { ProcessSpawner } from '../containers/index.ts'
import { VolumeError } from '../volumes/index.ts'
import { ContainerLauncher, type MemoryLimits } from './container-launcher.ts'
import { type ContainerKind, ContainerRunner } from './container-runner.ts'
import { podConditions } from './pod-conditions.ts'
import type { PodEventRecorder } from './pod-event-recorder.ts'
import { PodEvents } from './pod-events.ts'
import { isSidecar, podPhase } from './pod-phase.ts'
import type { PodSandbox, PodSandboxes } from './pod-sandbox.ts'
import { StatusWriter } from './status-writer.ts'

/** What volumes need may come at any time. */
const MOUNT_RETRY_MS = 1000
const LONGEST_MOUNT_RETRY_MS = 60_000

/** Of a Pod that is gone from the API already, its containers have so long. */
const GONE_GRACE_MS = 1000

const DEFAULT_GRACE_SECONDS = 30

const LIST_OF_KIND = {
  main: 'containers',
  init: 'initContainers',
  sidecar: 'initContainers',
  ephemeral: 'ephemeralContainers',
} as const

export interface PodWorkerComponents {
  readonly pods: ResourceClient<Pod>
  readonly recorder: Pick<PodEventRecorder, 'record'>
  readonly sandboxes: PodSandboxes
  readonly spawner: ProcessSpawner
  readonly memory: MemoryLimits
  readonly clock: Clock
  readonly log: Logger
}

export interface PodWorkerOptions {
  /** For what belongs to the Pod; removed when it is gone. */
  readonly folder: string
  readonly hostIP: string
}

/** Why nothing of a Pod is started any more, though its containers may not have ended. */
interface Verdict {
  readonly reason: string
  readonly message: string
}

/**
 * One Pod from when it is seen first until it is gone: what kubelet does for it. It is told what the Pod has become (`update`)
 * and that it is gone from the API (`remove`); `run` resolves when nothing of it is left on this machine, or after `stop`.
 */
export class PodWorker {
  readonly #components: PodWorkerComponents
  readonly #options: PodWorkerOptions
  readonly #events: PodEvents
  readonly #status: StatusWriter
  readonly #sandbox: PodSandbox
  readonly #launcher: ContainerLauncher
  readonly #startTime: string
  #pod: Pod
  readonly #init: ContainerRunner[]
  readonly #main: ContainerRunner[]
  readonly #ephemeral: ContainerRunner[] = []
  #hasSandbox = false
  #isOver = false
  #verdict: Verdict | undefined
  #isStopping = false
  /** Nothing is started any more. */
  readonly #ending = new AbortController()
  /** The deadline is not what it was. */
  #otherDeadline = new AbortController()
  readonly #removed = Promise.withResolvers<void>()
  readonly #deleted = Promise.withResolvers<void>()

  constructor(components: PodWorkerComponents, pod: Pod, options: PodWorkerOptions) {
    const { recorder, sandboxes, spawner, memory, clock, log, pods } = components
    this.#components = components
    this.#options = options
    this.#pod = pod
    this.#startTime = pod.status?.startTime ?? timeText(clock.now())
    this.#events = new PodEvents(recorder, pod)
    this.#status = new StatusWriter({ pods, clock, log }, pod)
    this.#sandbox = sandboxes.open(pod, options.folder)
    this.#launcher = new ContainerLauncher(
      { clock, spawner, sandbox: this.#sandbox, memory, events: this.#events },
      { folder: options.folder, uid: pod.metadata.uid ?? '' },
    )
    const { initContainers = [], containers = [] } = pod.spec ?? {}
    this.#init = initContainers.map((container) =>
      this.#runnerOf(container, isSidecar(container) ? 'sidecar' : 'init'),
    )
    this.#main = containers.map((container) => this.#runnerOf(container, 'main'))
  }

  /** The Pod as it was last seen. */
  get pod(): Pod {
    return this.#pod
  }

  /** Where its containers are reached; undefined before they can be, and when the address may be somebody else's. */
  get address(): string | undefined {
    return this.#hasSandbox && !this.#isOver ? this.#sandbox.podIP : undefined
  }

  /** The container of the name; undefined where there is none. */
  container(name: string): ContainerRunner | undefined {
    return [...this.#main, ...this.#init, ...this.#ephemeral].find((runner) => runner.name === name)
  }

  logFile(container: string, restartCount: number): string {
    return this.#launcher.logFile(container, restartCount)
  }

  update(pod: Pod): void {
    const hasOtherDeadline = pod.spec?.activeDeadlineSeconds !== this.#pod.spec?.activeDeadlineSeconds
    this.#pod = pod
    if (hasOtherDeadline) {
      this.#otherDeadline.abort()
      this.#otherDeadline = new AbortController()
    }
    this.#sandbox.update(pod)
    for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
      this.container(container.name)?.update(container)
    }
    if (pod.metadata.deletionTimestamp) this.#delete()
    else this.#runEphemeral()
    this.#say()
  }

  /** It is gone from the API. */
  remove(): void {
    this.#removed.resolve()
    this.#deleted.resolve()
    this.#ending.abort()
    this.#status.stop()
    this.#stopAll(GONE_GRACE_MS)
  }

  /** Ends its containers, and leaves the Pod as it is: another runtime will take it over. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    this.#ending.abort()
    this.#removed.resolve()
    this.#deleted.resolve()
    await this.#stopAll(graceMs)
    await this.#status.stop()
  }

  async run(): Promise<void> {
    const { log } = this.#components
    try {
      if (this.#pod.metadata.deletionTimestamp) this.#delete()
      if (!this.#hasEnded()) await this.#live()
      await this.#sandbox.close()
      await this.#deleted.promise
      if (this.#isStopping) return
      await this.#status.flush()
      await this.#deleteObject()
      await this.#removed.promise
    } catch (err) {
      log.error({ err }, 'a pod could not be run')
    } finally {
      await this.#sandbox.close()
      if (!this.#isStopping) await rm(this.#options.folder, { recursive: true, force: true })
    }
  }

  /** Its containers from the first to the last. */
  async #live(): Promise<void> {
    const { signal } = this.#ending
    const deadline = this.#watchDeadline()
    this.#say()
    try {
      if (await this.#prepare(signal)) await this.#runContainers(signal)
    } finally {
      this.#ending.abort()
      await this.#stopAll(this.#graceMs())
      await deadline
      this.#isOver = true
      if (!this.#isStopping) this.#say()
    }
  }

  /** Resolves with whether there is a sandbox. */
  async #prepare(signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#components
    for (
      let waitMs = MOUNT_RETRY_MS;
      !signal.aborted;
      waitMs = Math.min(waitMs * 2, LONGEST_MOUNT_RETRY_MS)
    ) {
      try {
        await this.#sandbox.prepare(signal)
        this.#hasSandbox = true
        for (const warning of this.#sandbox.warnings) this.#events.warning('LocalCluster', warning)
        this.#say()
        return true
      } catch (error) {
        if (signal.aborted) return false
        const reason = error instanceof VolumeError ? 'FailedMount' : 'FailedCreatePodSandBox'
        this.#events.warning(reason, errorMessage(error))
        await clock.sleep(waitMs, signal).catch(() => {})
      }
    }
    return false
  }

  async #runContainers(signal: AbortSignal): Promise<void> {
    const sidecars: Promise<void>[] = []
    for (const runner of this.#init) {
      if (runner.kind === 'sidecar') {
        const running = runner.run(signal)
        sidecars.push(running)
        await Promise.race([runner.startedOnce, running])
      } else {
        await runner.run(signal)
        if (!runner.hasSucceeded) break
      }
      if (signal.aborted) break
    }
    const isInitialized = this.#init.every((runner) => runner.kind === 'sidecar' || runner.hasSucceeded)
    if (isInitialized && !signal.aborted) {
      this.#runEphemeral()
      await Promise.all(this.#main.map((runner) => runner.run(signal)))
    }
    this.#ending.abort()
    await this.#stopAll(this.#graceMs())
    await Promise.all(sidecars)
  }

  /** Those that were added for debugging: they are run once. */
  #runEphemeral(): void {
    if (!this.#hasSandbox || this.#ending.signal.aborted) return
    for (const container of this.#pod.spec?.ephemeralContainers ?? []) {
      if (this.container(container.name)) continue
      const runner = this.#runnerOf(container, 'ephemeral')
      this.#ephemeral.push(runner)
      runner.run(this.#ending.signal)
    }
  }

  /** Containers at once, then what has been running beside them, the last one first. */
  async #stopAll(graceMs: number): Promise<void> {
    const { clock } = this.#components
    const until = clock.monotonic() + graceMs
    const left = () => Math.max(0, until - clock.monotonic())
    const first = [...this.#main, ...this.#ephemeral, ...this.#init.filter(({ kind }) => kind === 'init')]
    await Promise.all(first.map((runner) => runner.stop(graceMs)))
    for (const runner of this.#init.filter(({ kind }) => kind === 'sidecar').reverse())
      await runner.stop(left())
  }

  #delete(): void {
    this.#deleted.resolve()
    this.#ending.abort()
    this.#stopAll(this.#graceMs())
  }

  #graceMs(): number {
    const { deletionGracePeriodSeconds } = this.#pod.metadata
    const { terminationGracePeriodSeconds = DEFAULT_GRACE_SECONDS } = this.#pod.spec ?? {}
    return (deletionGracePeriodSeconds ?? terminationGracePeriodSeconds) * 1000
  }

  async #deleteObject(): Promise<void> {
    const { pods, clock, log } = this.#components
    const { namespace, name = '', uid } = this.#pod.metadata
    const removed = new AbortController()
    this.#removed.promise.then(() => removed.abort())
    while (!removed.signal.aborted) {
      try {
        await pods.delete({ namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid: uid ?? '' } })
        return
      } catch (err) {
        if (isNotFound(err) || removed.signal.aborted) return
        log.warn({ err }, 'could not delete a pod')
        await clock.sleep(MOUNT_RETRY_MS, removed.signal).catch(() => {})
      }
    }
  }

  /** A deadline may be set, or brought forward, while the Pod runs. */
  async #watchDeadline(): Promise<void> {
    const { clock } = this.#components
    while (!this.#ending.signal.aborted) {
      const { activeDeadlineSeconds } = this.#pod.spec ?? {}
      const signal = AbortSignal.any([this.#ending.signal, this.#otherDeadline.signal])
      if (activeDeadlineSeconds === undefined) {
        await aborted(signal)
        continue
      }
      const leftMs = Date.parse(this.#startTime) + activeDeadlineSeconds * 1000 - clock.now()
      if (leftMs <= 0) break
      await clock.sleep(Math.min(leftMs, LONGEST_TIMER_MS), signal).catch(() => {})
    }
    if (this.#ending.signal.aborted) return
    this.#verdict = {
      reason: 'DeadlineExceeded',
      message: 'Pod was active on the node longer than the specified deadline',
    }
    this.#events.normal('DeadlineExceeded', this.#verdict.message)
    this.#ending.abort()
    await this.#stopAll(this.#graceMs())
  }

  #hasEnded(): boolean {
    const { phase } = this.#pod.status ?? {}
    return phase === 'Succeeded' || phase === 'Failed'
  }

  /** Writes the status that follows from what there is now. */
  #say(): void {
    if (this.#hasEnded() || this.#isStopping) return
    const { hostIP } = this.#options
    const { podIP } = this.#sandbox
    const { clock } = this.#components
    const spec: PodSpec = this.#pod.spec ?? {}
    const statuses = {
      init: this.#init.map(({ status }) => status),
      main: this.#main.map(({ status }) => status),
    }
    const phase = this.#verdict && this.#isOver ? 'Failed' : podPhase(spec, statuses, this.#isOver)
    const situation = { phase, statuses, hasSandbox: this.#hasSandbox && !this.#isOver }
    const { generation } = this.#pod.metadata
    const ephemeral = this.#ephemeral.map(({ status }) => status)
    const status: PodStatus = {
      ...(generation !== undefined && { observedGeneration: generation }),
      phase,
      ...(this.#isOver && this.#verdict),
      conditions: podConditions(this.#pod, situation, clock.now()),
      hostIP,
      hostIPs: [{ ip: hostIP }],
      ...(this.#hasSandbox && { podIP, podIPs: [{ ip: podIP }] }),
      startTime: this.#startTime,
      ...(statuses.init.length > 0 && { initContainerStatuses: statuses.init }),
      containerStatuses: statuses.main,
      ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    }
    this.#status.write(status)
  }

  #runnerOf(container: Container, kind: ContainerKind): ContainerRunner {
    const { clock } = this.#components
    const { metadata, spec, status } = this.#pod
    const { restartPolicy = 'Always', initContainers = [] } = spec ?? {}
    const known = [
      ...(status?.containerStatuses ?? []),
      ...(status?.initContainerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
    ]
    const events = this.#events.ofContainer(LIST_OF_KIND[kind], container.name)
    return new ContainerRunner(
      { clock, launcher: this.#launcher, events, onChange: () => this.#say() },
      {
        container,
        kind,
        restartPolicy,
        podIP: () => this.#sandbox.podIP,
        podTitle: `${metadata.name}_${metadata.namespace}(${metadata.uid})`,
        graceMs: (spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000,
        waitingReason: initContainers.length > 0 ? 'PodInitializing' : 'ContainerCreating',
        before: known.find(({ name }) => name === container.name),
      },
    )
  }
}
