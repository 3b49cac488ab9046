import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SECRETS, SERVICES } from '../../../src/apis/resources.ts'
import type { ResourceDefinition } from '../../../src/kube/index.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'
import { until } from '../../support/until.ts'
import { DEFINITIONS } from '../kube-controllers/controllers-bench.ts'
import { AgentLife } from '../work/agent-life.ts'
import { CLUSTER_MANAGERS, conditionOf, HUB, HubBench, START_MS } from './hub-bench.ts'
import { livesUntil } from './lives.ts'

const MINUTE_MS = 60_000

let hub: HubBench

beforeEach(async () => {
  hub = await HubBench.start()
}, START_MS)

afterEach(() => hub.close())

const isReady = async () => {
  const clusterManager = await hub.clusterManager()
  return (
    clusterManager !== undefined &&
    conditionOf(clusterManager, 'Progressing') === 'False ClusterManagerUpToDate' &&
    conditionOf(clusterManager, 'HubPlacementDegraded') === 'False PlacementFunctional'
  )
}
const isGone = async () => (await hub.clusterManager()) === undefined
const putBack = async (definition: ResourceDefinition, name: string) => {
  await hub.resource(definition).delete({ namespace: HUB, name })
  await hub.untilObject(definition, { namespace: HUB, name }, (object) => object !== undefined)
}

describe("the hub's operator", { timeout: 2 * START_MS }, () => {
  it('makes a hub and takes it away, however often it is killed', async () => {
    await hub.createClusterManager()
    expect(await livesUntil(hub, isReady, 9)).toBeGreaterThan(1)
    await hub.resource(CLUSTER_MANAGERS).delete({ name: 'cluster-manager' })
    expect(await livesUntil(hub, isGone, 9)).toBeGreaterThan(1)
    const labelSelector = 'open-cluster-management.io/created-by-clustermanager'
    expect((await hub.resource(DEFINITIONS).list({ labelSelector })).items).toEqual([])
  })

  it('takes a hub away that is not finished', async () => {
    hub.startOperator()
    await hub.createClusterManager()
    await hub.untilObject(
      SERVICES,
      { namespace: HUB, name: 'cluster-manager-work-webhook' },
      (it) => it !== undefined,
    )
    await hub.resource(CLUSTER_MANAGERS).delete({ name: 'cluster-manager' })
    await until(isGone, 'the ClusterManager is gone')
    await hub.createClusterManager()
    await hub.untilReady()
  })

  it('writes nothing as time goes by', async () => {
    const clock = new JumpingClock()
    const life = new AgentLife()
    hub.startOperator({ clock, life })
    await hub.createClusterManager()
    await hub.untilReady()
    const settle = async () => {
      await putBack(SERVICES, 'cluster-manager-work-webhook')
      await putBack(SECRETS, 'work-webhook-serving-cert')
    }
    await settle()
    const before = life.requests.length
    for (let minutes = 0; minutes < 60; minutes += 5) clock.advance(5 * MINUTE_MS)
    await settle()
    const writes = life.requests.slice(before).filter((each) => !each.startsWith('GET '))
    expect(writes).toEqual([
      `POST /api/v1/namespaces/${HUB}/services`,
      `POST /api/v1/namespaces/${HUB}/secrets`,
    ])
  })
})
