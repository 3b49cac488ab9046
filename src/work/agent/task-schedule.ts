import type { Clock } from '../../kube/index.ts'
import { ApplyConflictError, IgnoreFieldError, ManifestError, NotAllowedError } from './apply/errors.ts'
import type { ManifestTask } from './manifest-task.ts'

/** How a manifest that fails is tried again: the waits of client-go's queues. */
const SHORTEST_RETRY_MS = 5
const LONGEST_RETRY_MS = 1_000_000

/** Who puts an object back that somebody else keeps changing takes turns with them, ever more slowly. */
const SHORTEST_REPAIR_MS = 1000
const REPAIRS_FORGOTTEN_AFTER_MS = 600_000

export interface TaskScheduleComponents {
  readonly clock: Clock
  /** Evenly distributed in [0, 1). */
  readonly random: () => number
}

export interface TaskScheduleOptions {
  /** How often objects are looked at that cannot be watched. */
  readonly pollIntervalMs: number
  /** How often all objects are looked at. */
  readonly resyncIntervalMs: number
}

/** Says when a manifest is looked at again. */
export class TaskSchedule {
  readonly #components: TaskScheduleComponents
  readonly #options: TaskScheduleOptions

  constructor(components: TaskScheduleComponents, options: TaskScheduleOptions) {
    this.#components = components
    this.#options = options
  }

  /** Whatever happens, an object is looked at so often. */
  get resyncIntervalMs(): number {
    return this.#options.resyncIntervalMs
  }

  /** It is as it should be. `isWatched`: that it changes will be told. */
  succeed(task: ManifestTask, isWatched: boolean): void {
    const { clock, random } = this.#components
    const { pollIntervalMs, resyncIntervalMs } = this.#options
    const now = clock.monotonic()
    if (now - task.repairedAt > REPAIRS_FORGOTTEN_AFTER_MS) task.repairs = 0
    task.failures = 0
    const intervalMs = isWatched
      ? resyncIntervalMs * (1 + 0.5 * random())
      : Math.min(pollIntervalMs * (1 + 0.9 * random()), resyncIntervalMs)
    task.dueAt = now + intervalMs
  }

  /** It could not be made so. */
  fail(task: ManifestTask, error: Error): void {
    task.dueAt = this.#components.clock.monotonic() + this.#retryAfterMs(task, error)
    task.failures += 1
  }

  /** It has been put back once more. */
  repair(task: ManifestTask): void {
    task.repairs += 1
    task.repairedAt = this.#components.clock.monotonic()
  }

  /** Its object has changed: it is looked at at once, unless that happens all the time. */
  hasten(task: ManifestTask): void {
    const { repairs, repairedAt } = task
    task.changes += 1
    const waitMs = Math.min(
      SHORTEST_REPAIR_MS * 2 ** Math.min(repairs - 2, 30),
      this.#options.resyncIntervalMs,
    )
    task.dueAt = Math.min(task.dueAt, repairs <= 1 ? 0 : repairedAt + waitMs)
  }

  #retryAfterMs({ failures }: ManifestTask, error: Error): number {
    if (error instanceof NotAllowedError) return error.retryAfterMs
    if (isLasting(error)) return this.#options.resyncIntervalMs
    return Math.min(SHORTEST_RETRY_MS * 2 ** Math.min(failures, 40), LONGEST_RETRY_MS)
  }
}

/** Trying again helps only once something has changed, which is an event. */
function isLasting(error: Error): boolean {
  return [ApplyConflictError, IgnoreFieldError, ManifestError].some((lasting) => error instanceof lasting)
}
