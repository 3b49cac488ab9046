import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ManagedClusterAddOn } from '../../../src/apis/addon/v1alpha1.ts'
import type { ManagedCluster, Taint } from '../../../src/apis/cluster/v1.ts'
import type { ManagedClusterSet } from '../../../src/apis/cluster/v1beta2.ts'
import type { Condition, KubeObject } from '../../../src/apis/meta/v1.ts'
import { labelChanges } from '../../../src/registration/hub/add-ons/feature-label-controller.ts'
import { firstToGo, parseCleanupResource } from '../../../src/registration/hub/cleanup/cleanup-resource.ts'
import { statusOf } from '../../../src/registration/hub/cluster-profiles/profile-status-controller.ts'
import { managedNamespacesOf } from '../../../src/registration/hub/cluster-sets/managed-namespace-controller.ts'
import { isSynced } from '../../../src/registration/hub/leases/clock-sync-controller.ts'
import { gracePeriodMs, remainingLifeMs } from '../../../src/registration/hub/leases/lease-times.ts'
import { taintsOf } from '../../../src/registration/hub/taint-controller.ts'

const GROUP = 'cluster.open-cluster-management.io'
const MINUTE_MS = 60_000

function condition(type: string, status: Condition['status']): Condition {
  return { type, status, reason: 'R', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' }
}

function cluster(taints: readonly Taint[] = [], available?: Condition['status']): ManagedCluster {
  const conditions = available ? [condition('ManagedClusterConditionAvailable', available)] : []
  return { metadata: { name: 'c' }, spec: { taints }, status: { conditions } } as ManagedCluster
}

describe('the taints of a cluster', () => {
  const unavailable: Taint = { key: `${GROUP}/unavailable`, effect: 'NoSelect' }
  const unreachable: Taint = { key: `${GROUP}/unreachable`, effect: 'NoSelect' }
  const stamped = { ...unreachable, timeAdded: '2026-01-01T00:00:00Z' }
  const other: Taint = { key: 'mine', effect: 'PreferNoSelect' }

  it.each([
    ['True', []],
    ['False', [unavailable]],
    ['Unknown', [unreachable]],
    [undefined, [unreachable]],
  ] as const)('follow its availability when that is %s', (available, wanted) => {
    for (const before of [
      [],
      [other],
      [other, unavailable],
      [unreachable, other],
      [unavailable, unreachable],
    ]) {
      const after = taintsOf(cluster(before, available)) ?? before
      expect(after.filter(({ key }) => key === 'mine')).toEqual(before.filter(({ key }) => key === 'mine'))
      expect(after.filter(({ key }) => key !== 'mine')).toEqual(wanted)
      expect(taintsOf(cluster(after, available))).toBeUndefined()
    }
  })

  it('keep the time at which they were added', () => {
    expect(taintsOf(cluster([stamped, other], 'Unknown'))).toBeUndefined()
  })

  it('leave alone a taint of somebody else with the same key', () => {
    const theirs: Taint = { ...unreachable, value: 'theirs' }
    expect(taintsOf(cluster([theirs], 'True'))).toBeUndefined()
  })
})

describe('the lease of a cluster', () => {
  it('gives an agent five times its duration, and that of a duration of zero is a minute', () => {
    expect(gracePeriodMs({ metadata: {}, spec: { leaseDurationSeconds: 10 } })).toBe(50_000)
    expect(gracePeriodMs({ metadata: {}, spec: { leaseDurationSeconds: 0 } })).toBe(5 * MINUTE_MS)
    expect(gracePeriodMs({ metadata: {}, spec: { leaseDurationSeconds: -10 } })).toBe(5 * MINUTE_MS)
    expect(gracePeriodMs({ metadata: {} })).toBe(5 * MINUTE_MS)
  })

  it('is never younger than when it was seen, and of a clock that is not trusted nothing else counts', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (renewTime, seenAt) => {
        const renewal = { renewTime, seenAt, seenAtMonotonic: seenAt }
        const clock = { now: () => 7, monotonic: () => 7 }
        const lifeMs = (isClockTrusted: boolean) =>
          remainingLifeMs(renewal, { graceMs: 5, isClockTrusted }, clock)
        expect(lifeMs(true)).toBe(Math.min(renewTime, seenAt) - 2)
        expect(lifeMs(false)).toBe(seenAt - 2)
      }),
    )
  })

  it('tells whether clocks agree, within the same time in either direction', () => {
    const seenAt = 100 * MINUTE_MS
    const at = (offsetMs: number) => isSynced(cluster(), { renewTime: seenAt + offsetMs, seenAt })
    expect([0, 5 * MINUTE_MS - 1, -5 * MINUTE_MS + 1].map(at)).toEqual([true, true, true])
    expect([5 * MINUTE_MS, -5 * MINUTE_MS, 60 * MINUTE_MS].map(at)).toEqual([false, false, false])
    const skipping = {
      ...cluster(),
      metadata: { annotations: { 'registration.open-cluster-management.io/skip-clock-sync-check': 'true' } },
    }
    expect(isSynced(skipping, { renewTime: 0, seenAt })).toBe(true)
  })
})

