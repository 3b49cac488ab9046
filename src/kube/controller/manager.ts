import type { Lease } from '../../apis/coordination/v1.ts'
import type { Pod } from '../../apis/core/v1.ts'
import { PODS } from '../../apis/resources.ts'
import { AppError } from '../../common/errors.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import type { KubeClient } from '../client/kube-client.ts'
import { Informers } from '../watch/informers.ts'
import { Controller, type ControllerMetrics, type ControllerOptions } from './controller.ts'
import { LEASES, type LeaderElectionOptions, LeaderElector, type LeaderMetrics } from './leader-elector.ts'

/** Somebody else may lead by now: the process must end, and begin anew. */
export class LeaderLostError extends AppError {
  constructor() {
    super('ERR_LEADER_LOST', 'leader election lost')
  }
}

/** Something else that runs as long as the manager, such as a server for webhooks. */
export interface Runnable {
  start(): void | Promise<void>
  stop(): Promise<void>
}

export interface ManagerComponents {
  /** Started and stopped by whoever made it. */
  readonly client: KubeClient
  /** @default says nothing */
  readonly log?: Logger
  readonly metrics?: ControllerMetrics & LeaderMetrics
}

export interface ManagerOptions {
  /** Absent: there is but one process, and it leads. */
  readonly leaderElection?: LeaderElectionOptions
}

/**
 * Runs controllers: starts what they watch, waits until that is in memory, waits for its turn to lead, and lets them work;
 * at the end all in the opposite order, and the Lease only when they have ended, so that the next leader finds nobody at work.
 */
export class Manager {
  readonly client: KubeClient
  /** Shared by all controllers of the process. */
  readonly informers: Informers
  readonly #log: Logger
  readonly #metrics: ManagerComponents['metrics']
  readonly #elector: LeaderElector | undefined
  readonly #controllers: Controller[] = []
  readonly #runnables: Runnable[] = []
  readonly #tasks: ((signal: AbortSignal) => Promise<void>)[] = []
  #state: 'new' | 'syncing' | 'waiting to lead' | 'running' | 'stopped' = 'new'

  constructor(
    { client, log = silentLogger, metrics }: ManagerComponents,
    { leaderElection }: ManagerOptions = {},
  ) {
    this.client = client
    this.informers = new Informers(client)
    this.#log = log
    this.#metrics = metrics
    if (leaderElection) {
      const leases = client.resource<Lease>(LEASES)
      const pods = client.resource<Pod>(PODS)
      this.#elector = new LeaderElector(
        { leases, pods, clock: client.clock, log, ...(metrics && { metrics }) },
        leaderElection,
      )
    }
  }

  /** Makes a controller that will run with this manager; its sources are for the caller to add. */
  controller(options: ControllerOptions): Controller {
    if (this.#state !== 'new') throw new Error('a controller must be added before the manager runs')
    const { clock } = this.client
    const metrics = this.#metrics
    const controller = new Controller({ clock, log: this.#log, ...(metrics && { metrics }) }, options)
    this.#controllers.push(controller)
    return controller
  }

  /** Something that runs from the beginning, whoever leads. */
  add(runnable: Runnable): void {
    this.#runnables.push(runnable)
  }

  /** Something that runs while this process leads, until the signal is aborted. What it rejects with ends the manager. */
  whileLeading(task: (signal: AbortSignal) => Promise<void>): void {
    this.#tasks.push(task)
  }

  /** Alive as long as it has not been stopped; ready once the caches have synced. A process that waits to lead is ready. */
  get health(): { readonly alive: boolean; readonly ready: boolean; readonly state: string } {
    const state = this.#state
    return { alive: state !== 'stopped', ready: state === 'running' || state === 'waiting to lead', state }
  }

  get isLeader(): boolean {
    return this.#state === 'running'
  }

  /**
   * Runs until `signal` is aborted, and resolves when everything has stopped. Rejects with a LeaderLostError when the Lease was
   * lost, or with what a runnable could not start for; then, too, everything has stopped.
   */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#state !== 'new') throw new Error('a manager runs once')
    this.#state = 'syncing'
    const started: Runnable[] = []
    try {
      for (const runnable of this.#runnables) {
        await runnable.start()
        started.unshift(runnable)
      }
      this.informers.start()
      await this.informers.waitForSync(signal)
      this.#state = 'waiting to lead'
      await this.#elector?.acquire(signal)
      await this.#lead(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      this.#state = 'stopped'
      // What is stopped now may take its time, or fail; it has nothing to do with who leads.
      const released = this.#elector?.release()
      try {
        await this.informers.stop()
        for (const runnable of started) await runnable.stop()
      } finally {
        await released
      }
    }
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const ending = new AbortController()
    this.#state = 'running'
    for (const controller of this.#controllers) controller.start()
    const cancelled = Promise.withResolvers<'cancelled'>()
    const onAbort = () => cancelled.resolve('cancelled')
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    // The Lease is renewed until the controllers have stopped, however long they take.
    const held = this.#elector?.hold(ending.signal)
    const working = new AbortController()
    const tasks = Promise.all(this.#tasks.map((task) => task(working.signal)))
    const reasonsToEnd = [cancelled.promise, tasks.then(() => cancelled.promise)]
    try {
      const end = await Promise.race(held ? [...reasonsToEnd, held] : reasonsToEnd)
      if (end === 'lost') throw new LeaderLostError()
    } finally {
      signal.removeEventListener('abort', onAbort)
      working.abort()
      await Promise.allSettled([...this.#controllers.map((controller) => controller.stop()), tasks])
      ending.abort()
      await held
    }
  }
}
