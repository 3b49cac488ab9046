import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import {
  AVAILABLE_CONDITION,
  CLOCK_SYNCED_CONDITION,
  HUB_ACCEPTED_CONDITION,
} from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { EVENTS, LEASES } from '../../../src/apis/resources.ts'
import { microTimeText, retryOnConflict } from '../../../src/kube/index.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'
import { type AnyObject, conditionsOf, conditionText, HubBench } from './hub-bench.ts'

const MINUTE_MS = 60_000
const clock = new JumpingClock()
let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start({ clock })
})

afterAll(() => hub.close())

const leaseOf = (name: string) => ({ namespace: name, name: 'managed-cluster-lease' })
const renew = (name: string, renewTime = clock.now()) =>
  hub.merge(LEASES, leaseOf(name), { spec: { renewTime: microTimeText(renewTime) } })
const untilAvailable = (name: string, status: string) =>
  hub.untilOne(MANAGED_CLUSTERS, { name }, (each) => conditionsOf(each)[AVAILABLE_CONDITION] === status)
const untilTaints = (name: string, keys: string[]) =>
  hub.untilOne(
    MANAGED_CLUSTERS,
    { name },
    (each) =>
      JSON.stringify((each.spec.taints ?? []).map((taint: { key: string }) => taint.key)) ===
      JSON.stringify(keys),
  )

/** What an agent says of its cluster; the hub writes the same list. */
async function report(name: string, status: string): Promise<void> {
  const clusters = hub.resource(MANAGED_CLUSTERS)
  await retryOnConflict(async () => {
    const { metadata, status: known } = await clusters.get({ name })
    const others = known.conditions.filter((each: { type: string }) => each.type !== AVAILABLE_CONDITION)
    const lastTransitionTime = '2026-01-01T00:00:00Z'
    const reported = {
      type: AVAILABLE_CONDITION,
      status,
      reason: 'Reported',
      message: '',
      lastTransitionTime,
    }
    const { resourceVersion } = metadata
    const body = { metadata: { resourceVersion }, status: { conditions: [...others, reported] } }
    await clusters.patchStatus({ name }, { type: 'merge', body })
  })
}

async function joined(name: string, spec: object = {}, annotations?: object): Promise<AnyObject> {
  const metadata = { name, ...(annotations && { annotations }) } as { name: string }
  await hub.create(MANAGED_CLUSTERS, { metadata, spec: { hubAcceptsClient: true, ...spec } })
  await hub.untilOne(LEASES, leaseOf(name), () => true)
  await hub.untilOne(
    MANAGED_CLUSTERS,
    { name },
    (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True',
  )
  await untilTaints(name, ['cluster.open-cluster-management.io/unreachable'])
  await renew(name)
  await report(name, 'True')
  await untilTaints(name, [])
  return hub.resource(MANAGED_CLUSTERS).get({ name })
}

describe('a cluster whose agent renews its lease', () => {
  it('stays available, and is tainted while it says that it is not', async () => {
    await joined('steady')
    for (let half = 0; half < 14; half += 1) {
      clock.advance(MINUTE_MS / 2)
      await renew('steady')
      await hub.untilOne(
        MANAGED_CLUSTERS,
        { name: 'steady' },
        (each) => conditionsOf(each)[CLOCK_SYNCED_CONDITION] === 'True',
      )
    }
    const cluster = await hub.resource(MANAGED_CLUSTERS).get({ name: 'steady' })
    expect(conditionsOf(cluster)[AVAILABLE_CONDITION]).toBe('True')
    await report('steady', 'False')
    await untilTaints('steady', ['cluster.open-cluster-management.io/unavailable'])
    await report('steady', 'True')
    await untilTaints('steady', [])
  })

  it('has its clock compared with the hub’s', async () => {
    await joined('skewed')
    await renew('skewed', clock.now() + 6 * MINUTE_MS)
    const text = (each: AnyObject) => conditionText(each, CLOCK_SYNCED_CONDITION)
    const fast = await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'skewed' },
      (each) => text(each)?.startsWith('False') ?? false,
    )
    expect(text(fast)).toBe(
      'False ManagedClusterClockOutOfSync: The clock of hub and agent is out of sync. This may cause the Unknown status and affect agent functionalities.',
    )
    await renew('skewed')
    const right = await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'skewed' },
      (each) => text(each)?.startsWith('True') ?? false,
    )
    expect(text(right)).toBe(
      'True ManagedClusterClockSynced: The clock of the managed cluster is synced with the hub.',
    )
  })
})

