import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import {
  AVAILABLE_CONDITION,
  CLUSTER_SET_LABEL,
  HUB_ACCEPTED_CONDITION,
} from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { MANAGED_CLUSTER_SET_BINDINGS, MANAGED_CLUSTER_SETS } from '../../../src/apis/cluster/v1beta2.ts'
import { CLUSTER_PROFILES } from '../../../src/apis/multicluster/v1alpha1.ts'
import { NAMESPACES } from '../../../src/apis/resources.ts'
import { type AnyObject, conditionsOf, conditionText, HubBench } from './hub-bench.ts'

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start({ gates: { ClusterProfile: true } })
})

afterAll(() => hub.close())

const createCluster = (name: string, labels: Record<string, string> = {}) =>
  hub.create(MANAGED_CLUSTERS, { metadata: { name, labels }, spec: { hubAcceptsClient: false } })
const createSet = (name: string, spec: object = {}) =>
  hub.create(MANAGED_CLUSTER_SETS, { metadata: { name }, spec })
const untilEmpty = (name: string, text: string) =>
  hub.untilOne(MANAGED_CLUSTER_SETS, { name }, (set) => conditionText(set, 'ClusterSetEmpty') === text)
const selected = (count: number) => `False ClustersSelected: ${count} ManagedClusters selected`
const NONE = 'True NoClusterMatched: No ManagedCluster selected'
const move = (name: string, set: string | null) =>
  hub.merge(MANAGED_CLUSTERS, { name }, { metadata: { labels: { [CLUSTER_SET_LABEL]: set } } })

describe('cluster sets', () => {
  it('count the clusters that name them, as they come, move and go', async () => {
    await createSet('blue')
    await createSet('green')
    await untilEmpty('blue', NONE)
    await createCluster('b1', { [CLUSTER_SET_LABEL]: 'blue' })
    await createCluster('b2', { [CLUSTER_SET_LABEL]: 'blue' })
    await untilEmpty('blue', selected(2))
    await move('b2', 'green')
    await untilEmpty('blue', selected(1))
    await untilEmpty('green', selected(1))
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'b2' })
    await untilEmpty('green', NONE)
  })

  it('count the clusters that they select, whatever set those name', async () => {
    const labelSelector = { matchExpressions: [{ key: 'region', operator: 'In', values: ['eu', 'us'] }] }
    await createSet('regions', { clusterSelector: { selectorType: 'LabelSelector', labelSelector } })
    await createCluster('r1', { region: 'eu', [CLUSTER_SET_LABEL]: 'regions' })
    await createCluster('r2', { region: 'asia' })
    await untilEmpty('regions', selected(1))
    await hub.merge(MANAGED_CLUSTERS, { name: 'r2' }, { metadata: { labels: { region: 'us' } } })
    await untilEmpty('regions', selected(2))
    const narrower = {
      spec: { clusterSelector: { labelSelector: { matchExpressions: null, matchLabels: { region: 'us' } } } },
    }
    await hub.merge(MANAGED_CLUSTER_SETS, { name: 'regions' }, narrower)
    await untilEmpty('regions', selected(1))
    const { items } = await hub.resource(MANAGED_CLUSTERS).list()
    await untilEmpty('global', selected(items.length))
  })
})

describe('the sets that are always there', () => {
  it.each([
    ['default', { selectorType: 'ExclusiveClusterSetLabel' }],
    ['global', { selectorType: 'LabelSelector', labelSelector: {} }],
  ])('%s is restored when it is changed or deleted', async (name, clusterSelector) => {
    const other = { selectorType: 'LabelSelector', labelSelector: { matchLabels: { a: 'b' } } }
    await hub.untilOne(MANAGED_CLUSTER_SETS, { name }, () => true)
    await hub.merge(
      MANAGED_CLUSTER_SETS,
      { name },
      {
        spec: { clusterSelector: other, managedNamespaces: [{ name: 'kept' }] },
      },
    )
    const restored = await hub.untilOne(MANAGED_CLUSTER_SETS, { name }, ({ spec }) =>
      isDeepStrictEqual(spec.clusterSelector, clusterSelector),
    )
    expect(restored.spec.managedNamespaces).toEqual([{ name: 'kept' }])
    await hub.resource(MANAGED_CLUSTER_SETS).delete({ name })
    const { uid } = restored.metadata
    const again = await hub.untilOne(MANAGED_CLUSTER_SETS, { name }, ({ metadata }) => metadata.uid !== uid)
    expect(again.spec.clusterSelector).toEqual(clusterSelector)
  })

  it('are left alone when somebody says so', async () => {
    const annotations = { 'cluster.open-cluster-management.io/autoupdate': 'false' }
    await hub.merge(MANAGED_CLUSTER_SETS, { name: 'global' }, { metadata: { annotations } })
    const labelSelector = { matchLabels: { region: 'us' } }
    await hub.merge(
      MANAGED_CLUSTER_SETS,
      { name: 'global' },
      { spec: { clusterSelector: { labelSelector } } },
    )
    await untilEmpty('global', selected(1)) // the change has been seen
    const { spec } = await hub.resource(MANAGED_CLUSTER_SETS).get({ name: 'global' })
    expect(spec.clusterSelector.labelSelector).toEqual(labelSelector)
    await hub.merge(MANAGED_CLUSTER_SETS, { name: 'global' }, { metadata: { annotations: null } })
    await hub.untilOne(
      MANAGED_CLUSTER_SETS,
      { name: 'global' },
      (set) => Object.keys(set.spec.clusterSelector.labelSelector).length === 0,
    )
  })
})

