import { createHash } from 'node:crypto'
import type { ObjectKey } from '../../apis/meta/v1.ts'
import {
  APPLIED_MANIFEST_WORKS,
  type AppliedManifestWork,
  MANIFEST_WORKS,
  type ManifestWork,
} from '../../apis/work/v1.ts'
import { type Logger, silentLogger } from '../../common/log.ts'
import {
  Controller,
  type ControllerMetrics,
  type Informer,
  Informers,
  type KubeClient,
  RestMapper,
} from '../../kube/index.ts'
import { AppliedObjects } from './applied-objects.ts'
import { AppliedWorkReconciler } from './applied-work-reconciler.ts'
import { AppliedWorkRecord } from './applied-work-record.ts'
import { ExecutorCheck } from './executor.ts'
import { KindWatch } from './kind-watch.ts'
import { ManifestApplier } from './manifest-applier.ts'
import { ManifestLocator } from './manifest-locator.ts'
import type { ManifestTask } from './manifest-task.ts'
import { ObjectWatches } from './object-watches.ts'
import { watchRights } from './rights-watch.ts'
import { TaskSchedule } from './task-schedule.ts'
import { WorkMemories } from './work-memory.ts'
import { WorkReconciler } from './work-reconciler.ts'
import { WorkReporter } from './work-reporter.ts'
import { WorkTriggers } from './work-triggers.ts'

/** The original's: every work is looked at so often, and up to half as long again. */
const RESYNC_INTERVAL_MS = 4 * 60_000

/** Watches for the sake of drift alone; objects beyond are polled. */
const MOST_DRIFT_WATCHES = 50

/** Finds AppliedManifestWorks by the name of their work. */
const BY_WORK = 'work'

export interface WorkAgentComponents {
  /** May read works in the cluster's namespace on the hub, and write their status and finalizers. Stopped by whoever made it. */
  readonly hub: KubeClient
  /** Applies what works ask for. Its clock is the agent's. Stopped by whoever made it. */
  readonly managed: KubeClient
  /** The managed cluster on behalf of a user. Stopped by whoever made it. */
  impersonate(username: string): KubeClient
  /** @default says nothing */
  readonly log?: Logger
  readonly metrics?: ControllerMetrics
  /** Evenly distributed in [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface WorkAgentOptions {
  /** The cluster's name, and its namespace on the hub. */
  readonly clusterName: string
  /** The hub's address as its kubeconfig has it: what was applied is known by it. */
  readonly hubServer: string
  /** What was applied by agents of another id is left alone. @default a hash of hubServer */
  readonly agentId?: string
  /** How often objects are looked at that cannot be watched, and up to 0.9 as long again. @default 10_000 */
  readonly statusSyncIntervalMs?: number
  /** How long what was applied outlives its work. From 100 years on, for ever. @default an hour */
  readonly evictionGracePeriodMs?: number
  /** Works that are dealt with at once, and manifests of one. @default 10 */
  readonly workers?: number
  /** Watches for feedback. @default 50 */
  readonly maxFeedbackWatches?: number
  /** The longest JSON of a reported structure. @default 1024 */
  readonly maxRawJsonLength?: number
  /** The gate RawFeedbackJsonString. @default false */
  readonly reportsRawJson?: boolean
  /** The gate ExecutorValidatingCaches. @default false */
  readonly cachesExecutorRights?: boolean
}

/** By which AppliedManifestWorks tell hubs apart. */
export function hubHashOf(hubServer: string): string {
  return createHash('sha256').update(hubServer).digest('hex')
}

/**
 * The work agent of one managed cluster: applies the ManifestWorks in its namespace on the hub, keeps what was applied as it should be,
 * and tells the hub. Many can live in one process. Owns neither client.
 */
export class WorkAgent {
  readonly #log: Logger
  readonly #informers: { readonly hub: Informers; readonly managed: Informers }
  readonly #works: Informer<ManifestWork>
  readonly #appliedWorks: Informer<AppliedManifestWork>
  readonly #watches: ObjectWatches<ManifestTask>
  readonly #kinds: KindWatch
  readonly #triggers: WorkTriggers
  readonly #controllers: readonly [works: Controller, appliedWorks: Controller]
  readonly #clusterName: string
  #state: 'new' | 'running' | 'stopped' = 'new'

