import os from 'node:os'
import type { Container, ContainerState, ContainerStatus } from '../../apis/core/v1.ts'
import { formatDuration, LONGEST_TIMER_MS } from '../../common/duration.ts'
import { errorMessage } from '../../common/errors.ts'
import { type Clock, timeText } from '../../kube/index.ts'
import { type ContainerProcess, type ExitedContainer, StartError } from '../containers/index.ts'
import { ContainerProber } from '../probes/index.ts'
import type { ContainerLauncher, LaunchedContainer } from './container-launcher.ts'
import { planContainer } from './container-planning.ts'
import { CrashBackoff } from './crash-backoff.ts'
import { runHook } from './lifecycle-hook.ts'
import type { PodEvents } from './pod-events.ts'
import type { ContainerPlan } from './pod-sandbox.ts'

/** kubelet's: a container has at least so long between its signal and its end. */
const SHORTEST_GRACE_MS = 2000

const START_FAILED = 128

/** A hook has all the time that its container has. */
const HOOK_TIMEOUT_MS = LONGEST_TIMER_MS

/** What ran under an earlier runtime has ended with it. */
const LOST = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was started again',
}

export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral'

export interface ContainerRunnerComponents {
  readonly clock: Clock
  readonly launcher: ContainerLauncher
  readonly events: PodEvents
  /** The status says something new. */
  readonly onChange: () => void
}

export interface ContainerRunnerOptions {
  readonly container: Container
  readonly kind: ContainerKind
  /** Of the Pod. */
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never'
  readonly podIP: () => string
  /** `name_namespace(uid)`, as kubelet writes it. */
  readonly podTitle: string
  /** `terminationGracePeriodSeconds` of the Pod, for a container that is killed while the Pod goes on. */
  readonly graceMs: number
  /** Why it does not run before it is run the first time. */
  readonly waitingReason: 'ContainerCreating' | 'PodInitializing'
  /** What an earlier runtime has said of it. */
  readonly before: ContainerStatus | undefined
}

/** What is running. */
interface Run {
  readonly launched: LaunchedContainer
  readonly prober: ContainerProber
  /** Aborted when it has ended. */
  readonly ended: AbortController
  ending?: Promise<void>
}

/**
 * One container through all of its restarts. Its status is what kubelet would say. Owns the process: `run` resolves only when
 * there is none.
 */
export class ContainerRunner {
  readonly kind: ContainerKind
  readonly #components: ContainerRunnerComponents
  readonly #options: ContainerRunnerOptions
  readonly #crashes = new CrashBackoff()
  #container: Container
  #state: ContainerState
  #lastState: ContainerState = {}
  #restartCount = 0
  #latestRun: number | undefined
  #isReady = false
  #isStarted = false
  #image: ContainerPlan['image'] | undefined
  #run: Run | undefined
  #mustRestart = false
  /** Ends a wait, since the container is not what it was. */
  #changed = new AbortController()
  #startedOnce = Promise.withResolvers<void>()

  constructor(components: ContainerRunnerComponents, options: ContainerRunnerOptions) {
    this.#components = components
    this.#options = options
    this.#container = options.container
    this.kind = options.kind
    this.#state = { waiting: { reason: options.waitingReason } }
    if (options.before) this.#goOnFrom(options.before)
  }

  get name(): string {
    return this.#container.name
  }

  get process(): ContainerProcess | undefined {
    return this.#run?.launched.process
  }

  /** Which of its runs has the log that is shown, counted as restarts are; undefined where there has been none. */
  logOf({ previous }: { readonly previous: boolean }): number | undefined {
    const latest = this.#latestRun
    if (!previous || latest === undefined || !this.process) return latest
    return latest > 0 ? latest - 1 : undefined
  }

  /** What is running now. */
  get launched(): LaunchedContainer | undefined {
    return this.#run?.launched
  }

  /** Resolves when it has been started, with its hook and startup probe, for the first time. */
  get startedOnce(): Promise<void> {
    return this.#startedOnce.promise
  }

  get hasSucceeded(): boolean {
    return this.#state.terminated?.exitCode === 0
  }

  get status(): ContainerStatus {
    const { image = '' } = this.#container
    const pid = this.process?.pid
    const terminated = this.#state.terminated ?? this.#lastState.terminated
    const containerID = pid === undefined ? terminated?.containerID : containerId(pid)
    return {
      name: this.name,
      state: this.#state,
      lastState: this.#lastState,
      ready: this.kind === 'init' ? this.hasSucceeded : this.#isReady,
      restartCount: this.#restartCount,
      image,
      imageID: this.#image?.id ?? '',
      ...(containerID !== undefined && { containerID }),
      started: this.#isStarted,
    }
  }

