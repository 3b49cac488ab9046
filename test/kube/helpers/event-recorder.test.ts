import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Event } from '../../../src/apis/events/v1.ts'
import { EVENTS, EventRecorder, KubeClient } from '../../../src/kube/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { FakeApiServer } from '../fake-apiserver.ts'

const PATH = '/apis/events.k8s.io/v1/events'
const MINUTE_MS = 60_000

let api: FakeApiServer
let clock: ManualClock
let client: KubeClient
let recorder: EventRecorder

beforeEach(async () => {
  api = await FakeApiServer.start()
  clock = new ManualClock()
  client = new KubeClient({ readAccess: async () => api.access, clock }, { qps: -1 })
  recorder = new EventRecorder(
    { events: client.resource<Event>(EVENTS), clock },
    { controller: 'test.io/c', instance: 'pod-1' },
  )
})

afterEach(async () => {
  await recorder.stop()
  await client.stop()
  await api.stop()
})

const regarding = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'ns', name: 'a', uid: '1' } }
const record = (note = 'it works', object = regarding) =>
  recorder.record({ regarding: object, reason: 'Applied', action: 'Apply', note })
const events = () => api.all(PATH) as unknown as Event[]

it('writes what happened to whom, and who did it', async () => {
  record('x'.repeat(2000))
  await recorder.flush()
  expect(events()).toEqual([
    {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: {
        namespace: 'ns',
        name: expect.stringMatching(/^a\.[0-9a-f]+$/),
        uid: expect.anything(),
        resourceVersion: expect.anything(),
      },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'test.io/c',
      reportingInstance: 'pod-1',
      type: 'Normal',
      reason: 'Applied',
      action: 'Apply',
      note: 'x'.repeat(1024),
      regarding: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a', uid: '1' },
    },
  ])
})

it('makes a series of the same happening again, and writes that now and then', async () => {
  for (let turn = 0; turn < 10; turn += 1) record(`turn ${turn}`)
  await recorder.flush()
  expect(events()).toMatchObject([{ note: 'turn 0', series: { count: 10 } }])
  expect(api.requests).toHaveLength(2)
  for (let turn = 0; turn < 7; turn += 1) {
    clock.advance(5 * MINUTE_MS)
    record()
  }
  await recorder.flush()
  expect(events()).toMatchObject([{ series: { count: 16 } }])
  expect(api.requests).toHaveLength(3)
  clock.advance(7 * MINUTE_MS)
  record()
  await recorder.flush()
  expect(events()).toHaveLength(2)
})

it('writes a series anew that has expired', async () => {
  record()
  await recorder.flush()
  for (const { metadata } of events()) api.remove(PATH, `ns/${metadata.name}`)
  record()
  await recorder.flush()
  expect(events()).toMatchObject([{ series: { count: 2 } }])
})

it('does not let an object fill the store, or a broken API stop its owner', async () => {
  for (let turn = 0; turn < 100; turn += 1)
    recorder.record({ regarding, reason: `Reason${turn}`, action: 'Apply', note: '' })
  await recorder.flush()
  expect(events()).toHaveLength(25)
  api.faultFor = () => ({ status: 500 })
  record('another', { ...regarding, metadata: { ...regarding.metadata, name: 'b', uid: '2' } })
  await recorder.flush()
  expect(events()).toHaveLength(25)
})
