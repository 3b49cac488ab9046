import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../../src/apis/meta/v1.ts'
import {
  enqueueOwner,
  enqueueSelf,
  generationChanged,
  KubeClient,
  KubeMetrics,
  keyText,
  LeaderLostError,
  Manager,
  type ManagerOptions,
  objectPredicate,
  type Reconcile,
  systemClock,
  TerminalError,
} from '../../../src/kube/index.ts'
import { eventually } from '../../support/eventually.ts'
import { HastyClock } from '../clocks.ts'
import { FakeApiServer } from '../fake-apiserver.ts'

const CONFIG_MAPS = { group: '', version: 'v1', plural: 'configmaps', namespaced: true }
const PATH = '/api/v1/configmaps'
const LEASES_PATH = '/apis/coordination.k8s.io/v1/leases'

let api: FakeApiServer
let clock: HastyClock
let client: KubeClient
let registry: Registry
let metrics: KubeMetrics
let ending: AbortController
let runs: Promise<unknown>[]

beforeEach(async () => {
  api = await FakeApiServer.start()
  clock = new HastyClock()
  registry = new Registry()
  metrics = new KubeMetrics(registry)
  client = new KubeClient({ readAccess: async () => api.access, clock, metrics }, { qps: -1 })
  ending = new AbortController()
  runs = []
})

afterEach(async () => {
  ending.abort()
  await Promise.allSettled(runs)
  await client.stop()
  await api.stop()
})

/** With an election, time is real: requests take some of it. */
function manager(options: ManagerOptions = {}): Manager {
  if (options.leaderElection)
    client = new KubeClient({ readAccess: async () => api.access, clock: systemClock })
  return new Manager({ client, metrics }, options)
}

function run(of: Manager): Promise<void> {
  const running = of.run(ending.signal)
  runs.push(running)
  return running
}

/** Starts a manager with one controller of ConfigMaps. */
function reconciling(reconcile: Reconcile, { concurrency = 1 } = {}): Manager {
  const made = manager()
  const controller = made.controller({ name: 'test', reconcile, concurrency })
  controller.watch(made.informers.for<KubeObject>(CONFIG_MAPS))
  void run(made)
  return made
}

const put = (name: string, metadata = {}) =>
  api.put(PATH, { metadata: { name, namespace: 'ns', ...metadata } })

const metric = async (name: string, labels: Record<string, string>) => {
  const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] }
  return values.find((value) => Object.entries(labels).every(([key, text]) => value.labels[key] === text))
    ?.value
}

describe('a controller', () => {
  it('looks at each object once it has seen all, and at each that changes', async () => {
    put('a')
    put('b')
    const seen: string[] = []
    const made: Manager = reconciling(async (request) => {
      seen.push(`${keyText(request)} of ${made.informers.for(CONFIG_MAPS).store.size}`)
    })
    await eventually(() => seen).toEqual(['ns/a of 2', 'ns/b of 2'])
    put('c')
    await eventually(() => seen.at(-1)).toBe('ns/c of 3')
    api.remove(PATH, 'ns/a')
    await eventually(() => seen.at(-1)).toBe('ns/a of 2')
  })

  it('tries again what fails, with growing pauses, and counts it', async () => {
    put('a')
    let failures = 4
    reconciling(async () => {
      if (failures-- > 0) throw new Error('not yet')
    })
    await eventually(() => failures).toBe(-1)
    expect(clock.slept).toEqual([5, 10, 20, 40])
    await eventually(() =>
      metric('controller_runtime_reconcile_total', { controller: 'test', result: 'success' }),
    ).toBe(1)
    expect(await metric('controller_runtime_reconcile_total', { controller: 'test', result: 'error' })).toBe(
      4,
    )
    expect(await metric('controller_runtime_reconcile_errors_total', { controller: 'test' })).toBe(4)
    expect(await metric('workqueue_retries_total', { name: 'test' })).toBe(4)
    expect(await metric('workqueue_adds_total', { name: 'test' })).toBe(5)
    expect(await metric('workqueue_depth', { name: 'test' })).toBe(0)
    expect(await metric('controller_runtime_max_concurrent_reconciles', { controller: 'test' })).toBe(1)
    const text = await registry.metrics()
    expect(text).toMatch(/rest_client_requests_total\{code="200",method="GET",host="127.0.0.1:\d+"\} \d/)
    expect(text).toContain('workqueue_unfinished_work_seconds{name="test"} 0')
  })

  it('does not try again what cannot be helped, until the object changes', async () => {
    put('a')
    let calls = 0
    reconciling(async () => {
      calls += 1
      throw new TerminalError('no')
    })
    await eventually(() => calls).toBe(1)
    await eventually(() =>
      metric('controller_runtime_terminal_reconcile_errors_total', { controller: 'test' }),
    ).toBe(1)
    put('b')
    await eventually(() => calls).toBe(2)
    expect(clock.slept).toEqual([])
  })

  it('looks again after the time that was asked for', async () => {
    put('a')
    let calls = 0
    reconciling(async () => {
      calls += 1
      return calls < 3 ? { requeueAfterMs: 60_000 } : {}
    })
    await eventually(() => calls).toBe(3)
    expect(clock.slept).toEqual([60_000, 60_000])
  })

  it('works on several objects at once, and on each alone', async () => {
    const atWork: string[] = []
    let most = 0
    let isTwice = false
    const gate = Promise.withResolvers<void>()
    reconciling(
      async (request) => {
        const key = keyText(request)
        isTwice ||= atWork.includes(key)
        atWork.push(key)
        most = Math.max(most, atWork.length)
        await gate.promise
        atWork.splice(atWork.indexOf(key), 1)
      },
      { concurrency: 3 },
    )
    for (const name of ['a', 'b', 'c', 'd']) put(name)
    await eventually(() => atWork.length).toBe(3)
    for (const name of ['a', 'b', 'c', 'd']) put(name)
    gate.resolve()
    await eventually(() => atWork.length).toBe(0)
    expect([most, isTwice]).toEqual([3, false])
  })

  it('aborts what it does when it is to stop, and waits for its end', async () => {
    put('a')
    const log: string[] = []
    reconciling(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          log.push('begun')
          signal.addEventListener('abort', () => {
            log.push('aborted')
            reject(signal.reason)
          })
        }),
    )
    await eventually(() => log).toEqual(['begun'])
    ending.abort()
    await Promise.all(runs)
    expect(log).toEqual(['begun', 'aborted'])
    expect(await metric('controller_runtime_active_workers', { controller: 'test' })).toBe(0)
  })
})

