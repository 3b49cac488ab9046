import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { ProxyAgentMetrics } from '../../src/proxy-agent/metrics.ts'
import type { HttpKubeClient, HttpKubeClientOptions } from '../../src/tunnel-kube/kube-client.ts'
import { ServerLeaseCounter } from '../../src/tunnel-kube/lease-counter.ts'
import { Leases, microTime } from '../../src/tunnel-kube/leases.ts'
import { eventually } from '../support/eventually.ts'
import { FakeKubeApi } from '../support/fake-kube-api.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { clientFor } from './kube-clients.ts'

const wanted = { label: 'value' }

let api: FakeKubeApi
let client: HttpKubeClient
let clock: ManualClock
let metrics: ProxyAgentMetrics
let counter: ServerLeaseCounter

beforeEach(async () => {
  api = await FakeKubeApi.start()
  clock = new ManualClock()
  metrics = new ProxyAgentMetrics()
  await createCounter()
})
afterEach(async () => {
  await counter.stop()
  await client.stop()
  await api.stop()
})

async function createCounter(options: HttpKubeClientOptions = {}) {
  client = await clientFor(api, options)
  const leases = new Leases(client, 'kube-system')
  counter = new ServerLeaseCounter(
    { leases, clock, log: silentLogger, metrics, random: () => 1 },
    { labelSelector: 'label=value' },
  )
}

function putLease(name: string, labels: Record<string, string> = wanted, secondsAgo = 0) {
  const renewTime = microTime(clock.now() - secondsAgo * 1000)
  api.putLease({ metadata: { name, labels }, spec: { leaseDurationSeconds: 30, renewTime } })
}

const watching = () => eventually(() => api.openWatches).toBe(1)
const lists = () => api.requests.filter(({ query }) => query.watch === undefined).length

async function attempts(name: string) {
  const metric = metrics.registry.getSingleMetric(`konnectivity_network_proxy_agent_${name}`)
  return (await metric?.get())?.values.map(({ labels, value }) => ({ ...labels, value }))
}

describe('the count of leases', () => {
  it.each([
    ['1 without any lease', [], 1],
    ['1 without a lease that matches', [{ label: 'wrong_value' }, { wrong_label: 'value' }], 1],
    ['that of the leases that match', [wanted, wanted, { label: 'wrong_value' }], 2],
  ])('is %s', async (_what, labels, count) => {
    for (const [index, its] of labels.entries()) putLease(`lease-${index}`, its)
    counter.start()
    await watching()
    expect(counter.count()).toBe(count)
  })

  it('leaves expired leases out, whether they were so from the beginning or not', async () => {
    putLease('expired', wanted, 31)
    putLease('old', wanted, 20)
    putLease('new')
    counter.start()
    await watching()
    expect(counter.count()).toBe(2)
    clock.advance(10_000)
    expect(counter.count()).toBe(1)
  })

  it('is 1 when all leases have expired', async () => {
    putLease('a')
    putLease('b')
    counter.start()
    await watching()
    expect(counter.count()).toBe(2)
    clock.advance(30_000)
    expect(counter.count()).toBe(1)
  })

  it('is 1 before anything is known', () => {
    expect(counter.count()).toBe(1)
  })

  it('follows leases as they come, are renewed and go', async () => {
    putLease('a')
    counter.start()
    await watching()
    putLease('b')
    await eventually(() => counter.count()).toBe(2)
    clock.advance(20_000)
    putLease('a')
    putLease('b')
    putLease('other', { label: 'wrong_value' })
    putLease('c')
    await eventually(() => counter.count()).toBe(3)
    clock.advance(20_000)
    expect(counter.count()).toBe(3)
    api.removeLease('c')
    await eventually(() => counter.count()).toBe(2)
    expect(lists()).toBe(1)
  })

  it('asks for bookmarks and an end of the watch, from where the list left off', async () => {
    putLease('a')
    counter.start()
    await watching()
    expect(api.requests.at(-1)?.query).toEqual({
      watch: 'true',
      labelSelector: 'label=value',
      resourceVersion: '101',
      timeoutSeconds: '600',
      allowWatchBookmarks: 'true',
    })
  })

  it.each([
    ['the API ends the watch', () => api.endWatches(), 1_000],
    ['the API has forgotten where the watch stands', () => api.expireWatches(), 1_000],
    ['the connection breaks', () => api.breakWatches(), 2_000],
  ])('is taken anew when %s', async (_what, interrupt, pauseMs) => {
    putLease('a')
    counter.start()
    await watching()
    interrupt()
    expect(await clock.asleep()).toBe(pauseMs)
    putLease('b')
    clock.advance(pauseMs)
    await watching()
    expect(counter.count()).toBe(2)
    expect(lists()).toBe(2)
  })

  it('is taken anew when the watch has been silent for too long', async () => {
    await createCounter({ watchIdleMs: 20 })
    counter.start()
    expect(await clock.asleep()).toBe(1_000)
    await eventually(() => api.openWatches).toBe(0)
  })

  it('stays as it was while the leases cannot be listed', async () => {
    for (const name of ['a', 'b', 'c']) putLease(name)
    api.troubleFor = () => ({ status: 500, reason: 'InternalError', message: 'test error' })
    counter.start()
    expect(await clock.asleep()).toBe(2_000)
    expect(counter.count()).toBe(1)

    api.troubleFor = () => undefined
    clock.advance(2_000)
    await watching()
    expect(counter.count()).toBe(3)

    api.troubleFor = () => 'break'
    api.breakWatches()
    clock.advance(await clock.asleep())
    await clock.asleep()
    clock.advance(3_600_000)
    expect(counter.count()).toBe(3)
  })

  it('is tried for with growing pauses', async () => {
    api.troubleFor = () => ({ status: 403, reason: 'Forbidden', message: 'no' })
    counter.start()
    const pauses: number[] = []
    for (let turn = 0; turn < 6; turn++) {
      pauses.push(await clock.asleep())
      clock.advance(pauses.at(-1) ?? 0)
    }
    expect(pauses).toEqual([2_000, 4_000, 8_000, 10_000, 10_000, 10_000])
  })

  it('is right without a permission to watch', async () => {
    api.troubleFor = ({ query }) =>
      query.watch === 'true' ? { status: 403, reason: 'Forbidden', message: 'no' } : undefined
    putLease('a')
    counter.start()
    await clock.asleep()
    putLease('b')
    clock.advance(2_000)
    await clock.asleep()
    expect(counter.count()).toBe(2)
    expect(await attempts('lease_watches_total')).toEqual([
      { http_response_code: 403, reason: 'Forbidden', value: 2 },
    ])
  })

  it('counts lists and watches apart from each other', async () => {
    api.troubleFor = () => ({ status: 401, reason: 'Unauthorized', message: 'Unauthorized' })
    counter.start()
    await clock.asleep()
    api.troubleFor = () => undefined
    clock.advance(2_000)
    await watching()
    await eventually(() => attempts('lease_watches_total')).toEqual([
      { http_response_code: 200, reason: '', value: 1 },
    ])
    expect(await attempts('lease_lists_total')).toEqual([
      { http_response_code: 401, reason: 'Unauthorized', value: 1 },
      { http_response_code: 200, reason: '', value: 1 },
    ])
    expect(await attempts('lease_list_latency_seconds')).toContainEqual({
      http_response_code: 200,
      le: '+Inf',
      value: 1,
    })
  })

  it('ends its watch when it is stopped', async () => {
    counter.start()
    await watching()
    await counter.stop()
    await eventually(() => api.openWatches).toBe(0)
  })
})
