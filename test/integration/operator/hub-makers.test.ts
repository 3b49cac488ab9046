import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER_MANAGER_FINALIZER } from '../../../src/apis/operator/constants.ts'
import { CLUSTER_ROLES, CONFIG_MAPS, DEPLOYMENTS } from '../../../src/apis/resources.ts'
import { until } from '../../support/until.ts'
import { type AnyObject, DEFINITIONS } from '../kube-controllers/controllers-bench.ts'
import { CLUSTER_MANAGERS, conditionOf, HUB, HubBench, START_MS } from './hub-bench.ts'

const HUB_LABEL = 'open-cluster-management.io/created-by-clustermanager'

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start()
  hub.workloads.kubelet.behave({ behaviourOf: () => 'never-ready' })
  hub.startOperator()
  await hub.createClusterManager()
  await hub.untilCondition('Applied', 'True ClusterManagerApplied')
}, START_MS)

afterAll(() => hub.close())

const find = (name: string) => hub.resource(CLUSTER_MANAGERS).find({ name })
const remove = (name: string) => hub.resource(CLUSTER_MANAGERS).delete({ name })
const untilSays = (name: string, type: string, said: string) =>
  hub.untilObject(CLUSTER_MANAGERS, { name }, (object) => !!object && conditionOf(object, type) === said)
const untilGone = (name: string) => until(async () => (await find(name)) === undefined, `${name} is gone`)
const namesOf = async (definition: typeof DEPLOYMENTS, maker: string) =>
  (await hub.resource(definition).list({ labelSelector: `${HUB_LABEL}=${maker}` })).items.map(
    ({ metadata }) => metadata.name,
  )
/** Resolves once the operator has seen and answered all that came before. */
const settle = async () => {
  const name = `cluster-manager-work-webhook`
  await hub.resource(DEPLOYMENTS).delete({ namespace: HUB, name })
  await hub.untilObject(DEPLOYMENTS, { namespace: HUB, name }, (object) => object !== undefined)
}

describe('a ClusterManager beside the one that has the hub', { timeout: START_MS }, () => {
  it('is told whose the hub is, and changes nothing', async () => {
    await hub.createClusterManager({}, { name: 'second' })
    const second = await untilSays('second', 'Applied', 'False HubOfAnotherClusterManager')
    expect(second.status.conditions[0].message).toContain('is that of ClusterManager cluster-manager')
    expect(second.metadata.finalizers).toBeUndefined()
    expect(await namesOf(DEPLOYMENTS, 'second')).toEqual([])
    expect(conditionOf((await hub.clusterManager()) as AnyObject, 'Applied')).toBe(
      'True ClusterManagerApplied',
    )
    await remove('second')
    await untilGone('second')
  })

  it('takes along only what has its name, where another operator has realised both', async () => {
    await hub.stopOperator()
    const metadata = { name: 'third', finalizers: [CLUSTER_MANAGER_FINALIZER] }
    const role = { name: 'open-cluster-management:third-work:webhook' }
    await hub.createClusterManager({}, metadata)
    await hub.resource(CLUSTER_ROLES).create({ kind: 'ClusterRole', metadata: role, rules: [] } as AnyObject)
    hub.startOperator()
    await untilSays('third', 'Applied', 'False HubOfAnotherClusterManager')
    await remove('third')
    await untilGone('third')
    expect(await hub.resource(CLUSTER_ROLES).find(role)).toBeUndefined()
    expect(await namesOf(DEFINITIONS, 'cluster-manager')).toHaveLength(12)
    const bundle = await hub.resource(CONFIG_MAPS).find({ namespace: HUB, name: 'ca-bundle-configmap' })
    expect(bundle).toBeDefined()
  })

  it('is not removed by an operator that has not made its hub, which is elsewhere', async () => {
    await hub.createClusterManager(
      { deployOption: { mode: 'Hosted' } },
      { name: 'hosted', finalizers: [CLUSTER_MANAGER_FINALIZER] },
    )
    await remove('hosted')
    await untilSays('hosted', 'Deleting', 'False HostedModeUnsupported')
    await settle()
    expect((await find('hosted'))?.metadata.finalizers).toEqual([CLUSTER_MANAGER_FINALIZER])
    expect(await namesOf(DEFINITIONS, 'cluster-manager')).toHaveLength(12)
    const body = { metadata: { finalizers: null } }
    await hub.resource(CLUSTER_MANAGERS).patch({ name: 'hosted' }, { type: 'merge', body })
    await untilGone('hosted')
  })

  it('gets the hub when the other is gone', async () => {
    await hub.createClusterManager({}, { name: 'heir' })
    await untilSays('heir', 'Applied', 'False HubOfAnotherClusterManager')
    await remove('cluster-manager')
    await untilGone('cluster-manager')
    await untilSays('heir', 'Applied', 'True ClusterManagerApplied')
    expect(await namesOf(DEPLOYMENTS, 'heir')).toContain('heir-registration-controller')
  })
})