describe('managed namespaces', () => {
  const set = (name: string, ...namespaces: string[]): ManagedClusterSet => ({
    metadata: { name },
    spec: { managedNamespaces: namespaces.map((each) => ({ name: each })) },
  })

  it('are those of all sets that stay, in order, with what is known of them', () => {
    const known = { name: 'n1', clusterSet: 's1', conditions: [condition('NamespaceAvailable', 'True')] }
    const going = { ...set('s3', 'n9'), metadata: { name: 's3', deletionTimestamp: '2026-01-01T00:00:00Z' } }
    const before = [known, { name: 'left', clusterSet: 's1' }]
    expect(managedNamespacesOf([set('s2', 'n1'), going, set('s1', 'n2', 'n1')], before)).toEqual([
      known,
      { name: 'n2', clusterSet: 's1' },
      { name: 'n1', clusterSet: 's2' },
    ])
  })
})

describe('feature labels', () => {
  const PREFIX = 'feature.open-cluster-management.io/addon-'
  const addOn = (name: string, available?: Condition['status']): ManagedClusterAddOn => ({
    metadata: { name },
    spec: {},
    status: { conditions: available ? [condition('Available', available)] : [] },
  })

  it('say how each add-on is, and go with it', () => {
    const labels = { [`${PREFIX}a`]: 'available', [`${PREFIX}gone`]: 'available', other: 'stays' }
    const addOns = [addOn('a', 'True'), addOn('b', 'False'), addOn('c', 'Unknown'), addOn('d')]
    expect(Object.fromEntries(labelChanges({ metadata: { labels } }, addOns))).toEqual({
      [`${PREFIX}b`]: 'unhealthy',
      [`${PREFIX}c`]: 'unreachable',
      [`${PREFIX}d`]: 'unreachable',
      [`${PREFIX}gone`]: null,
    })
  })

  it('leave out an add-on whose name no label can hold', () => {
    expect(
      labelChanges({ metadata: {} }, [addOn('x'.repeat(57), 'True'), addOn('x'.repeat(58), 'True')]).size,
    ).toBe(1)
  })
})

describe('cleaning up', () => {
  const object = (name: string, priority?: string): KubeObject => ({
    metadata: {
      name,
      ...(priority !== undefined && {
        annotations: { 'open-cluster-management.io/cleanup-priority': priority },
      }),
    },
  })
  const namesOf = (objects: readonly KubeObject[]) => objects.map(({ metadata }) => metadata.name)

  it('begins with the lowest priority, which is that of all that make no sense', () => {
    const nonsense = ['', '-1', '101', '1.5', 'x', '0x1', ' 7'].map((text, index) =>
      object(`n${index}`, text),
    )
    expect(namesOf(firstToGo([object('late', '100'), ...nonsense, object('none')]))).toEqual([
      ...namesOf(nonsense),
      'none',
    ])
    expect(namesOf(firstToGo([object('late', '100'), object('early', '+5')]))).toEqual(['early'])
  })

  it('reads what is to be cleaned up', () => {
    expect(parseCleanupResource('/v1/configmaps')).toMatchObject({
      group: '',
      version: 'v1',
      plural: 'configmaps',
    })
    for (const text of ['configmaps', 'v1/configmaps', 'a/b/c/d', 'a//c', ''])
      expect(() => parseCleanupResource(text), text).toThrow(/gc-resource-list/)
  })
})

describe('the status of a cluster profile', () => {
  it('is what is known of the cluster, under other names', () => {
    const known: ManagedCluster = {
      metadata: { name: 'c' },
      status: {
        version: { kubernetes: 'v1.35.0' },
        clusterClaims: [{ name: 'id.k8s.io', value: 'x' }],
        conditions: [
          condition('ManagedClusterConditionAvailable', 'True'),
          condition('ManagedClusterJoined', 'True'),
        ],
      },
    }
    const status = statusOf({}, known, 0)
    expect(status).toMatchObject({
      version: { kubernetes: 'v1.35.0' },
      properties: [{ name: 'id.k8s.io', value: 'x' }],
      conditions: [
        { type: 'ControlPlaneHealthy', status: 'True', reason: 'R', message: 'm' },
        { type: 'Joined', status: 'True' },
      ],
    })
    expect(statusOf(status, known, 5_000)).toEqual(status)
  })
})
