import { beforeEach, describe, expect, it } from 'vitest'
import type { AppliedManifestWork } from '../../../src/apis/work/v1.ts'
import type { AppliedWorkRecord } from '../../../src/work/agent/applied-work-record.ts'
import { ManifestTask } from '../../../src/work/agent/manifest-task.ts'
import type { TaskSchedule } from '../../../src/work/agent/task-schedule.ts'
import { WorkMemories } from '../../../src/work/agent/work-memory.ts'
import { WorkTriggers } from '../../../src/work/agent/work-triggers.ts'

let looked: string[]
let hastened: ManifestTask[]
let appliedWork: AppliedManifestWork | undefined
let triggers: WorkTriggers

beforeEach(() => {
  looked = []
  hastened = []
  const memories = new WorkMemories(() => {})
  memories.of({ metadata: { name: 'a', uid: '1' } })
  triggers = new WorkTriggers({
    memories,
    record: { find: () => appliedWork } as unknown as AppliedWorkRecord,
    mapper: { reset: () => {} } as never,
    schedule: { hasten: (task: ManifestTask) => hastened.push(task) } as unknown as TaskSchedule,
    enqueue: (work) => looked.push(`work ${work}`),
    enqueueApplied: (name) => looked.push(`applied ${name}`),
  })
})

describe('an object that changes', () => {
  const task = new ManifestTask('a')

  it('has its work looked at, and its manifest', () => {
    appliedWork = { metadata: { name: 'hash-a' } } as AppliedManifestWork
    triggers.noticeObject(task)
    expect([looked, hastened]).toEqual([['work a'], [task]])
  })

  it('of a work that is being deleted has the deletion looked at', () => {
    appliedWork = {
      metadata: { name: 'hash-a', deletionTimestamp: '2026-01-01T00:00:00Z' },
    } as AppliedManifestWork
    triggers.noticeObject(task)
    expect([looked, hastened]).toEqual([['applied hash-a'], []])
  })
})
