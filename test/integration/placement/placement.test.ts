import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hubCrds } from '../../../src/apis/crds.ts'
import { KubeClient, Manager } from '../../../src/kube/index.ts'
import { addPlacementController } from '../../../src/placement/index.ts'
import type { Json } from '../../support/api-client.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { establish } from '../apis/definitions.ts'

const GROUP = '/apis/cluster.open-cluster-management.io'
const MERGE = { 'content-type': 'application/merge-patch+json' }
const PLACEMENT = 'cluster.open-cluster-management.io/placement'
const GROUP_NAME = 'cluster.open-cluster-management.io/decision-group-name'
const GROUP_INDEX = 'cluster.open-cluster-management.io/decision-group-index'

const KINDS: Readonly<Record<string, string>> = {
  managedclusters: 'ManagedCluster',
  managedclustersets: 'ManagedClusterSet',
  managedclustersetbindings: 'ManagedClusterSetBinding',
  placements: 'Placement',
  addonplacementscores: 'AddOnPlacementScore',
}

describe('placement', () => {
  let server: TestControlPlane
  let client: KubeClient
  let running: Promise<void>
  let namespace = ''
  let count = 0
  const ending = new AbortController()

  beforeAll(async () => {
    server = await TestControlPlane.start()
    await establish(server, hubCrds())
    client = new KubeClient(
      { readAccess: async () => ({ server: server.url, tls: server.tls }) },
      { qps: -1 },
    )
    const manager = new Manager({ client })
    addPlacementController({ manager, instance: 'test' })
    running = manager.run(ending.signal)
    for (const [name, labels] of Object.entries({
      east1: { region: 'east' },
      east2: { region: 'east' },
      west1: { region: 'west' },
    }))
      await createCluster(name, { ...labels, 'cluster.open-cluster-management.io/clusterset': 'blue' })
    await createCluster('lonely', {})
    await created(`${GROUP}/v1beta2/managedclustersets`, { metadata: { name: 'blue' } })
    await created(`${GROUP}/v1beta2/managedclustersets`, {
      metadata: { name: 'all' },
      spec: { clusterSelector: { selectorType: 'LabelSelector', labelSelector: {} } },
    })
  })

  afterAll(async () => {
    ending.abort()
    await running
    await client.stop()
    await server.close()
  })

  beforeEach(async () => {
    namespace = `test-${++count}`
    await created('/api/v1/namespaces', { metadata: { name: namespace } })
  })

  /** Custom resources need their kind and version, which the path tells. */
  async function created(path: string, body: Json): Promise<Json> {
    const [, , , version = ''] = path.split('/')
    const kind = KINDS[path.split('/').at(-1) ?? '']
    const type = kind && { apiVersion: `cluster.open-cluster-management.io/${version}`, kind }
    const { status, text, json } = await server.admin.post(path, { ...type, ...body })
    if (status !== 201) throw new Error(`${path}: ${text}`)
    return json
  }

  const createCluster = (name: string, labels: Record<string, string>) =>
    created(`${GROUP}/v1/managedclusters`, { metadata: { name, labels }, spec: { hubAcceptsClient: true } })
  const placements = () => `${GROUP}/v1beta1/namespaces/${namespace}/placements`
  const place = (spec: Json = {}) => created(placements(), { metadata: { name: 'p' }, spec })
  const bind = (clusterSet: string) =>
    created(`${GROUP}/v1beta2/namespaces/${namespace}/managedclustersetbindings`, {
      metadata: { name: clusterSet },
      spec: { clusterSet },
    })
  const patched = (path: string, body: Json) =>
    server.admin.request({ method: 'PATCH', path, headers: MERGE, body })
  const decisions = async (): Promise<Json[]> =>
    (await server.admin.get(`${GROUP}/v1beta1/namespaces/${namespace}/placementdecisions`)).json.items

  async function decided(...names: string[]): Promise<void> {
    let found: string[] = []
    await until(async () => {
      found = (await decisions()).flatMap(({ status }) =>
        (status?.decisions ?? []).map(({ clusterName }: Json) => clusterName),
      )
      return found.join() === names.join()
    }, `${names.join()} are decided on`)
  }

  async function satisfied(reason: string): Promise<Json> {
    let placement: Json
    await until(async () => {
      placement = (await server.admin.get(`${placements()}/p`)).json
      return placement.status?.conditions?.some(
        (each: Json) => each.type === 'PlacementSatisfied' && each.reason === reason,
      )
    }, reason)
    return placement
  }

  it('makes decisions, and keeps them what clusters, sets and bindings make of them', async () => {
    await place({ clusterSets: ['blue'] })
    await satisfied('NoManagedClusterSetBindings')
    await decided()
    expect(await decisions()).toHaveLength(1)

    await bind('all')
    await satisfied('NoIntersection')
    await bind('blue')
    await decided('east1', 'east2', 'west1')
    const placement = await satisfied('AllDecisionsScheduled')
    expect(placement.status).toMatchObject({
      numberOfSelectedClusters: 3,
      decisionGroups: [
        { decisionGroupIndex: 0, decisionGroupName: '', decisions: ['p-decision-1'], clusterCount: 3 },
      ],
    })
    const [decision] = await decisions()
    expect(decision.metadata.labels).toEqual({ [PLACEMENT]: 'p', [GROUP_NAME]: '', [GROUP_INDEX]: '0' })
    expect(decision.metadata.ownerReferences).toMatchObject([
      { kind: 'Placement', name: 'p', uid: placement.metadata.uid, controller: true },
    ])

    await createCluster('new', { 'cluster.open-cluster-management.io/clusterset': 'blue' })
    await decided('east1', 'east2', 'new', 'west1')
    await server.admin.request({ method: 'DELETE', path: `${GROUP}/v1/managedclusters/new` })
    await decided('east1', 'east2', 'west1')
  })

  it('puts back what is deleted or changed by hand', async () => {
    await bind('blue')
    await place({ numberOfClusters: 1 })
    await decided('east1')
    const [{ metadata }] = await decisions()
    const path = `${GROUP}/v1beta1/namespaces/${namespace}/placementdecisions/p-decision-1`
    await server.admin.request({ method: 'DELETE', path })
    await until(async () => {
      const [decision] = await decisions()
      return decision !== undefined && decision.metadata.uid !== metadata.uid
    }, 'it is there again')
    await decided('east1')
    await patched(path, { metadata: { labels: { [GROUP_INDEX]: '7', other: 'x' } } })
    await until(
      async () => (await decisions())[0].metadata.labels[GROUP_INDEX] === '0',
      'labels are put back',
    )
  })

  it('asks for fewer, more, and more than there are', async () => {
    await bind('blue')
    const steady = [{ scoreCoordinate: { type: 'BuiltIn', builtIn: 'Steady' }, weight: 1 }]
    await place({ numberOfClusters: 2, prioritizerPolicy: { mode: 'Exact', configurations: steady } })
    await decided('east1', 'east2')
    await patched(`${placements()}/p`, { spec: { numberOfClusters: 1 } })
    await decided('east1')
    await patched(`${placements()}/p`, { spec: { numberOfClusters: 9 } })
    await decided('east1', 'east2', 'west1')
    await satisfied('NotAllDecisionsScheduled')
  })

  it('splits decisions into groups, and joins them again', async () => {
    await bind('blue')
    const west = { labelSelector: { matchLabels: { region: 'west' } } }
    await place({
      decisionStrategy: {
        groupStrategy: {
          clustersPerDecisionGroup: 1,
          decisionGroups: [{ groupName: 'west', groupClusterSelector: west }],
        },
      },
    })
    await decided('west1', 'east1', 'east2')
    const labels = (await decisions()).map(({ metadata }) => [
      metadata.labels[GROUP_NAME],
      metadata.labels[GROUP_INDEX],
    ])
    expect(labels).toEqual([
      ['west', '0'],
      ['', '1'],
      ['', '2'],
    ])
    await patched(`${placements()}/p`, { spec: { decisionStrategy: null } })
    await decided('east1', 'east2', 'west1')
    expect(await decisions()).toHaveLength(1)
  })

  it('tells what is wrong, and that it is right again', async () => {
    await bind('blue')
    await place({
      predicates: [{ requiredClusterSelector: { celSelector: { celExpressions: ['managedCluster.'] } } }],
    })
    const { status } = await satisfied('NoManagedClusterMatched')
    expect(status.conditions).toContainEqual(
      expect.objectContaining({
        type: 'PlacementMisconfigured',
        status: 'True',
        reason: 'Misconfigured',
        message: expect.stringMatching(/^Predicate:compilation failed: /),
      }),
    )
    await patched(`${placements()}/p`, {
      spec: {
        predicates: [{ requiredClusterSelector: { labelSelector: { matchLabels: { region: 'east' } } } }],
      },
    })
    await decided('east1', 'east2')
    await satisfied('AllDecisionsScheduled')
  })

  it('follows scores', async () => {
    await bind('blue')
    for (const name of ['east1', 'west1']) await created('/api/v1/namespaces', { metadata: { name } })
    const scores = (cluster: string) => `${GROUP}/v1alpha1/namespaces/${cluster}/addonplacementscores`
    const score = async (cluster: string, value: number) => {
      const status = { scores: [{ name: 'cpu', value }] }
      await patched(`${scores(cluster)}/usage/status`, { status })
    }
    for (const cluster of ['east1', 'west1']) await created(scores(cluster), { metadata: { name: 'usage' } })
    await score('west1', 50)
    const scoreCoordinate = { type: 'AddOn', addOn: { resourceName: 'usage', scoreName: 'cpu' } }
    await place({
      numberOfClusters: 1,
      prioritizerPolicy: { mode: 'Exact', configurations: [{ scoreCoordinate, weight: 2 }] },
    })
    await decided('west1')
    await score('east1', 60)
    await decided('east1')
  })

  it('leaves those alone that say so', async () => {
    await bind('blue')
    const annotations = { 'cluster.open-cluster-management.io/experimental-scheduling-disable': 'true' }
    await created(placements(), { metadata: { name: 'p', annotations }, spec: {} })
    await created(placements(), { metadata: { name: 'q' }, spec: {} })
    await decided('east1', 'east2', 'west1')
    expect((await decisions()).map(({ metadata }) => metadata.name)).toEqual(['q-decision-1'])
  })

  it('tells of decisions in Events', async () => {
    await bind('blue')
    await place()
    await decided('east1', 'east2', 'west1')
    await until(async () => {
      const { json } = await server.admin.get(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`)
      const reasons: string[] = json.items.map(({ reason }: Json) => reason)
      return ['DecisionCreated', 'DecisionUpdated', 'ScoreUpdated'].every((each) => reasons.includes(each))
    }, 'Events are there')
  })
})
