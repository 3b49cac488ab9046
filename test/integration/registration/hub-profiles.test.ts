import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER_SET_LABEL } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import { MANAGED_CLUSTER_SET_BINDINGS, MANAGED_CLUSTER_SETS } from '../../../src/apis/cluster/v1beta2.ts'
import { CLUSTER_PROFILES } from '../../../src/apis/multicluster/v1alpha1.ts'
import { NAMESPACES } from '../../../src/apis/resources.ts'
import { conditionText, HubBench } from './hub-bench.ts'

const PROFILE_SET_LABEL = 'multicluster.x-k8s.io/clusterset'

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start({ gates: { ClusterProfile: true } })
})

afterAll(() => hub.close())

const createCluster = (name: string, labels: Record<string, string> = {}, metadata: object = {}) =>
  hub.create(MANAGED_CLUSTERS, { metadata: { ...metadata, name, labels }, spec: { hubAcceptsClient: false } })
const selecting = (labelSelector: object) => ({
  clusterSelector: { selectorType: 'LabelSelector', labelSelector },
})
const createSet = (name: string, spec: object = {}) =>
  hub.create(MANAGED_CLUSTER_SETS, { metadata: { name }, spec })
const bind = (namespace: string, set: string) =>
  hub.create(MANAGED_CLUSTER_SET_BINDINGS, {
    metadata: { namespace, name: set },
    spec: { clusterSet: set },
  })
const unbind = (namespace: string, name: string) =>
  hub.resource(MANAGED_CLUSTER_SET_BINDINGS).delete({ namespace, name })
const untilProfiles = (namespace: string, names: string[]) =>
  hub.until(
    CLUSTER_PROFILES,
    { namespace },
    (profiles) =>
      JSON.stringify([...profiles.values()].map(({ metadata }) => metadata.name).sort()) ===
      JSON.stringify(names),
  )
async function createNamespace(name: string): Promise<string> {
  await hub.resource(NAMESPACES).create({ metadata: { name } })
  return name
}

describe('the profiles of clusters', () => {
  it('are of all clusters where the global set is bound, and not of one that is going', async () => {
    const namespace = await createNamespace('everybody')
    await createCluster('g1')
    await createCluster('g2', {}, { finalizers: ['example.com/hold'] })
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'g2' })
    await bind(namespace, 'global')
    await untilProfiles(namespace, ['g1'])
    await createCluster('g3')
    await untilProfiles(namespace, ['g1', 'g3'])
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'g3' })
    await untilProfiles(namespace, ['g1'])
    await hub.merge(MANAGED_CLUSTERS, { name: 'g2' }, { metadata: { finalizers: null } })
  })

  it('are one for each cluster, by however many sets it is selected', async () => {
    const namespace = await createNamespace('overlapping')
    await createSet('regions', selecting({ matchExpressions: [{ key: 'region', operator: 'Exists' }] }))
    await createSet('production', selecting({ matchLabels: { stage: 'production' } }))
    await createCluster('o1', { region: 'eu', stage: 'production' })
    await createCluster('o2', { region: 'us' })
    await createCluster('o3', { stage: 'production' })
    await bind(namespace, 'regions')
    await bind(namespace, 'production')
    await untilProfiles(namespace, ['o1', 'o2', 'o3'])
    await hub.merge(MANAGED_CLUSTERS, { name: 'o2' }, { metadata: { labels: { region: null } } })
    await untilProfiles(namespace, ['o1', 'o3'])
    await unbind(namespace, 'production')
    await untilProfiles(namespace, ['o1'])
  })

  it('wait until the set that is bound is there', async () => {
    const [early, ready] = [await createNamespace('early'), await createNamespace('ready')]
    await createCluster('w1', { [CLUSTER_SET_LABEL]: 'later' })
    await bind(early, 'later')
    await hub.untilOne(
      MANAGED_CLUSTER_SET_BINDINGS,
      { namespace: early, name: 'later' },
      (binding) => conditionText(binding, 'Bound') === 'False ClusterSetNotFound: ',
    )
    await createSet('there')
    await createCluster('w2', { [CLUSTER_SET_LABEL]: 'there' })
    await bind(ready, 'there')
    await untilProfiles(ready, ['w2'])
    expect((await hub.resource(CLUSTER_PROFILES).list({ namespace: early })).items).toEqual([])
    await createSet('later')
    await untilProfiles(early, ['w1'])
  })

  it('name the set that their cluster is in, as it moves', async () => {
    const namespace = await createNamespace('moving')
    for (const name of ['from', 'to']) {
      await createSet(name)
      await bind(namespace, name)
    }
    await createCluster('m1', { [CLUSTER_SET_LABEL]: 'from' })
    const key = { namespace, name: 'm1' }
    const untilIn = (set: string) =>
      hub.untilOne(CLUSTER_PROFILES, key, ({ metadata }) => metadata.labels?.[PROFILE_SET_LABEL] === set)
    await untilIn('from')
    await hub.merge(MANAGED_CLUSTERS, { name: 'm1' }, { metadata: { labels: { [CLUSTER_SET_LABEL]: 'to' } } })
    const { metadata } = await untilIn('to')
    expect(metadata.name).toBe('m1')
  })
})
