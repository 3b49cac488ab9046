import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Lease } from '../../../src/apis/coordination/v1.ts'
import type { Pod } from '../../../src/apis/core/v1.ts'
import { PODS } from '../../../src/apis/resources.ts'
import { KubeClient, LEASES, type LeaderElectionOptions, LeaderElector } from '../../../src/kube/index.ts'
import { eventually } from '../../support/eventually.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { FakeApiServer, type Fault } from '../fake-apiserver.ts'

const PATH = '/apis/coordination.k8s.io/v1/leases'
const PODS_PATH = '/api/v1/pods'

let api: FakeApiServer
let clock: ManualClock
let client: KubeClient
let ending: AbortController

beforeEach(async () => {
  api = await FakeApiServer.start()
  clock = new ManualClock()
  client = new KubeClient({ readAccess: async () => api.access, clock }, { qps: -1 })
  ending = new AbortController()
})

afterEach(async () => {
  ending.abort()
  await client.stop()
  await api.stop()
})

function candidate(identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElector {
  const leases = client.resource<Lease>(LEASES)
  const pods = client.resource<Pod>(PODS)
  return new LeaderElector(
    { leases, pods, clock },
    { namespace: 'ns', name: 'lock', identity, random: () => 0, ...options },
  )
}

const lease = () => api.get(PATH, 'ns/lock') as Lease | undefined
const spec = () => lease()?.spec

/** Moves time until `isDone`, from one sleeper's end to the next. */
async function passTimeUntil(isDone: () => boolean): Promise<void> {
  const watched = eventually(isDone)
    .toBe(true)
    .then(() => 0)
  for (;;) {
    const ms = await Promise.race([clock.asleep(), watched])
    if (isDone()) break
    clock.advance(ms)
  }
  await watched
}

it('makes the Lease that client-go makes', async () => {
  await candidate('one').acquire(ending.signal)
  expect(spec()).toEqual({
    holderIdentity: 'one',
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  })
})

it('renews it every two seconds, without reading it, and keeps what else is in it', async () => {
  const one = candidate('one')
  await one.acquire(ending.signal)
  api.put(PATH, { ...lease(), metadata: { ...lease()?.metadata, labels: { by: 'others' } } } as never)
  const held = one.hold(ending.signal)
  for (let turn = 1; turn <= 3; turn += 1) {
    await passTimeUntil(() => spec()?.renewTime === `2026-01-01T00:00:0${2 * turn}.000000Z`)
  }
  expect(spec()).toMatchObject({ acquireTime: '2026-01-01T00:00:00.000000Z', leaseTransitions: 0 })
  expect(lease()?.metadata.labels).toEqual({ by: 'others' })
  expect(api.requests.slice(-2).map(({ method }) => method)).toEqual(['PUT', 'PUT'])
  ending.abort()
  expect(await held).toBe('cancelled')
})

it('waits as long as another holds it, whatever the times in it say', async () => {
  const old = '1999-01-01T00:00:00.000000Z'
  const held = {
    holderIdentity: 'other',
    leaseDurationSeconds: 15,
    acquireTime: old,
    renewTime: old,
    leaseTransitions: 3,
  }
  api.put(PATH, { metadata: { namespace: 'ns', name: 'lock' }, spec: held })
  const two = candidate('two')
  let isAcquired = false
  const acquired = two.acquire(ending.signal).then(() => {
    isAcquired = true
  })
  const startedAt = clock.now()
  await passTimeUntil(() => clock.now() - startedAt >= 10_000)
  api.put(PATH, { ...lease(), spec: { ...held, renewTime: '1999-01-01T00:00:10.000000Z' } } as never) // a sign of life, in a time of its own
  await passTimeUntil(() => clock.now() - startedAt >= 24_000)
  expect([isAcquired, two.leader]).toEqual([false, 'other'])
  await passTimeUntil(() => isAcquired)
  await acquired
  expect(clock.now() - startedAt).toBeLessThanOrEqual(30_000)
  expect(spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 4 })
})

it('takes a Lease over as soon as it is given up', async () => {
  const one = candidate('one')
  await one.acquire(ending.signal)
  const acquired = candidate('two', { retryPeriodMs: 5000 }).acquire(ending.signal)
  const isWatched = () => api.requests.some(({ query }) => query.watch !== undefined)
  await eventually(isWatched).toBe(true)
  const startedAt = clock.now()
  await one.release()
  await acquired
  expect(clock.now()).toBe(startedAt)
  expect(spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 })
})

