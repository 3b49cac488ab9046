import { Counter, Gauge, Histogram, type Registry } from '../common/prometheus.ts'
import type { ClientMetrics } from './client/kube-client.ts'
import type { ControllerMetrics, ReconcileOutcome } from './controller/controller.ts'
import type { LeaderMetrics } from './controller/leader-elector.ts'
import type { WorkQueueState } from './controller/work-queue.ts'

const REQUEST_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]
const RECONCILE_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
]
/** From 10 ns to 1,000 s. */
const QUEUE_SECONDS = Array.from({ length: 12 }, (_, index) => 10 ** (index - 8))

/** What client-go and controller-runtime would show of a process like this one, under their names. One for a registry. */
export class KubeMetrics implements ClientMetrics, ControllerMetrics, LeaderMetrics {
  readonly #queues = new Map<string, () => WorkQueueState>()
  readonly #requests: Counter<'code' | 'method' | 'host'>
  readonly #requestSeconds: Histogram<'verb' | 'host'>
  readonly #adds: Counter<'name'>
  readonly #retries: Counter<'name'>
  readonly #waits: Histogram<'name'>
  readonly #works: Histogram<'name'>
  readonly #leader: Gauge<'name'>
  readonly #reconciles: Counter<'controller' | 'result'>
  readonly #reconcileErrors: Counter<'controller'>
  readonly #terminalErrors: Counter<'controller'>
  readonly #reconcileSeconds: Histogram<'controller'>
  readonly #activeWorkers: Gauge<'controller'>
  readonly #mostWorkers: Gauge<'controller'>

  constructor(registry: Registry) {
    const registers = [registry]
    const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Counter({ name, help, labelNames, registers })
    const gauge = <L extends string>(name: string, help: string, labelNames: L[]) =>
      new Gauge({ name, help, labelNames, registers })
    const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: L[]) =>
      new Histogram({ name, help, buckets, labelNames, registers })

    this.#requests = counter('rest_client_requests_total', 'Requests to the Kubernetes API, by status code', [
      'code',
      'method',
      'host',
    ])
    this.#requestSeconds = histogram(
      'rest_client_request_duration_seconds',
      'How long the Kubernetes API takes to begin its answers',
      REQUEST_SECONDS,
      ['verb', 'host'],
    )
    this.#adds = counter('workqueue_adds_total', 'Keys that were put into the queue', ['name'])
    this.#retries = counter('workqueue_retries_total', 'Keys that were put back after a failure', ['name'])
    this.#waits = histogram(
      'workqueue_queue_duration_seconds',
      'How long keys wait in the queue',
      QUEUE_SECONDS,
      ['name'],
    )
    this.#works = histogram('workqueue_work_duration_seconds', 'How long keys are worked on', QUEUE_SECONDS, [
      'name',
    ])
    this.#leader = gauge('leader_election_master_status', '1 for the leader, 0 for those who wait', ['name'])
    this.#reconciles = counter('controller_runtime_reconcile_total', 'Reconciles, by how they ended', [
      'controller',
      'result',
    ])
    this.#reconcileErrors = counter('controller_runtime_reconcile_errors_total', 'Reconciles that failed', [
      'controller',
    ])
    this.#terminalErrors = counter(
      'controller_runtime_terminal_reconcile_errors_total',
      'Reconciles that failed and are not tried again',
      ['controller'],
    )
    this.#reconcileSeconds = histogram(
      'controller_runtime_reconcile_time_seconds',
      'How long reconciles take',
      RECONCILE_SECONDS,
      ['controller'],
    )
    this.#activeWorkers = gauge('controller_runtime_active_workers', 'Objects being reconciled', [
      'controller',
    ])
    this.#mostWorkers = gauge(
      'controller_runtime_max_concurrent_reconciles',
      'Objects that can be reconciled at once',
      ['controller'],
    )
    this.#collectQueues(registers)
  }

  observeRequest(method: string, host: string, code: string, seconds: number): void {
    this.#requests.inc({ code, method, host })
    this.#requestSeconds.observe({ verb: method, host }, seconds)
  }

  observeAdd(name: string): void {
    this.#adds.inc({ name })
  }

  observeRetry(name: string): void {
    this.#retries.inc({ name })
  }

  observeWait(name: string, seconds: number): void {
    this.#waits.observe({ name }, seconds)
  }

  observeWork(name: string, seconds: number): void {
    this.#works.observe({ name }, seconds)
  }

  watchQueue(name: string, state: () => WorkQueueState): void {
    this.#queues.set(name, state)
  }

  setLeader(name: string, isLeader: boolean): void {
    this.#leader.set({ name }, isLeader ? 1 : 0)
  }

  observeReconcile(controller: string, result: ReconcileOutcome, seconds: number): void {
    this.#reconciles.inc({ controller, result })
    if (result === 'error') this.#reconcileErrors.inc({ controller })
    this.#reconcileSeconds.observe({ controller }, seconds)
  }

  observeTerminalError(controller: string): void {
    this.#terminalErrors.inc({ controller })
  }

  setWorkers(controller: string, active: number, most: number): void {
    this.#activeWorkers.set({ controller }, active)
    this.#mostWorkers.set({ controller }, most)
  }

  /** Gauges that are looked at when they are read. */
  #collectQueues(registers: Registry[]): void {
    const queues = this.#queues
    const collected = (name: string, help: string, amountOf: (state: WorkQueueState) => number) =>
      new Gauge({
        name,
        help,
        labelNames: ['name'],
        registers,
        collect() {
          for (const [queue, state] of queues) this.set({ name: queue }, amountOf(state()))
        },
      })
    collected('workqueue_depth', 'Keys that wait in the queue', ({ depth }) => depth)
    collected(
      'workqueue_unfinished_work_seconds',
      'How long all keys at hand have been worked on',
      ({ workingSeconds }) => workingSeconds.reduce((sum, seconds) => sum + seconds, 0),
    )
    collected(
      'workqueue_longest_running_processor_seconds',
      'How long the oldest key at hand has been worked on',
      ({ workingSeconds }) => Math.max(0, ...workingSeconds),
    )
  }
}
