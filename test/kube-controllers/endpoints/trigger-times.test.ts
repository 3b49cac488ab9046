import { describe, expect, it } from 'vitest'
import type { Pod, Service } from '../../../src/apis/core/v1.ts'
import { TriggerTimes } from '../../../src/kube-controllers/endpoints/trigger-times.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}Z`
const service: Service = { metadata: { namespace: 'a', name: 'b', creationTimestamp: at(1) } }
const pod = (name: string, second: number): Pod => ({
  metadata: { name },
  status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(second) }] },
})

describe('the time of a change', () => {
  it('is the earliest of what was not seen before', () => {
    const times = new TriggerTimes()
    expect(times.next(service, [pod('x', 3)])).toBe(at(1))
    expect(times.next(service, [pod('x', 3)])).toBeUndefined()
    expect(times.next(service, [pod('x', 6), pod('y', 5)])).toBe(at(5))
    expect(times.next(service, [pod('y', 5)])).toBeUndefined()
    times.forget('a/b')
    expect(times.next(service, [pod('y', 5)])).toBe(at(1))
  })
})