  constructor(components: WorkAgentComponents, options: WorkAgentOptions) {
    const { hub, managed, log = silentLogger, metrics, random = Math.random } = components
    const { clusterName, hubServer, workers = 10 } = options
    const hubHash = hubHashOf(hubServer)
    const agentId = options.agentId || hubHash
    const { clock } = managed
    this.#log = log.child({ component: 'work-agent', clusterName })
    this.#clusterName = clusterName
    this.#informers = { hub: new Informers(hub), managed: new Informers(managed) }
    this.#works = this.#informers.hub.for<ManifestWork>(MANIFEST_WORKS, { namespace: clusterName })
    this.#appliedWorks = this.#informers.managed.for<AppliedManifestWork>(APPLIED_MANIFEST_WORKS)
    this.#appliedWorks.addIndexer(BY_WORK, ({ spec }) => [spec?.manifestWorkName ?? ''])
    const appliedObjects = new AppliedObjects(this.#appliedWorks)
    this.#watches = new ObjectWatches(
      {
        client: managed,
        log: this.#log,
        isExpected: (definition, key) => appliedObjects.has(definition, key),
        onChange: (task) => this.#triggers.noticeObject(task),
      },
      { most: { drift: MOST_DRIFT_WATCHES, feedback: options.maxFeedbackWatches ?? 50 } },
    )
    this.#kinds = new KindWatch(managed, this.#log, () => this.#triggers.noticeKinds())
    const executors = new ExecutorCheck(
      { client: managed, impersonate: (username) => components.impersonate(username) },
      { remembersAnswers: options.cachesExecutorRights ?? false },
    )
    if (options.cachesExecutorRights)
      watchRights(this.#informers.managed, () => {
        executors.forget()
        this.#triggers.noticeRights()
      })
    const schedule = new TaskSchedule(
      { clock, random },
      { pollIntervalMs: options.statusSyncIntervalMs ?? 10_000, resyncIntervalMs: RESYNC_INTERVAL_MS },
    )
    const mapper = new RestMapper(managed)
    const watches = this.#watches
    const locator = new ManifestLocator({ mapper, watches })
    const applier = new ManifestApplier({ client: managed, locator, watches, executors, schedule, clock })
    const memories = new WorkMemories((task) => applier.release(task))
    const record = new AppliedWorkRecord(
      { appliedWorks: this.#appliedWorks, client: managed, watches },
      { hubHash, agentId },
    )
    this.#triggers = new WorkTriggers({
      memories,
      record,
      mapper,
      schedule,
      enqueue: (name) => this.#controllers[0].enqueue({ namespace: clusterName, name }),
      enqueueApplied: (name) => this.#controllers[1].enqueue({ name }),
    })
    const reporter = new WorkReporter(
      { works: this.#works, clock },
      {
        allowsRawJson: options.reportsRawJson ?? false,
        maxRawJsonLength: options.maxRawJsonLength ?? 1024,
      },
    )
    const works = new WorkReconciler(
      { works: this.#works, record, applier, mapper, reporter, memories, clock },
      { manifestsAtOnce: workers, resyncIntervalMs: RESYNC_INTERVAL_MS },
    )
    const appliedWorks = new AppliedWorkReconciler(
      { works: this.#works, appliedWorks: this.#appliedWorks, client: managed, watches, clock },
      { clusterName, hubHash, agentId, evictionGracePeriodMs: options.evictionGracePeriodMs ?? 3_600_000 },
    )
    const parts = { clock, log: this.#log, ...(metrics && { metrics }) }
    this.#controllers = [
      new Controller(parts, {
        name: 'manifestwork',
        concurrency: workers,
        reconcile: async (request, context) => {
          const result = await works.reconcile(request, context)
          this.#kinds.set(this.#state === 'running' && this.#triggers.lacksKinds)
          return result
        },
      }),
      new Controller(parts, {
        name: 'appliedmanifestwork',
        concurrency: workers,
        reconcile: (request, context) => appliedWorks.reconcile(request, context),
      }),
    ]
    this.#wire()
  }

  /** Whether all works, and all that was applied, have been seen. */
  get isReady(): boolean {
    return this.#works.hasSynced && this.#appliedWorks.hasSynced
  }

  /** Does not wait for either API. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'running'
    this.#informers.hub.start()
    this.#informers.managed.start()
    for (const controller of this.#controllers) controller.start()
  }

  /** Breaks off what is under way, and leaves everything as it is. */
  async stop(): Promise<void> {
    this.#state = 'stopped'
    await Promise.all(this.#controllers.map((controller) => controller.stop()))
    await Promise.all([
      this.#informers.hub.stop(),
      this.#informers.managed.stop(),
      this.#watches.stop(),
      this.#kinds.stop(),
    ])
  }

  /** Who is told of what. */
  #wire(): void {
    const [works, appliedWorks] = this.#controllers
    const triggers = this.#triggers
    works.watch(this.#works, { predicates: [triggers.ofWorks] })
    works.watch(this.#appliedWorks, {
      map: (appliedWork) => triggers.worksOf(appliedWork, this.#clusterName),
      predicates: [triggers.ofAppliedWorks],
    })
    appliedWorks.watch(this.#appliedWorks)
    appliedWorks.watch(this.#works, {
      map: ({ metadata }) => this.#appliedWorksOf(metadata.name ?? ''),
      predicates: [{ onUpdate: () => false }],
    })
  }

  #appliedWorksOf(work: string): readonly ObjectKey[] {
    return this.#appliedWorks.store
      .byIndex(BY_WORK, work)
      .map(({ metadata }) => ({ name: metadata.name ?? '' }))
  }
}
