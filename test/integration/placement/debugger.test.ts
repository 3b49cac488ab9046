import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hubCrds } from '../../../src/apis/crds.ts'
import { HttpEndpoints } from '../../../src/common/http-endpoints.ts'
import { silentLogger } from '../../../src/common/log.ts'
import { DelegatedAuthorization, KubeClient, Manager } from '../../../src/kube/index.ts'
import {
  DEBUG_PATH,
  debugRoute,
  PlacementScheduler,
  placementInformers,
} from '../../../src/placement/index.ts'
import type { Json } from '../../support/api-client.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'
import { establish } from '../apis/definitions.ts'

const GROUP = 'cluster.open-cluster-management.io'
const PLACEMENT = {
  apiVersion: `${GROUP}/v1beta1`,
  kind: 'Placement',
  metadata: { namespace: 'default', name: 'p' },
  spec: { predicates: [{ requiredClusterSelector: { labelSelector: { matchLabels: { region: 'east' } } } }] },
}

describe('the debugger of placement', () => {
  let server: TestControlPlane
  let client: KubeClient
  let endpoints: HttpEndpoints
  let running: Promise<void>
  const ending = new AbortController()

  beforeAll(async () => {
    server = await TestControlPlane.start()
    await establish(server, hubCrds())
    const created = async (path: string, body: Json) =>
      expect((await server.admin.post(path, body)).status, path).toBe(201)
    for (const [name, region] of Object.entries({ one: 'east', two: 'west' }))
      await created(`/apis/${GROUP}/v1/managedclusters`, {
        apiVersion: `${GROUP}/v1`,
        kind: 'ManagedCluster',
        metadata: { name, labels: { region, [`${GROUP}/clusterset`]: 'blue' } },
        spec: {},
      })
    const v1beta2 = { apiVersion: `${GROUP}/v1beta2` }
    await created(`/apis/${GROUP}/v1beta2/managedclustersets`, {
      ...v1beta2,
      kind: 'ManagedClusterSet',
      metadata: { name: 'blue' },
    })
    await created(`/apis/${GROUP}/v1beta2/namespaces/default/managedclustersetbindings`, {
      ...v1beta2,
      kind: 'ManagedClusterSetBinding',
      metadata: { name: 'blue' },
      spec: { clusterSet: 'blue' },
    })
    await created(`/apis/${GROUP}/v1beta1/namespaces/default/placements`, PLACEMENT)
    for (const name of ['reader', 'nobody'])
      await created('/api/v1/namespaces/default/serviceaccounts', { metadata: { name } })
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
    await created(`${rbac}/roles`, {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [GROUP], resources: ['placements'], verbs: ['get', 'create'] }],
    })
    await created(`${rbac}/rolebindings`, {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'default', name: 'reader' }],
    })

    client = new KubeClient({ readAccess: async () => ({ server: server.url, tls: server.tls }) })
    const manager = new Manager({ client })
    const scheduler = new PlacementScheduler(placementInformers(manager), client.clock)
    const authorization = new DelegatedAuthorization(client)
    endpoints = new HttpEndpoints(
      { log: silentLogger, routes: { [DEBUG_PATH]: debugRoute({ scheduler, authorization }) } },
      { name: 'debug', host: '127.0.0.1', port: 0, flag: '--listen' },
    )
    manager.add(endpoints)
    running = manager.run(ending.signal)
    await until(() => manager.health.ready, 'all is known')
  })

  afterAll(async () => {
    ending.abort()
    await running
    await client.stop()
    await server.close()
  })

  async function ask(account: string | undefined, path: string, init: RequestInit = {}) {
    const headers: Record<string, string> = {}
    if (account) {
      const { json } = await server.admin.post(
        `/api/v1/namespaces/default/serviceaccounts/${account}/token`,
        { spec: {} },
      )
      headers.authorization = `Bearer ${json.status.token}`
    }
    const response = await fetch(`http://127.0.0.1:${endpoints.port}${DEBUG_PATH}${path}`, {
      ...init,
      headers,
    })
    return { status: response.status, body: (await response.json()) as Json }
  }

  it('shows filters and scores', async () => {
    expect(await ask('reader', 'default/p')).toEqual({
      status: 200,
      body: {
        placement: { ...PLACEMENT, spec: expect.objectContaining(PLACEMENT.spec), status: {} },
        filteredPipelineResults: [
          { name: 'Predicate', filteredClusters: ['one'] },
          { name: 'Predicate,TaintToleration', filteredClusters: ['one'] },
        ],
        prioritizeResults: [
          { name: 'Balance', weight: 1, scores: { one: 100 } },
          { name: 'Steady', weight: 1, scores: { one: 0 } },
        ],
        aggregatedScores: [{ clusterName: 'one', score: 100 }],
      },
    })
  })

  it('takes one that does not exist', async () => {
    const body = JSON.stringify({ ...PLACEMENT, spec: {} })
    const { status, body: result } = await ask('reader', '', { method: 'POST', body })
    expect(status).toBe(200)
    expect(result.aggregatedScores.map(({ clusterName }: Json) => clusterName)).toEqual(['one', 'two'])
  })

  it('says what is wrong with one', async () => {
    const spec = { tolerations: [{ value: 'x' }] }
    const { body } = await ask('reader', '', { method: 'POST', body: JSON.stringify({ ...PLACEMENT, spec }) })
    expect(body.error).toBe('If the key is empty, operator must be Exists.')
  })

  it.each<[string | undefined, string, RequestInit, number, RegExp]>([
    [undefined, 'default/p', {}, 401, /user information not found/],
    ['nobody', 'default/p', {}, 403, /does not have permission to get placements in namespace default/],
    ['nobody', '', { method: 'POST', body: JSON.stringify(PLACEMENT) }, 403, /to create placements/],
    ['reader', 'default/q', {}, 404, /placement 'q' not found/],
    ['reader', 'default', {}, 400, /invalid debug path/],
    ['reader', 'a/b/c', {}, 400, /invalid debug path/],
    ['reader', 'default/p', { method: 'PUT', body: '{}' }, 405, /method PUT not allowed/],
    ['reader', '', { method: 'POST', body: '{' }, 400, /failed to unmarshal placement JSON/],
    ['reader', '', { method: 'POST', body: '[]' }, 400, /failed to unmarshal placement JSON/],
    ['reader', '', { method: 'POST', body: ' '.repeat(1024 * 1024 + 1) }, 400, /request body too large/],
  ])('answers %s at %j: %j', async (account, path, init, status, error) => {
    expect(await ask(account, path, init)).toEqual({ status, body: { error: expect.stringMatching(error) } })
  })
})