describe('a cluster whose agent has stopped', () => {
  it('is unknown once its grace period is over, with its add-ons, and well again when the agent says so', async () => {
    await joined('lost')
    await hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: { namespace: 'lost', name: 'a' }, spec: {} })
    clock.advance(6 * MINUTE_MS)
    const lost = await untilAvailable('lost', 'Unknown')
    const message = 'Registration agent stopped updating its lease.'
    expect(conditionText(lost, AVAILABLE_CONDITION)).toBe(
      `Unknown ManagedClusterLeaseUpdateStopped: ${message}`,
    )
    await untilTaints('lost', ['cluster.open-cluster-management.io/unreachable'])
    const addOn = await hub.untilOne(
      MANAGED_CLUSTER_ADD_ONS,
      { namespace: 'lost', name: 'a' },
      (each) => conditionsOf(each).Available === 'Unknown',
    )
    expect(conditionText(addOn, 'Available')).toBe(`Unknown ManagedClusterLeaseUpdateStopped: ${message}`)
    const events = await hub.until(EVENTS, { namespace: 'lost' }, (all) => all.size > 0)
    expect([...events.values()][0]).toMatchObject({
      type: 'Warning',
      reason: 'AvailableUnknown',
      regarding: { kind: 'ManagedCluster', name: 'lost', namespace: 'lost' },
      note: 'The lost is successfully imported. However, the connection check from the managed cluster to the hub cluster has failed',
    })

    await renew('lost')
    await report('lost', 'True')
    await untilTaints('lost', [])
    clock.advance(6 * MINUTE_MS)
    await untilAvailable('lost', 'Unknown')
  })

  it('is unknown sooner when its lease is shorter', async () => {
    await joined('short', { leaseDurationSeconds: 1 })
    clock.advance(4_000)
    expect(
      conditionsOf(await hub.resource(MANAGED_CLUSTERS).get({ name: 'short' }))[AVAILABLE_CONDITION],
    ).toBe('True')
    clock.advance(2_000)
    await untilAvailable('short', 'Unknown')
  })

  it('is unknown in time although its clock was fast', async () => {
    await joined('fast')
    await renew('fast', clock.now() + 60 * MINUTE_MS)
    await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'fast' },
      (each) => conditionsOf(each)[CLOCK_SYNCED_CONDITION] === 'False',
    )
    clock.advance(6 * MINUTE_MS)
    await untilAvailable('fast', 'Unknown')
  })

  it('gets a lease anew when that was deleted, and is unknown at once when it is deleted itself', async () => {
    await joined('deleted')
    const { uid } = (await hub.resource(LEASES).get(leaseOf('deleted'))).metadata
    await hub.resource(LEASES).delete(leaseOf('deleted'))
    await hub.untilOne(LEASES, leaseOf('deleted'), ({ metadata }) => metadata.uid !== uid)
    await hub.merge(MANAGED_CLUSTERS, { name: 'deleted' }, { metadata: { finalizers: ['example.com/hold'] } })
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'deleted' })
    await hub.resource(LEASES).delete(leaseOf('deleted'))
    await untilAvailable('deleted', 'Unknown')
    await hub.merge(MANAGED_CLUSTERS, { name: 'deleted' }, { metadata: { finalizers: null } })
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'deleted' })
  })
})

describe('a hub whose clock is set', () => {
  const HOUR_MS = 60 * MINUTE_MS

  afterEach(() => clock.set(-setMs))

  let setMs = 0
  function set(ms: number): void {
    setMs = ms
    clock.set(ms)
  }
  const untilSynced = (name: string, status: string) =>
    hub.untilOne(MANAGED_CLUSTERS, { name }, (each) => conditionsOf(each)[CLOCK_SYNCED_CONDITION] === status)

  it.each([
    ['ahead', 3 * HOUR_MS],
    ['back', -3 * HOUR_MS],
  ])('%s says that the clocks do not agree, and knows all again when it is right', async (way, ms) => {
    const name = `hub-${way}`
    const agentTime = () => clock.now() - setMs
    await joined(name)
    set(ms)
    clock.advance(MINUTE_MS)
    await renew(name, agentTime())
    await untilSynced(name, 'False')
    clock.set(-setMs)
    setMs = 0
    await renew(name, agentTime())
    await untilSynced(name, 'True')
    await report(name, 'True') // an agent does so as soon as its clock is said to be right
    await untilTaints(name, [])
    for (let half = 0; half < 14; half += 1) {
      clock.advance(MINUTE_MS / 2)
      await renew(name, agentTime())
      await untilSynced(name, 'True')
    }
    expect(conditionsOf(await hub.resource(MANAGED_CLUSTERS).get({ name }))[AVAILABLE_CONDITION]).toBe('True')
  })

  it('back notices all the same, and in time, that an agent has stopped', async () => {
    await joined('stopped-then')
    set(-3 * HOUR_MS)
    clock.advance(6 * MINUTE_MS)
    await untilAvailable('stopped-then', 'Unknown')
  })
})

describe('a cluster whose clock is slow, and not to be looked at', () => {
  it('stays available as long as its lease is seen to change', async () => {
    const skip = { 'registration.open-cluster-management.io/skip-clock-sync-check': 'true' }
    await joined('slow', {}, skip)
    const HOUR_MS = 60 * MINUTE_MS
    for (let minute = 0; minute < 6; minute += 1) {
      clock.advance(MINUTE_MS)
      await renew('slow', clock.now() - HOUR_MS)
    }
    // What is planned for other clusters in this time has been done, so this one has been looked at, too.
    await joined('witness', { leaseDurationSeconds: 1 })
    clock.advance(6_000)
    await untilAvailable('witness', 'Unknown')
    const cluster = await hub.resource(MANAGED_CLUSTERS).get({ name: 'slow' })
    expect(conditionsOf(cluster)).toMatchObject({
      [AVAILABLE_CONDITION]: 'True',
      [CLOCK_SYNCED_CONDITION]: 'True',
    })
    clock.advance(6 * MINUTE_MS)
    await untilAvailable('slow', 'Unknown')
  })
})
