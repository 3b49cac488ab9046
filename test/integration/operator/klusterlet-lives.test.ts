import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Klusterlet } from '../../../src/apis/operator/v1.ts'
import { KLUSTERLETS } from '../../../src/apis/operator/v1.ts'
import { CLUSTER_ROLE_BINDINGS, NAMESPACES } from '../../../src/apis/resources.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'
import { AgentLife } from '../work/agent-life.ts'
import {
  ADDON_NAMESPACE,
  AGENT_NAMESPACE,
  conditionsOf,
  KlusterletBench,
  SETUP_TIMEOUT_MS,
} from './klusterlet-bench.ts'
import { livesUntil } from './lives.ts'

const MINUTE_MS = 60_000

let bench: KlusterletBench

beforeEach(async () => {
  bench = await KlusterletBench.start()
  await bench.install({ bootstrapKubeconfig: bench.hubKubeconfig('administrator') })
  await bench.putSecret('hub-kubeconfig-secret', { kubeconfig: bench.hubKubeconfig('administrator') })
}, SETUP_TIMEOUT_MS)

afterEach(() => bench.close())

const find = () => bench.managed.resource(KLUSTERLETS).find({ name: 'klusterlet' })
const isAvailable = async () =>
  conditionsOf((await find()) as Klusterlet).Available === 'True KlusterletAvailable'
const isGone = async () => (await find()) === undefined
const remove = () => bench.managed.resource(KLUSTERLETS).delete({ name: 'klusterlet' })

describe('the operator of a managed cluster', { timeout: 2 * SETUP_TIMEOUT_MS }, () => {
  it('deploys agents and takes them away, however often it is killed', async () => {
    expect(await livesUntil(bench, isAvailable, 8)).toBeGreaterThan(1)
    await remove()
    expect(await livesUntil(bench, isGone, 8)).toBeGreaterThan(1)
    await bench.managed.untilGone(NAMESPACES, AGENT_NAMESPACE, ADDON_NAMESPACE)
  })

  it('takes agents away that are not deployed yet', async () => {
    bench.startOperator()
    await bench.until(CLUSTER_ROLE_BINDINGS, 'open-cluster-management:klusterlet-work:agent', () => true)
    await remove()
    await bench.managed.untilGone(KLUSTERLETS, 'klusterlet')
    await bench.managed.untilGone(NAMESPACES, AGENT_NAMESPACE, ADDON_NAMESPACE)
  })

  it('writes nothing as time goes by', async () => {
    const clock = new JumpingClock()
    const life = new AgentLife()
    bench.startOperator({ clock, life })
    await bench.untilCondition('Available', 'True KlusterletAvailable')
    const name = 'open-cluster-management:klusterlet-work:execution-admin'
    const settle = async () => {
      await bench.managed.resource(CLUSTER_ROLE_BINDINGS).delete({ name })
      await bench.until(CLUSTER_ROLE_BINDINGS, name, () => true)
    }
    await settle()
    const before = life.requests.length
    for (let minutes = 0; minutes < 60; minutes += 5) clock.advance(5 * MINUTE_MS)
    await settle()
    const writes = life.requests.slice(before).filter((each) => !each.startsWith('GET '))
    expect(writes).toEqual(['POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings'])
  })
})