describe('sources', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: '1' }
  const owned = (...ownerReferences: object[]) =>
    ({ metadata: { name: 'a', namespace: 'ns', ownerReferences } }) as KubeObject

  it('find the controller of an object by its group and kind', () => {
    const map = enqueueOwner({ group: 'apps', kind: 'Deployment' })
    expect(map(owned({ ...owner, controller: true }))).toEqual([{ namespace: 'ns', name: 'd' }])
    expect(map(owned({ ...owner, controller: true, apiVersion: 'apps/v1beta1' }))).toHaveLength(1)
    expect(map(owned({ ...owner, controller: true, apiVersion: 'other/v1' }))).toEqual([])
    expect(map(owned(owner))).toEqual([])
    expect(enqueueOwner({ group: 'apps', kind: 'Deployment' }, { all: true })(owned(owner))).toHaveLength(1)
    expect(
      enqueueOwner({ group: 'apps', kind: 'Deployment', namespaced: false })(
        owned({ ...owner, controller: true }),
      ),
    ).toEqual([{ namespace: undefined, name: 'd' }])
  })

  it('name the old owner of an object, too, when that changes', async () => {
    const seen: string[] = []
    const made = manager()
    const byLabel = ({ metadata }: KubeObject) => [
      { namespace: metadata.namespace, name: metadata.labels?.of ?? '' },
    ]
    const reconcile: Reconcile = async ({ name }) => void seen.push(name)
    made
      .controller({ name: 'test', reconcile })
      .watch(made.informers.for<KubeObject>(CONFIG_MAPS), { map: byLabel })
    put('a', { labels: { of: 'one' } })
    void run(made)
    await eventually(() => seen).toEqual(['one'])
    put('a', { labels: { of: 'two' } })
    await eventually(() => seen).toEqual(['one', 'one', 'two'])
  })

  it('leave out what predicates do not want', async () => {
    const seen: string[] = []
    const made = manager()
    const reconcile: Reconcile = async ({ name }) => void seen.push(name)
    made.controller({ name: 'test', reconcile }).watch(made.informers.for<KubeObject>(CONFIG_MAPS), {
      map: enqueueSelf,
      predicates: [generationChanged, objectPredicate(({ metadata }) => metadata.name !== 'ignored')],
    })
    put('a', { generation: 1 })
    put('ignored', { generation: 1 })
    void run(made)
    await eventually(() => seen).toEqual(['a'])
    put('a', { generation: 1, labels: { x: '1' } })
    put('a', { generation: 2 })
    put('last')
    await eventually(() => seen).toEqual(['a', 'a', 'last'])
  })
})

