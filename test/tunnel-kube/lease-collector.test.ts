import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { ProxyServerMetrics } from '../../src/proxy-server/index.ts'
import type { HttpKubeClient } from '../../src/tunnel-kube/kube-client.ts'
import { LeaseCollector } from '../../src/tunnel-kube/lease-collector.ts'
import { Leases, microTime } from '../../src/tunnel-kube/leases.ts'
import { FakeKubeApi } from '../support/fake-kube-api.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { clientFor } from './kube-clients.ts'

let api: FakeKubeApi
let client: HttpKubeClient
let clock: ManualClock
let metrics: ProxyServerMetrics
let collector: LeaseCollector

beforeEach(async () => {
  api = await FakeKubeApi.start()
  client = await clientFor(api)
  clock = new ManualClock()
  metrics = new ProxyServerMetrics()
  const leases = new Leases(client, 'kube-system')
  collector = new LeaseCollector(
    { leases, clock, log: silentLogger, metrics },
    { labelSelector: 'some=label' },
  )
})
afterEach(async () => {
  await collector.stop()
  await client.stop()
  await api.stop()
})

interface LeaseTemplate {
  readonly labels?: Record<string, string>
  readonly acquiredAgo?: number
  readonly renewedAgo?: number
  readonly duration: number
}

function putLease(
  name: string,
  { labels = { some: 'label' }, acquiredAgo, renewedAgo, duration }: LeaseTemplate,
) {
  const ago = (seconds: number) => microTime(clock.now() - seconds * 1000)
  api.putLease({
    metadata: { name, labels },
    spec: {
      leaseDurationSeconds: duration,
      ...(acquiredAgo !== undefined && { acquireTime: ago(acquiredAgo) }),
      ...(renewedAgo !== undefined && { renewTime: ago(renewedAgo) }),
    },
  })
}

async function sample(name: string) {
  const { values } = (await metrics.registry
    .getSingleMetric(`konnectivity_network_proxy_server_${name}`)
    ?.get()) ?? {
    values: [],
  }
  return values.map(({ labels, value }) => ({ ...labels, value }))
}

const expired = { acquiredAgo: 240, renewedAgo: 180, duration: 1 }

describe('the collection of expired leases', () => {
  it.each([
    ['keeps a valid acquired lease', { acquiredAgo: 120, duration: 1000 }, true],
    ['keeps a valid renewed lease', { acquiredAgo: 600, renewedAgo: 60, duration: 120 }, true],
    [
      'keeps an expired lease that the selector does not match',
      { ...expired, labels: { another: 'label' } },
      true,
    ],
    ['deletes an expired lease that the selector matches', expired, false],
  ])('%s', async (_what, template, isKept) => {
    putLease('a', template)
    collector.start()
    expect(await clock.asleep()).toBe(15_000)
    expect(api.lease('a') !== undefined).toBe(isKept)
  })

  it('looks again every 15 s', async () => {
    putLease('a', { renewedAgo: 0, duration: 30 })
    collector.start()
    clock.advance(await clock.asleep())
    await clock.asleep()
    expect(api.lease('a')).toBeDefined()
    clock.advance(15_000)
    await clock.asleep()
    expect(api.lease('a')).toBeUndefined()
  })

  it('keeps a lease that is renewed just before it would be deleted', async () => {
    putLease('a', expired)
    api.troubleFor = ({ method }) => {
      if (method === 'DELETE') putLease('a', { renewedAgo: 0, duration: 30 })
      return undefined
    }
    collector.start()
    await clock.asleep()
    expect(api.lease('a')).toBeDefined()
    expect(await sample('lease_delete_total')).toEqual([
      { http_status_code: '409', reason: 'Conflict', value: 1 },
    ])
    expect(await sample('culled_leases_count')).toEqual([{ value: 0 }])
  })

  it('goes on to the next lease when one is gone already or may not be deleted', async () => {
    for (const name of ['a', 'b', 'c']) putLease(name, expired)
    api.troubleFor = ({ method, path }) => {
      if (method === 'DELETE' && path.endsWith('/a')) api.removeLease('a')
      if (method === 'DELETE' && path.endsWith('/b'))
        return { status: 403, reason: 'Forbidden', message: 'no' }
      return undefined
    }
    collector.start()
    await clock.asleep()
    expect(api.lease('c')).toBeUndefined()
    expect(await sample('lease_delete_total')).toEqual([
      { http_status_code: '404', reason: 'NotFound', value: 1 },
      { http_status_code: '403', reason: 'Forbidden', value: 1 },
      { http_status_code: '200', reason: '', value: 1 },
    ])
    expect(await sample('culled_leases_count')).toEqual([{ value: 1 }])
  })

  it('counts lists by their outcome, and how long they took', async () => {
    collector.start()
    await clock.asleep()
    api.troubleFor = () => ({ status: 503, reason: 'ServiceUnavailable', message: 'later' })
    clock.advance(15_000)
    await clock.asleep()
    api.troubleFor = () => 'break' // no answer, no status to count it by
    clock.advance(15_000)
    expect(await clock.asleep()).toBe(15_000)
    expect(await sample('lease_list_total')).toEqual([
      { http_status_code: '200', reason: '', value: 1 },
      { http_status_code: '503', reason: 'ServiceUnavailable', value: 1 },
    ])
    const latencies = await sample('lease_list_latency_seconds')
    expect(latencies).toContainEqual({ http_status_code: '200', le: '+Inf', value: 1 })
    expect(latencies).toContainEqual({ http_status_code: '503', le: '+Inf', value: 1 })
  })
})