  /**
   * Runs it until it has ended and its restart policy leaves it at that, or until `signal` is aborted and it has been stopped.
   * Never rejects for what the container does.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#isDone()) return
    while (!signal.aborted) {
      const exit = await this.#runOnce(signal)
      if (!exit || signal.aborted || this.#isDone()) return
      await this.#waitBeforeRestart(signal)
    }
  }

  /** The container's image has changed: it is stopped, and started as it is now. Anything else about it cannot change. */
  update(container: Container): void {
    if (container.image === this.#container.image) return
    this.#container = container
    this.#mustRestart = true
    this.#changed.abort()
    this.#changed = new AbortController()
    this.stop(this.#options.graceMs, `Container ${this.name} definition changed, will be restarted`)
  }

  /**
   * Runs its preStop hook, signals it, and kills it after `graceMs`; a later call can only make that sooner. Resolves when it
   * has ended.
   */
  async stop(graceMs: number, note = `Stopping container ${this.name}`): Promise<void> {
    const run = this.#run
    if (!run) return
    const { clock, events } = this.#components
    const { process } = run.launched
    const { signal } = run.ended
    if (!run.ending) {
      events.normal('Killing', note)
      run.prober.stopRestarting()
    }
    const beganAt = clock.monotonic()
    run.ending ??= this.#endGently(run, graceMs)
    if (graceMs > 0) await Promise.race([run.ending, clock.sleep(graceMs, signal).catch(() => {})])
    const leftMs = Math.max(graceMs - (clock.monotonic() - beganAt), graceMs > 0 ? SHORTEST_GRACE_MS : 0)
    await Promise.race([process.exited, clock.sleep(leftMs, signal).catch(() => {})])
    process.kill()
    await process.exited
  }

  #goOnFrom({ state, lastState, restartCount }: ContainerStatus): void {
    this.#restartCount = restartCount
    if (state?.running || state?.terminated || lastState?.terminated) this.#latestRun = restartCount
    if (state?.terminated) this.#state = state
    if (lastState) this.#lastState = lastState
    if (this.#isDone() || (!state?.running && !state?.terminated)) return
    const now = timeText(this.#components.clock.now())
    const terminated = state.terminated ?? {
      ...LOST,
      startedAt: state.running?.startedAt ?? now,
      finishedAt: now,
    }
    this.#state = { terminated }
    if (this.#isDone()) return
    this.#restartCount += 1
    this.#lastState = { terminated }
    this.#state = { waiting: { reason: this.#options.waitingReason } }
  }

  /** Whether it has ended for good. */
  #isDone(): boolean {
    const { terminated } = this.#state
    if (!terminated || this.#mustRestart) return false
    const isSuccess = terminated.exitCode === 0
    switch (this.kind) {
      case 'sidecar':
        return false
      case 'ephemeral':
        return true
      case 'init':
        return isSuccess || this.#options.restartPolicy === 'Never'
      case 'main':
        return (
          this.#options.restartPolicy === 'Never' ||
          (isSuccess && this.#options.restartPolicy === 'OnFailure')
        )
    }
  }

  /** Undefined where `signal` was aborted before there was anything to run. */
  async #runOnce(signal: AbortSignal): Promise<ExitedContainer | undefined> {
    const { clock, launcher, events } = this.#components
    const plan = await planContainer(
      { clock, launcher, events },
      {
        container: () => this.#container,
        onWaiting: (waiting) => this.#become({ waiting }),
        sleep: (ms) => this.#sleep(ms, signal),
      },
      signal,
    )
    if (!plan) return undefined
    this.#mustRestart = false
    this.#image = plan.image
    const startedAt = timeText(clock.now())
    let launched: LaunchedContainer
    try {
      events.normal('Created', `Created container: ${this.name}`)
      launched = await launcher.launch(this.#container, plan, this.#restartCount)
    } catch (error) {
      const message = errorMessage(error)
      events.warning('Failed', `Error: ${message}`)
      const reason = error instanceof StartError ? 'StartError' : 'ContainerCannotRun'
      return this.#ended({ exitCode: START_FAILED, reason, message, startedAt, finishedAt: startedAt })
    }
    this.#latestRun = this.#restartCount
    const { process } = launched
    const run: Run = { launched, prober: this.#proberOf(launched), ended: new AbortController() }
    this.#run = run
    this.#become({ running: { startedAt: process.startedAt } })
    events.normal('Started', `Started container ${this.name}`)
    if (signal.aborted) this.stop(this.#options.graceMs)
    const begun = this.#begin(run)
    const exit = await process.exited
    run.ended.abort()
    run.prober.stop()
    await begun
    const message = await launcher.messageOf(this.#container, launched, exit)
    return this.#ended({ ...exit, ...(message !== undefined && { message }) }, process.pid)
  }

  /** Its hook first, then its probes. */
  async #begin(run: Run): Promise<void> {
    const hook = this.#container.lifecycle?.postStart
    try {
      if (hook) await this.#runHook(hook, run, run.ended.signal)
    } catch (error) {
      if (run.ended.signal.aborted) return
      this.#components.events.warning('FailedPostStartHook', `PostStartHook failed: ${errorMessage(error)}`)
      this.stop(this.#options.graceMs, 'FailedPostStartHook')
      return
    }
    if (run.ended.signal.aborted) return
    run.prober.start()
    if (!this.#container.startupProbe) this.#hasStarted()
  }

  #hasStarted(): void {
    this.#isStarted = true
    this.#isReady = !this.#container.readinessProbe
    this.#startedOnce.resolve()
    this.#components.onChange()
  }

  #proberOf({ process, plan }: LaunchedContainer): ContainerProber {
    const { clock, events, onChange } = this.#components
    const podIP = this.#options.podIP()
    return new ContainerProber(
      {
        clock,
        exec: async (command, timeoutMs, signal) => process.run(plan.translate(command), timeoutMs, signal),
        onFailure: (_kind, text) => events.warning('Unhealthy', text),
        onWarning: (_kind, text) => events.warning('ProbeWarning', text),
        onResult: (kind, healthy, _message, graceSeconds) => {
          if (this.process !== process) return
          if (kind === 'readiness') {
            this.#isReady = healthy
            onChange()
          } else if (kind === 'startup' && healthy) this.#hasStarted()
          else if (!healthy) {
            const graceMs = graceSeconds === undefined ? this.#options.graceMs : graceSeconds * 1000
            this.stop(graceMs, `Container ${this.name} failed ${kind} probe, will be restarted`)
          }
        },
      },
      { container: this.#container, podIP },
    )
  }

  async #endGently(run: Run, graceMs: number): Promise<void> {
    const { clock, events } = this.#components
    const { process } = run.launched
    const { preStop, stopSignal } = this.#container.lifecycle ?? {}
    if (preStop && graceMs > 0) {
      const late = new AbortController()
      const signal = AbortSignal.any([run.ended.signal, late.signal])
      clock.sleep(graceMs, run.ended.signal).then(
        () => late.abort(new Error('the grace period is over')),
        () => {}, // it has ended
      )
      try {
        await this.#runHook(preStop, run, signal)
      } catch (error) {
        if (run.ended.signal.aborted) return
        events.warning('FailedPreStopHook', `PreStopHook failed: ${errorMessage(error)}`)
      }
    }
    process.signal(isSignal(stopSignal) ? stopSignal : 'SIGTERM')
  }

  #runHook(
    hook: NonNullable<NonNullable<Container['lifecycle']>['postStart']>,
    { launched: { process, plan } }: Run,
    signal: AbortSignal,
  ): Promise<void> {
    const run = (command: readonly string[], aborted: AbortSignal) =>
      process.run(plan.translate(command), HOOK_TIMEOUT_MS, aborted)
    const { clock } = this.#components
    return runHook(hook, { clock, container: this.#container, podIP: this.#options.podIP(), run }, signal)
  }

  #ended(exit: ExitedContainer, pid?: number): ExitedContainer {
    const { exitCode, reason, message, startedAt, finishedAt } = exit
    this.#run = undefined
    this.#isReady = false
    this.#isStarted = false
    this.#become({
      terminated: {
        exitCode,
        reason,
        ...(message !== undefined && { message }),
        startedAt,
        finishedAt,
        ...(pid !== undefined && { containerID: containerId(pid) }),
      },
    })
    return exit
  }

  async #waitBeforeRestart(signal: AbortSignal): Promise<void> {
    const { clock, events } = this.#components
    const { podTitle } = this.#options
    const { terminated } = this.#state
    const waitMs = this.#mustRestart ? 0 : this.#crashes.next(clock.monotonic())
    if (waitMs > 0) {
      events.warning('BackOff', `Back-off restarting failed container ${this.name} in pod ${podTitle}`)
      const message = `back-off ${formatDuration(waitMs)} restarting failed container=${this.name} pod=${podTitle}`
      this.#lastState = { ...(terminated && { terminated }) }
      this.#become({ waiting: { reason: 'CrashLoopBackOff', message } })
      await this.#sleep(waitMs, signal)
    }
    if (signal.aborted) return
    this.#lastState = { ...(terminated && { terminated }) }
    this.#restartCount += 1
  }

  /** Until `signal` is aborted, or the container is not what it was. */
  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#components.clock.sleep(ms, AbortSignal.any([signal, this.#changed.signal])).catch(() => {})
  }

  #become(state: ContainerState): void {
    this.#state = state
    this.#components.onChange()
  }
}

function containerId(pid: number): string {
  return `process://${pid}`
}

/** Some that Kubernetes allows are not known everywhere. */
function isSignal(name: string | undefined): name is NodeJS.Signals {
  return name !== undefined && Object.hasOwn(os.constants.signals, name)
}