describe('a manager', () => {
  const leaderElection = {
    namespace: 'ns',
    name: 'lock',
    identity: 'me',
    leaseDurationMs: 5000,
    renewDeadlineMs: 2000,
    retryPeriodMs: 10,
  }

  it('lets nobody work until it leads, and gives up the Lease when all have stopped', async () => {
    const spec = { holderIdentity: 'other', leaseDurationSeconds: 3600 }
    api.put(LEASES_PATH, { metadata: { namespace: 'ns', name: 'lock' }, spec })
    put('a')
    const log: string[] = []
    const made = manager({ leaderElection })
    made.add({ start: () => void log.push('started'), stop: async () => void log.push('stopped') })
    const finish = Promise.withResolvers<void>()
    const reconcile: Reconcile = async () => {
      log.push(`holder: ${api.get(LEASES_PATH, 'ns/lock')?.spec && made.isLeader}`)
      await finish.promise
      log.push('finished')
    }
    made.controller({ name: 'test', reconcile }).watch(made.informers.for<KubeObject>(CONFIG_MAPS))
    expect(made.health).toEqual({ alive: true, ready: false, state: 'new' })
    const done = run(made)
    await eventually(() => made.health.state).toBe('waiting to lead')
    expect(made.health.ready).toBe(true)
    expect(log).toEqual(['started'])
    expect(await metric('leader_election_master_status', { name: 'lock' })).toBe(0)

    api.remove(LEASES_PATH, 'ns/lock')
    await eventually(() => log).toEqual(['started', 'holder: true'])
    expect(await metric('leader_election_master_status', { name: 'lock' })).toBe(1)
    ending.abort()
    expect(api.get(LEASES_PATH, 'ns/lock')).toMatchObject({ spec: { holderIdentity: 'me' } })
    finish.resolve()
    await done
    expect(log).toEqual(['started', 'holder: true', 'finished', 'stopped'])
    expect(api.get(LEASES_PATH, 'ns/lock')).toMatchObject({ spec: { holderIdentity: '' } })
    expect(made.health).toEqual({ alive: false, ready: false, state: 'stopped' })
  })

  it('gives up the Lease whatever else does not stop', async () => {
    const made = manager({ leaderElection })
    made.add({ start: () => {}, stop: () => Promise.reject(new Error('it is stuck')) })
    const done = run(made)
    await eventually(() => made.isLeader).toBe(true)
    ending.abort()
    await expect(done).rejects.toThrow('it is stuck')
    expect(api.get(LEASES_PATH, 'ns/lock')).toMatchObject({ spec: { holderIdentity: '' } })
  })

  it('stops all and says so when another leads', async () => {
    const made = manager({ leaderElection })
    let isAborted = false
    const reconcile: Reconcile = (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          isAborted = true
          resolve()
        })
      })
    put('a')
    made.controller({ name: 'test', reconcile }).watch(made.informers.for<KubeObject>(CONFIG_MAPS))
    const done = run(made)
    await eventually(() => made.isLeader).toBe(true)
    const lease = api.get(LEASES_PATH, 'ns/lock')
    api.put(LEASES_PATH, {
      ...lease,
      spec: { holderIdentity: 'other', leaseDurationSeconds: 36_000_000 },
    } as never)
    await expect(done).rejects.toThrow(LeaderLostError)
    expect(isAborted).toBe(true)
    expect(api.get(LEASES_PATH, 'ns/lock')).toMatchObject({ spec: { holderIdentity: 'other' } })
  })

  it('runs a task while it leads, waits for its end, and ends with what it rejects with', async () => {
    const made = manager()
    const seen: string[] = []
    made.whileLeading(async (signal) => {
      seen.push(made.health.state)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      seen.push('ended')
    })
    const running = run(made)
    await eventually(() => seen).toEqual(['running'])
    ending.abort()
    await running
    expect(seen).toEqual(['running', 'ended'])
    const failing = manager()
    failing.whileLeading(async () => {
      throw new Error('the task failed')
    })
    await expect(failing.run(new AbortController().signal)).rejects.toThrow('the task failed')
    expect(failing.health.state).toBe('stopped')
  })

  it('stops what it has started when something does not start', async () => {
    const log: string[] = []
    const made = manager()
    made.add({ start: () => void log.push('one'), stop: async () => void log.push('stopped') })
    made.add({
      start: () => Promise.reject(new Error('port taken')),
      stop: async () => void log.push('never'),
    })
    await expect(run(made)).rejects.toThrow('port taken')
    expect(log).toEqual(['one', 'stopped'])
  })

  it('stops while it waits for an API that is not there', async () => {
    api.faultFor = () => 'hang'
    const made = manager()
    made
      .controller({ name: 'test', reconcile: async () => {} })
      .watch(made.informers.for<KubeObject>(CONFIG_MAPS))
    const done = run(made)
    await eventually(() => api.requests.length).toBe(1)
    ending.abort()
    await done
    await expect(made.run(ending.signal)).rejects.toThrow('runs once')
  })
})