describe('bindings of cluster sets', () => {
  it('say whether their set is there', async () => {
    const key = { namespace: 'default', name: 'late' }
    const untilBound = (text: string) =>
      hub.untilOne(MANAGED_CLUSTER_SET_BINDINGS, key, (binding) => conditionText(binding, 'Bound') === text)
    await hub.create(MANAGED_CLUSTER_SET_BINDINGS, { metadata: key, spec: { clusterSet: 'late' } })
    await untilBound('False ClusterSetNotFound: ')
    await createSet('late')
    await untilBound('True ClusterSetBound: ')
    await hub.resource(MANAGED_CLUSTER_SETS).delete({ name: 'late' })
    await untilBound('False ClusterSetNotFound: ')
  })
})

describe('managed namespaces', () => {
  const untilNamespaces = (name: string, wanted: object[]) =>
    hub.untilOne(MANAGED_CLUSTERS, { name }, ({ status }) =>
      isDeepStrictEqual(status?.managedNamespaces ?? [], wanted),
    )

  it('are those of all sets that a cluster is in', async () => {
    await createSet('ns1', { managedNamespaces: [{ name: 'b' }, { name: 'a' }] })
    await createSet('ns2', { managedNamespaces: [{ name: 'a' }] })
    await createSet('nsall', {
      clusterSelector: { selectorType: 'LabelSelector', labelSelector: { matchLabels: { ns: 'yes' } } },
      managedNamespaces: [{ name: 'z' }],
    })
    await createCluster('n1', { [CLUSTER_SET_LABEL]: 'ns1', ns: 'yes' })
    const all = { name: 'z', clusterSet: 'nsall' }
    await untilNamespaces('n1', [{ name: 'a', clusterSet: 'ns1' }, { name: 'b', clusterSet: 'ns1' }, all])
    await hub.merge(MANAGED_CLUSTER_SETS, { name: 'ns1' }, { spec: { managedNamespaces: [{ name: 'b' }] } })
    await untilNamespaces('n1', [{ name: 'b', clusterSet: 'ns1' }, all])
    await move('n1', 'ns2')
    await untilNamespaces('n1', [{ name: 'a', clusterSet: 'ns2' }, all])
    await hub.resource(MANAGED_CLUSTER_SETS).delete({ name: 'ns2' })
    await untilNamespaces('n1', [all])
    await hub.merge(MANAGED_CLUSTERS, { name: 'n1' }, { metadata: { labels: { ns: 'no' } } })
    await untilNamespaces('n1', [])
  })
})

describe('labels of features', () => {
  const FEATURE = 'feature.open-cluster-management.io/addon-a'
  const untilLabel = (name: string, value: string | undefined) =>
    hub.untilOne(MANAGED_CLUSTERS, { name }, ({ metadata }) => metadata.labels?.[FEATURE] === value)

  it('follow the add-ons of a cluster', async () => {
    await hub.create(MANAGED_CLUSTERS, { metadata: { name: 'f1' }, spec: { hubAcceptsClient: true } })
    const accepted = await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'f1' },
      (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === 'True',
    )
    const condition = (type: string, status: string) => ({
      type,
      status,
      reason: 'Reported',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    })
    const conditions = [...accepted.status.conditions, condition(AVAILABLE_CONDITION, 'True')]
    await hub.mergeStatus(MANAGED_CLUSTERS, { name: 'f1' }, { conditions })
    const key = { namespace: 'f1', name: 'a' }
    await hub.create(MANAGED_CLUSTER_ADD_ONS, { metadata: key, spec: {} })
    await untilLabel('f1', 'unreachable')
    await hub.mergeStatus(MANAGED_CLUSTER_ADD_ONS, key, { conditions: [condition('Available', 'True')] })
    await untilLabel('f1', 'available')
    await hub.mergeStatus(MANAGED_CLUSTER_ADD_ONS, key, { conditions: [condition('Available', 'False')] })
    await untilLabel('f1', 'unhealthy')
    await hub.resource(MANAGED_CLUSTER_ADD_ONS).delete(key)
    await untilLabel('f1', undefined)
  })
})

