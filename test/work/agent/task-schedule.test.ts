import { beforeEach, describe, expect, it } from 'vitest'
import {
  ApplyConflictError,
  ApplyError,
  IgnoreFieldError,
  ManifestError,
  NotAllowedError,
} from '../../../src/work/agent/apply/errors.ts'
import { ManifestTask } from '../../../src/work/agent/manifest-task.ts'
import { TaskSchedule } from '../../../src/work/agent/task-schedule.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const RESYNC_MS = 240_000

let clock: ManualClock
let schedule: TaskSchedule
let task: ManifestTask

beforeEach(() => {
  clock = new ManualClock()
  schedule = new TaskSchedule(
    { clock, random: () => 0 },
    { pollIntervalMs: 10_000, resyncIntervalMs: RESYNC_MS },
  )
  task = new ManifestTask('w')
})

const waitMs = () => task.dueAt - clock.monotonic()

describe('a manifest', () => {
  it('that fails is tried again at once, and then ever more slowly', () => {
    const waits = Array.from({ length: 30 }, () => {
      schedule.fail(task, new ApplyError('refused'))
      return waitMs()
    })
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40])
    expect(waits.at(-1)).toBe(1_000_000)
    schedule.succeed(task, true)
    schedule.fail(task, new ApplyError('refused'))
    expect(waitMs()).toBe(5)
  })

  it.each([new ApplyConflictError('x'), new IgnoreFieldError('x'), new ManifestError('x')])(
    'is not tried again and again where that cannot help: %o',
    (error) => {
      schedule.fail(task, error)
      expect(waitMs()).toBe(RESYNC_MS)
    },
  )

  it('whose executor may not do it is tried again in a minute', () => {
    schedule.fail(task, new NotAllowedError('x'))
    expect(waitMs()).toBe(60_000)
  })

  it.each([
    [true, RESYNC_MS],
    [false, 10_000],
  ])('that is as it should be is looked at again, watched (%s), after %i ms', (isWatched, wait) => {
    schedule.succeed(task, isWatched)
    expect(waitMs()).toBe(wait)
  })

  it('that others keep changing is put back ever more slowly, and at once again after a time of peace', () => {
    const waits = Array.from({ length: 12 }, () => {
      schedule.repair(task)
      schedule.succeed(task, true)
      schedule.hasten(task)
      return Math.max(0, waitMs())
    })
    expect(waits.slice(0, 4)).toEqual([0, 1000, 2000, 4000])
    expect(waits.at(-1)).toBe(RESYNC_MS)
    clock.advance(600_001)
    schedule.succeed(task, true)
    schedule.hasten(task)
    expect(Math.max(0, waitMs())).toBe(0)
  })
})
