import { afterEach, describe, expect, it } from 'vitest'
import { CLUSTER_ROLES } from '../../../src/apis/resources.ts'
import { until } from '../../support/until.ts'
import { type AnyObject, DEFINITIONS, EVENTS, NAMESPACES } from '../kube-controllers/controllers-bench.ts'
import { CLUSTER_MANAGERS, conditionOf, HUB, HubBench, START_MS, VALIDATING_WEBHOOKS } from './hub-bench.ts'

const MANAGED_CLUSTERS = {
  group: 'cluster.open-cluster-management.io',
  version: 'v1',
  plural: 'managedclusters',
  namespaced: false,
}
const CLUSTER_MANAGER = { name: 'cluster-manager' }
const FINALIZER = 'example.com/keep'

let hub: HubBench

afterEach(() => hub.close())

const ours = async (definition: typeof DEFINITIONS) =>
  (
    await hub.resource(definition).list({
      labelSelector: 'open-cluster-management.io/created-by-clustermanager=cluster-manager',
    })
  ).items.map(({ metadata }) => metadata.name)

const untilGone = () =>
  until(async () => (await hub.clusterManager()) === undefined, 'the ClusterManager is gone')

/** Its Pods never run, so that nobody asks webhook servers which there are not. */
async function startRollingHub(options: { skipRemoveCrds?: boolean } = {}): Promise<void> {
  hub = await HubBench.start()
  hub.workloads.kubelet.behave({ behaviourOf: () => 'never-ready' })
  hub.startOperator(options)
  await hub.createClusterManager()
  await hub.untilCondition('Applied', 'True ClusterManagerApplied')
}

describe('the end of a hub', () => {
  it(
    'takes everything away, CRDs first, also when the operator was away meanwhile',
    async () => {
      hub = await HubBench.start()
      hub.startOperator()
      await hub.createClusterManager()
      await hub.untilReady()
      await hub.stopOperator()
      await hub.resource(CLUSTER_MANAGERS).delete(CLUSTER_MANAGER)
      hub.startOperator()
      await untilGone()
      expect(await ours(DEFINITIONS)).toEqual([])
      expect(await ours(CLUSTER_ROLES)).toEqual([])
      expect(await ours(VALIDATING_WEBHOOKS)).toEqual([])
      await hub.untilObject(NAMESPACES, { name: HUB }, (namespace) => namespace === undefined)
      // a hub can be made anew
      await hub.createClusterManager()
      await hub.untilReady()
    },
    2 * START_MS,
  )

  it(
    'says what is in its way, and how to help, until that is gone',
    async () => {
      await startRollingHub()
      await hub.untilEstablished('managedclusters.cluster.open-cluster-management.io')
      await hub.resource(MANAGED_CLUSTERS).create({
        kind: 'ManagedCluster',
        metadata: { name: 'cluster1', finalizers: [FINALIZER] },
        spec: { hubAcceptsClient: false },
      } as unknown as AnyObject)
      await hub.resource(CLUSTER_MANAGERS).delete(CLUSTER_MANAGER)
      const clusterManager = await hub.untilCondition('Deleting', 'False ResourceRemaining')
      const { message } = clusterManager.status.conditions.find(({ type }: AnyObject) => type === 'Deleting')
      expect(message).toContain(`1 managedclusters remain: cluster1 (finalizers ${FINALIZER}).`)
      expect(message).toContain('clusteradm unjoin')
      // add-ons and works went first, and of the others nothing has been touched
      const left = await ours(DEFINITIONS)
      expect(left).not.toContain('managedclusteraddons.addon.open-cluster-management.io')
      expect(left).not.toContain('manifestworks.work.open-cluster-management.io')
      expect(left).toContain('placements.cluster.open-cluster-management.io')
      expect((await ours(CLUSTER_ROLES)).length).toBeGreaterThan(0)
      await until(async () => {
        const events = (await hub.resource(EVENTS).list({})).items
        return events.some(({ reason, type }) => reason === 'ResourceRemaining' && type === 'Warning')
      }, 'an Event tells of it')

      await hub
        .resource(MANAGED_CLUSTERS)
        .patch({ name: 'cluster1' }, { type: 'merge', body: { metadata: { finalizers: [] } } })
      await untilGone()
      expect(await ours(DEFINITIONS)).toEqual([])
    },
    START_MS,
  )

  it(
    'says that it may not remove something, and goes on once it may',
    async () => {
      await startRollingHub()
      const roles = hub.resource(CLUSTER_ROLES)
      const { rules } = await roles.get(CLUSTER_MANAGER)
      const setRules = (wanted: unknown) =>
        roles.patch(CLUSTER_MANAGER, { type: 'merge', body: { rules: wanted } })
      const isOfNamespaces = ({ resources }: AnyObject) => resources?.includes('namespaces')
      await setRules(rules.filter((rule: AnyObject) => !isOfNamespaces(rule)))
      await hub.resource(CLUSTER_MANAGERS).delete(CLUSTER_MANAGER)
      const clusterManager = await hub.untilCondition('Deleting', 'False DeletingError')
      const { message } = clusterManager.status.conditions.find(({ type }: AnyObject) => type === 'Deleting')
      expect(message).toMatch(/is tried again: .*namespaces/)
      await setRules(rules)
      await untilGone()
    },
    START_MS,
  )

  it(
    'leaves CRDs and their objects if it is told to',
    async () => {
      await startRollingHub({ skipRemoveCrds: true })
      await hub.resource(CLUSTER_MANAGERS).delete(CLUSTER_MANAGER)
      await untilGone()
      expect(await ours(DEFINITIONS)).toHaveLength(12)
      const name = 'managedclusters.cluster.open-cluster-management.io'
      const { metadata } = await hub.resource(DEFINITIONS).get({ name })
      expect(metadata.annotations ?? {}).not.toHaveProperty(['operator.open-cluster-management.io/version'])
      expect(await ours(CLUSTER_ROLES)).toEqual([])
    },
    START_MS,
  )

  it(
    'is at once for a ClusterManager that was never realised',
    async () => {
      hub = await HubBench.start()
      hub.startOperator()
      await hub.createClusterManager({ deployOption: { mode: 'Hosted' } })
      const refused = await hub.untilCondition('Applied', 'False HostedModeUnsupported')
      expect(conditionOf(refused, 'Progressing')).toBeUndefined()
      expect(refused.metadata.finalizers).toBeUndefined()
      expect(await ours(DEFINITIONS)).toEqual([])
      await hub.resource(CLUSTER_MANAGERS).delete(CLUSTER_MANAGER)
      await untilGone()
    },
    START_MS,
  )
})
