import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import type { HttpKubeClient } from '../../src/tunnel-kube/kube-client.ts'
import { Leases, microTime } from '../../src/tunnel-kube/leases.ts'
import { ServerLease } from '../../src/tunnel-kube/server-lease.ts'
import { eventually } from '../support/eventually.ts'
import { FakeKubeApi } from '../support/fake-kube-api.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { clientFor } from './kube-clients.ts'

const NAME = 'konnectivity-proxy-server-s1'
const labels = { 'k8s-app': 'konnectivity-server' }

let api: FakeKubeApi
let client: HttpKubeClient
let clock: ManualClock
let lease: ServerLease

beforeEach(async () => {
  api = await FakeKubeApi.start()
  client = await clientFor(api)
  clock = new ManualClock()
  const leases = new Leases(client, 'kube-system')
  lease = new ServerLease({ leases, clock, log: silentLogger }, { serverId: 's1', labels })
})
afterEach(async () => {
  await lease.stop()
  await client.stop()
  await api.stop()
})

/** Waits for the end of a turn, and then for the rest until the next one to pass. */
async function nextTurn() {
  clock.advance(await clock.asleep())
  await clock.asleep()
}
const methods = () => api.requests.map(({ method }) => method)

describe('the lease of a server', () => {
  it('is created with holder, duration and labels', async () => {
    lease.start()
    expect(await clock.asleep()).toBe(15_000)
    expect(api.lease(NAME)).toMatchObject({
      metadata: { name: NAME, namespace: 'kube-system', labels },
      spec: { holderIdentity: 's1', leaseDurationSeconds: 30, renewTime: microTime(clock.now()) },
    })
    expect(methods()).toEqual(['GET', 'POST'])
  })

  it('is renewed every 15 s with a single request', async () => {
    lease.start()
    await clock.asleep()
    api.requests.length = 0
    await nextTurn()
    await nextTurn()
    expect(methods()).toEqual(['PUT', 'PUT'])
    expect(api.lease(NAME)?.spec.renewTime).toBe(microTime(clock.now()))
    expect(await clock.asleep()).toBe(15_000)
  })

  it('is taken over when it exists already, and keeps what others have written', async () => {
    api.putLease({
      metadata: { name: NAME, labels: { old: 'label' } },
      spec: { holderIdentity: 'before', acquireTime: microTime(0), leaseTransitions: 3 },
    })
    lease.start()
    await clock.asleep()
    expect(api.lease(NAME)).toMatchObject({
      metadata: { labels },
      spec: {
        holderIdentity: 's1',
        renewTime: microTime(clock.now()),
        acquireTime: microTime(0),
        leaseTransitions: 3,
      },
    })
    expect(api.lease(NAME)?.metadata.labels).toEqual(labels)
  })

  it('is read again when somebody else has written it', async () => {
    lease.start()
    await clock.asleep()
    const { metadata, spec } = api.lease(NAME) ?? expect.unreachable()
    api.putLease({ metadata, spec: { ...spec, leaseTransitions: 7 } })
    api.requests.length = 0
    await nextTurn()
    expect(methods()).toEqual(['PUT', 'GET', 'PUT'])
    expect(api.lease(NAME)?.spec).toMatchObject({ leaseTransitions: 7, renewTime: microTime(clock.now()) })
  })

  it('is created anew when somebody has deleted it', async () => {
    lease.start()
    await clock.asleep()
    api.removeLease(NAME)
    await nextTurn()
    expect(api.lease(NAME)?.spec.renewTime).toBe(microTime(clock.now()))
  })

  it('is tried for again and again, with growing pauses, while the API refuses it', async () => {
    api.troubleFor = () => ({ status: 403, reason: 'Forbidden', message: 'no' })
    const pauses: number[] = []
    lease.start()
    for (let turn = 0; turn < 8; turn++) {
      pauses.push(await clock.asleep())
      clock.advance(pauses.at(-1) ?? 0)
    }
    expect(pauses).toEqual([200, 400, 800, 1600, 3200, 6400, 7000, 7000])

    api.troubleFor = () => undefined
    clock.advance(await clock.asleep())
    expect(await clock.asleep()).toBe(15_000)
    expect(api.lease(NAME)).toBeDefined()
  })

  it('is deleted when the server stops, and not renewed any more', async () => {
    lease.start()
    await clock.asleep()
    await lease.stop()
    expect(api.lease(NAME)).toBeUndefined()
    const before = api.requests.length
    clock.advance(60_000)
    await lease.stop()
    expect(api.requests).toHaveLength(before)
  })

  it('does not keep the server from stopping when the API is gone', async () => {
    lease.start()
    await clock.asleep()
    await api.stop()
    await lease.stop()
  })

  it('breaks off a request that is under way when the server stops', async () => {
    api.troubleFor = ({ method }) => (method === 'GET' ? 'hang' : undefined)
    lease.start()
    await eventually(() => api.requests.length).toBe(1)
    await lease.stop()
    expect(methods()).toEqual(['GET', 'DELETE'])
  })

  it('is left alone by a server that was never started', async () => {
    await lease.stop()
    expect(api.requests).toEqual([])
  })
})
