import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HUB_ACCEPTED_CONDITION } from '../../../src/apis/cluster/constants.ts'
import { KubeClient } from '../../../src/kube/index.ts'
import { untilVisible } from '../../../src/registration/agent/acceptance.ts'
import { FakeApiServer } from '../../kube/fake-apiserver.ts'
import { eventually } from '../../support/eventually.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const CLUSTERS = '/apis/cluster.open-cluster-management.io/v1/managedclusters'
const FORBIDDEN = { status: 403, reason: 'Forbidden' }

let api: FakeApiServer
let clock: ManualClock
let hub: KubeClient
let ending: AbortController

const newClient = () => new KubeClient({ readAccess: async () => api.access, clock }, { qps: -1 })

beforeEach(async () => {
  api = await FakeApiServer.start()
  api.put(CLUSTERS, { metadata: { name: 'c1' } })
  clock = new ManualClock()
  hub = newClient()
  ending = new AbortController()
})

afterEach(async () => {
  ending.abort()
  await hub.stop()
  await api.stop()
})

const isQuestion = ({ path }: { path: string }) => path.endsWith('/c1')
const questions = () => api.requests.filter(isQuestion).length

/** Resolves when half a minute has passed. */
async function passHalfAMinute(): Promise<void> {
  const end = clock.now() + 30_000
  while (clock.now() < end) clock.advance(Math.min(await clock.asleep(), end - clock.now()))
}

describe('an agent that may not see its cluster yet', () => {
  it('hardly asks while a watch is going to tell', async () => {
    api.faultFor = (request) => (isQuestion(request) ? FORBIDDEN : undefined)
    const visible = untilVisible({ hub, clock, newBootstrapClient: newClient }, 'c1', ending.signal)
    await eventually(() => api.openWatches).toBe(1)
    await passHalfAMinute()
    expect(questions()).toBeLessThanOrEqual(3)
    const conditions = [{ type: HUB_ACCEPTED_CONDITION, status: 'True' }]
    api.put(CLUSTERS, { metadata: { name: 'c1' }, status: { conditions } })
    await visible
  })

  it('asks soon and often where nothing else tells it', async () => {
    api.faultFor = () => FORBIDDEN
    const visible = untilVisible({ hub, clock, newBootstrapClient: newClient }, 'c1', ending.signal)
    await passHalfAMinute()
    await eventually(questions).toBeGreaterThanOrEqual(4)
    api.faultFor = (request) => (isQuestion(request) ? undefined : FORBIDDEN)
    let isVisible = false
    const seen = visible.then(() => {
      isVisible = true
    })
    while (!isVisible) clock.advance(await Promise.race([clock.asleep(), seen.then(() => 0)]))
    await seen
  })
})
