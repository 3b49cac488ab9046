import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/apis/meta/v1.ts'
import type { ManifestCondition } from '../../../src/apis/work/v1.ts'
import { fitted, roomForStatus, TRUNCATED_CONDITION } from '../../../src/work/agent/status/fit-status.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const METADATA = { name: 'w', generation: 3 }

const condition = (type: string, status: Condition['status'], message = ''): Condition => ({
  type,
  status,
  reason: 'R',
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
})
const manifest = (
  ordinal: number,
  status: Condition['status'] = 'True',
  message = '',
): ManifestCondition => ({
  resourceMeta: { ordinal, group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', name: 'c' },
  conditions: [condition('Applied', status, message)],
})
const statusOf = (manifests: ManifestCondition[], conditions = [condition('Applied', 'True')]) => ({
  conditions,
  resourceStatus: { manifests },
})
const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

describe('a status', () => {
  it('that fits is told as it is', () => {
    const status = statusOf([manifest(0), manifest(1, 'False')])
    expect(fitted(status, 100_000, METADATA, NOW)).toEqual(status)
  })

  it('of too many manifests leaves out such as are as they should be, says so, and is stored', () => {
    const manifests = Array.from({ length: 1000 }, (_, ordinal) =>
      manifest(ordinal, ordinal % 100 === 99 ? 'False' : 'True', 'é'.repeat(50)),
    )
    const status = fitted(statusOf(manifests), 50_000, METADATA, NOW)
    expect(sizeOf(status)).toBeLessThan(51_000)
    expect(sizeOf(status)).toBeGreaterThan(45_000)
    const ordinals = (status.resourceStatus?.manifests ?? []).map(({ resourceMeta }) => resourceMeta.ordinal)
    expect(ordinals).toEqual(ordinals.toSorted((a, b) => a - b))
    for (let ordinal = 99; ordinal < 1000; ordinal += 100) expect(ordinals).toContain(ordinal)
    expect(status.conditions).toContainEqual({
      type: TRUNCATED_CONDITION,
      status: 'True',
      reason: 'TooManyManifests',
      message: `${1000 - ordinals.length} of 1000 manifests are left out of the status, which would be too large to be stored`,
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 3,
    })
    const later = { ...statusOf(manifests), conditions: status.conditions ?? [] }
    expect(fitted(later, 50_000, METADATA, NOW + 60_000)).toEqual(status)
  })

  it('that fits again does not say that it did not', () => {
    const status = statusOf(
      [manifest(0)],
      [condition('Applied', 'True'), condition(TRUNCATED_CONDITION, 'True')],
    )
    expect(fitted(status, 100_000, METADATA, NOW).conditions).toEqual([condition('Applied', 'True')])
  })

  it('with one manifest that is too large on its own tells of all others', () => {
    const status = fitted(
      statusOf([manifest(0, 'False', 'x'.repeat(60_000)), manifest(1)]),
      50_000,
      METADATA,
      NOW,
    )
    expect(status.resourceStatus?.manifests).toEqual([manifest(1)])
  })

  it('with long messages of the work itself tells their beginnings', () => {
    const conditions = Array.from({ length: 10 }, (_, index) =>
      condition(`C${index}`, 'True', 'x'.repeat(30_000)),
    )
    const status = fitted(statusOf([manifest(0)], conditions), 100_000, METADATA, NOW)
    expect(status.conditions?.map(({ message }) => message.length)).toEqual(conditions.map(() => 1024))
    expect(status.resourceStatus?.manifests).toEqual([manifest(0)])
  })
})

describe('the room for a status', () => {
  const spec = (bytes: number) => ({
    workload: {
      manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data: { a: 'x'.repeat(bytes) } }],
    },
  })

  it('is what the rest of the work leaves, and never next to nothing', () => {
    const [small, large, largest] = [10_000, 500_000, 1_500_000].map((bytes) =>
      roomForStatus({ metadata: METADATA, spec: spec(bytes) }),
    ) as [number, number, number]
    expect(small - large).toBe(490_000)
    expect(large).toBeGreaterThan(800_000)
    expect(largest).toBe(64 * 1024)
  })
})