describe('cluster profiles', () => {
  const MANAGER = { 'x-k8s.io/cluster-manager': 'open-cluster-management' }
  const untilProfiles = (namespace: string, names: string[]) =>
    hub.until(
      CLUSTER_PROFILES,
      { namespace },
      (profiles) =>
        JSON.stringify([...profiles.values()].map(({ metadata }) => metadata.name).sort()) ===
        JSON.stringify(names),
    )
  const bind = (namespace: string, set: string) =>
    hub.create(MANAGED_CLUSTER_SET_BINDINGS, {
      metadata: { namespace, name: set },
      spec: { clusterSet: set },
    })

  beforeAll(async () => {
    for (const name of ['team1', 'team2']) await hub.resource(NAMESPACES).create({ metadata: { name } })
    await createSet('profiled')
    await createSet('profiled2', {
      clusterSelector: { selectorType: 'LabelSelector', labelSelector: { matchLabels: { profile: 'yes' } } },
    })
    await createCluster('p1', { [CLUSTER_SET_LABEL]: 'profiled', profile: 'yes' })
  })

  it('are made where a set is bound, once for each cluster, and say who it is', async () => {
    await bind('team1', 'profiled')
    await bind('team2', 'profiled')
    await bind('team1', 'profiled2') // the same cluster
    await untilProfiles('team1', ['p1'])
    const labels = {
      ...MANAGER,
      'open-cluster-management.io/cluster-name': 'p1',
      'multicluster.x-k8s.io/clusterset': 'profiled',
    }
    const profile = await hub.untilOne(CLUSTER_PROFILES, { namespace: 'team2', name: 'p1' }, ({ metadata }) =>
      JSON.stringify(metadata.labels).includes('clusterset'),
    )
    expect(profile.metadata.labels).toEqual(labels)
    expect(profile.spec).toEqual({ displayName: 'p1', clusterManager: { name: 'open-cluster-management' } })
  })

  it('follow the clusters of the set, and what is known of them', async () => {
    await createCluster('p2', { [CLUSTER_SET_LABEL]: 'profiled' })
    await untilProfiles('team1', ['p1', 'p2'])
    await hub.mergeStatus(
      MANAGED_CLUSTERS,
      { name: 'p2' },
      {
        version: { kubernetes: 'v1.35.0' },
        clusterClaims: [{ name: 'id.k8s.io', value: 'x' }],
      },
    )
    const profile = await hub.untilOne(
      CLUSTER_PROFILES,
      { namespace: 'team1', name: 'p2' },
      ({ status }) => status?.version?.kubernetes === 'v1.35.0',
    )
    expect(profile.status.properties).toEqual([{ name: 'id.k8s.io', value: 'x' }])
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'p2' })
    await untilProfiles('team1', ['p1'])
  })

  it('come back when they are deleted, and go with the binding; those of others stay', async () => {
    const key = { namespace: 'team2', name: 'p1' }
    const { uid } = (await hub.resource(CLUSTER_PROFILES).get(key)).metadata
    await hub.resource(CLUSTER_PROFILES).delete(key)
    await hub.untilOne(CLUSTER_PROFILES, key, ({ metadata }) => metadata.uid !== uid)
    await hub.resource(CLUSTER_PROFILES).create({
      kind: 'ClusterProfile',
      metadata: { namespace: 'team2', name: 'theirs' },
      spec: { displayName: 'theirs', clusterManager: { name: 'other' } },
    } as unknown as AnyObject)
    await hub.resource(MANAGED_CLUSTER_SET_BINDINGS).delete({ namespace: 'team2', name: 'profiled' })
    await untilProfiles('team2', ['theirs'])
    await move('p1', 'default')
    await untilProfiles('team1', ['p1']) // by the other binding
    await hub.resource(MANAGED_CLUSTER_SET_BINDINGS).delete({ namespace: 'team1', name: 'profiled2' })
    await untilProfiles('team1', [])
  })

  it('are not missed in a namespace that is going', async () => {
    await bind('team2', 'profiled2')
    await untilProfiles('team2', ['p1', 'theirs'])
    await hub.resource(NAMESPACES).delete({ name: 'team2' })
    await hub.untilGone(NAMESPACES, { name: 'team2' })
    expect((await hub.resource(CLUSTER_PROFILES).list({ namespace: 'team2' })).items).toEqual([])
  })
})