it('takes nothing but its spec for a sign of life', async () => {
  api.put(PATH, {
    metadata: { namespace: 'ns', name: 'lock' },
    spec: { holderIdentity: 'other', leaseDurationSeconds: 15 },
  })
  let isAcquired = false
  const acquired = candidate('two')
    .acquire(ending.signal)
    .then(() => {
      isAcquired = true
    })
  const startedAt = clock.now()
  await passTimeUntil(() => clock.now() - startedAt >= 10_000)
  api.put(PATH, { ...lease(), metadata: { ...lease()?.metadata, labels: { x: '1' } } } as never)
  await passTimeUntil(() => isAcquired)
  await acquired
  expect(clock.now() - startedAt).toBeLessThan(20_000)
})

it('takes it over at once from an earlier process of its Pod that was killed, and from no other', async () => {
  const put = (holderIdentity: string) =>
    api.put(PATH, {
      metadata: { namespace: 'ns', name: 'lock' },
      spec: { holderIdentity, leaseDurationSeconds: 137, leaseTransitions: 1 },
    })
  put('pod-1_earlier')
  const startedAt = clock.now()
  await candidate('pod-1_later', { predecessorPrefix: 'pod-1_' }).acquire(ending.signal)
  expect(clock.now()).toBe(startedAt)
  expect(spec()).toMatchObject({ holderIdentity: 'pod-1_later', leaseTransitions: 2 })
  put('pod-12_other')
  let isAcquired = false
  const acquired = candidate('pod-1_later', { predecessorPrefix: 'pod-1_' })
    .acquire(ending.signal)
    .then(() => {
      isAcquired = true
    })
  await passTimeUntil(() => isAcquired)
  await acquired
  expect(clock.now() - startedAt).toBeGreaterThanOrEqual(137_000)
})

describe('a Lease that was not given up', () => {
  const LONG = { leaseDurationMs: 137_000, renewDeadlineMs: 107_000, retryPeriodMs: 26_000 }
  let startedAt: number

  beforeEach(() => {
    startedAt = clock.now()
  })

  /** Resolves with how many ms of the clock it takes until another has it. */
  async function msUntilTakenOver(by = 'pod-2_later'): Promise<number> {
    let isAcquired = false
    const acquired = candidate(by, { ...LONG, isPod: true })
      .acquire(ending.signal)
      .then(() => {
        isAcquired = true
      })
    await passTimeUntil(() => isAcquired)
    await acquired
    expect(spec()).toMatchObject({ holderIdentity: by, leaseTransitions: 1 })
    return clock.now() - startedAt
  }

  it('is taken over at once when the Pod of its holder is gone', async () => {
    await candidate('pod-1_earlier', { ...LONG, isPod: true }).acquire(ending.signal)
    expect(await msUntilTakenOver()).toBe(0)
  })

  it('is looked at more often while that Pod is being deleted', async () => {
    await candidate('pod-1_earlier', { ...LONG, isPod: true }).acquire(ending.signal)
    const deletionTimestamp = '2026-01-01T00:00:30Z'
    const metadata = { namespace: 'ns', name: 'pod-1', deletionTimestamp, finalizers: ['kubelet'] }
    api.put(PODS_PATH, { metadata })
    let looks = 0
    api.faultFor = ({ path }) => {
      if (path.endsWith('/pods/pod-1') && ++looks === 3) api.remove(PODS_PATH, 'ns/pod-1')
      return undefined
    }
    expect(await msUntilTakenOver()).toBeLessThan(15_000)
    expect(looks).toBe(3)
  })

  it.each([
    ['is a Pod that is there', true, undefined],
    ['is not known to be a Pod', false, undefined],
    ['is a Pod that we may not see', true, { status: 403, reason: 'Forbidden' }],
  ])('is waited for when its holder %s', async (_, isPod, fault) => {
    await candidate('pod-1_earlier', { ...LONG, isPod }).acquire(ending.signal)
    if (isPod) api.put(PODS_PATH, { metadata: { namespace: 'ns', name: 'pod-1' } })
    api.faultFor = ({ path }) => (path.includes('/pods/') ? fault : undefined)
    expect(await msUntilTakenOver()).toBeGreaterThanOrEqual(137_000)
  })
})

it('gives it up when it was to stop before it knew that it leads', async () => {
  const one = candidate('one')
  api.faultFor = ({ method }) => {
    if (method === 'POST') ending.abort()
    return undefined
  }
  await expect(one.acquire(ending.signal)).rejects.toThrow('aborted')
  expect(spec()?.holderIdentity).toBe('one')
  await one.release()
  expect(spec()?.holderIdentity).toBe('')
})

it('tries again to give it up where the API is in trouble, and leaves it where that is not allowed any more', async () => {
  const one = candidate('one')
  await one.acquire(ending.signal)
  const troubles: Fault[] = [{ status: 500 }, { status: 503 }, 'cut']
  api.faultFor = () => troubles.shift()
  let isReleased = false
  const released = one.release().then(() => {
    isReleased = true
  })
  await passTimeUntil(() => isReleased)
  await released
  expect(spec()?.holderIdentity).toBe('')

  const two = candidate('two')
  await two.acquire(ending.signal)
  api.faultFor = () => ({ status: 403, reason: 'Forbidden' })
  await two.release()
  expect(spec()?.holderIdentity).toBe('two')
})

it('gives it up at the end, so that the next can have it at once', async () => {
  const one = candidate('one')
  await one.acquire(ending.signal)
  const held = one.hold(ending.signal)
  ending.abort()
  await held
  await one.release()
  expect(spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 })
  expect(one.isLeader).toBe(false)
  const two = candidate('two')
  await two.acquire(new AbortController().signal)
  expect(spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 })
  await one.release()
  expect(spec()?.holderIdentity).toBe('two')
})

it('gives it up though somebody has written meanwhile, and leaves it where that was not asked for', async () => {
  const one = candidate('one')
  await one.acquire(ending.signal)
  let conflicts = 2
  api.faultFor = ({ method }) =>
    method === 'PUT' && conflicts-- > 0 ? { status: 409, reason: 'Conflict' } : undefined
  await one.release()
  expect(spec()?.holderIdentity).toBe('')
  const two = candidate('two', { releaseOnCancel: false })
  await two.acquire(ending.signal)
  await two.release()
  expect(spec()?.holderIdentity).toBe('two')
})

it.each([
  ['refuses', { status: 500 }],
  ['is silent', 'hang'],
] as const)('loses it when the API %s for the deadline, before others can have it', async (_, fault) => {
  const one = candidate('one', { renewDeadlineMs: 200, retryPeriodMs: 20, leaseDurationMs: 1000 })
  await one.acquire(ending.signal)
  let end: string | undefined
  const held = one.hold(ending.signal).then((how) => {
    end = how
  })
  const startedAt = clock.now()
  api.faultFor = () => fault
  await passTimeUntil(() => end !== undefined)
  await held
  expect(end).toBe('lost')
  expect(clock.now() - startedAt).toBeLessThan(1000)
})

it('holds it through short trouble', async () => {
  const one = candidate('one')
  await one.acquire(ending.signal)
  const held = one.hold(ending.signal)
  let failures = 3
  api.faultFor = () => (failures-- > 0 ? { status: 500 } : undefined)
  await passTimeUntil(() => failures < 0 && spec()?.renewTime !== spec()?.acquireTime)
  ending.abort()
  expect(await held).toBe('cancelled')
})

it('loses it when another has taken it', async () => {
  const one = candidate('one')
  await one.acquire(ending.signal)
  api.put(PATH, { ...lease(), spec: { ...spec(), holderIdentity: 'other' } } as never)
  let end: string | undefined
  const held = one.hold(ending.signal).then((how) => {
    end = how
  })
  await passTimeUntil(() => end !== undefined)
  await held
  expect([end, spec()?.holderIdentity]).toEqual(['lost', 'other'])
})

it('has one leader at a time of many who want to', async () => {
  const elected: string[] = []
  const all = ['a', 'b', 'c'].map((identity) => {
    const elector = candidate(identity)
    return elector.acquire(ending.signal).then(
      () => elected.push(identity),
      () => {},
    )
  })
  await eventually(() => elected.length).toBe(1)
  expect(spec()?.holderIdentity).toBe(elected[0])
  ending.abort()
  await Promise.all(all)
  expect(elected).toHaveLength(1)
})

it.each([
  [
    { leaseDurationMs: 10_000, renewDeadlineMs: 10_000 },
    'leaseDurationMs must be greater than renewDeadlineMs',
  ],
  [{ renewDeadlineMs: 2_000 }, 'renewDeadlineMs must be greater than retryPeriodMs*1.2'],
  [{ leaseDurationMs: 500 }, 'leaseDurationMs must be at least a second'],
  [{ identity: '' }, 'a candidate needs an identity'],
])('refuses %o', (options, message) => {
  expect(() => candidate('one', options)).toThrow(message)
})
