import { afterEach, beforeEach, describe, it } from 'vitest'
import { silentLogger } from '../../src/common/log.ts'
import { type KubeClient, Manager } from '../../src/kube/index.ts'
import type { ControllerContext } from '../../src/kube-controllers/controller-context.ts'
import { addDeploymentController } from '../../src/kube-controllers/deployments/deployment-controller.ts'
import { addReplicaSetController } from '../../src/kube-controllers/replica-sets/replica-set-controller.ts'
import { FakeApiServer, type StoredObject } from '../kube/fake-apiserver.ts'
import { eventually } from '../support/eventually.ts'

const PODS = '/api/v1/pods'
const SETS = '/apis/apps/v1/replicasets'
const DEPLOYMENTS = '/apis/apps/v1/deployments'

const LABELS = { app: 'web' }
const TEMPLATE = { metadata: { labels: LABELS }, spec: { containers: [{ name: 'main', image: 'i' }] } }

let api: FakeApiServer
let client: KubeClient
let ending: AbortController
let running: Promise<void>

beforeEach(async () => {
  api = await FakeApiServer.start()
  api.streamsInitialObjects = 'refuses'
  client = api.client()
  ending = new AbortController()
})

afterEach(async () => {
  ending.abort()
  await running
  await client.stop()
  await api.stop()
})

/** The cache of this kind shows for ever what there was at the beginning. */
function startWithout(newsOf: string, add: (context: ControllerContext) => unknown): void {
  const plural = newsOf.slice(newsOf.lastIndexOf('/'))
  api.faultFor = ({ path, query }) =>
    path.endsWith(plural) && query.watch && !query.sendInitialEvents ? 'hang' : undefined
  const manager = new Manager({ client })
  add({ manager, client, log: silentLogger } as ControllerContext)
  running = manager.run(ending.signal)
}

const selector = { matchLabels: LABELS }
const ownedBy = (kind: string, { metadata: { name, uid } }: StoredObject) => [
  { apiVersion: 'apps/v1', kind, name, uid, controller: true },
]
const statusOf = (collection: string) => api.get(collection, 'ns/web')?.status as Record<string, unknown>

describe('a status of which the cache does not know yet that it was written', () => {
  it('is written again for a ReplicaSet', async () => {
    const metadata = { namespace: 'ns', name: 'web' }
    const set = api.put(SETS, { metadata, spec: { replicas: 1, selector, template: TEMPLATE } })
    const pod = (ready: 'True' | 'False') => ({
      metadata: {
        namespace: 'ns',
        name: 'web-1',
        labels: LABELS,
        ownerReferences: ownedBy('ReplicaSet', set),
      },
      spec: TEMPLATE.spec,
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
    })
    api.put(PODS, pod('False'))
    startWithout(SETS, addReplicaSetController)
    await eventually(() => statusOf(SETS)?.replicas).toBe(1)
    for (const ready of ['True', 'False', 'True'] as const) {
      api.put(PODS, pod(ready))
      await eventually(() => statusOf(SETS).readyReplicas).toBe(ready === 'True' ? 1 : undefined)
    }
  })

  it('is written again for a Deployment', async () => {
    const metadata = { namespace: 'ns', name: 'web' }
    const spec = { replicas: 1, selector, template: TEMPLATE, strategy: { type: 'RollingUpdate' } }
    const deployment = api.put(DEPLOYMENTS, { metadata, spec })
    const set = (readyReplicas: number) => ({
      metadata: {
        namespace: 'ns',
        name: 'web-1',
        labels: LABELS,
        annotations: {
          'deployment.kubernetes.io/revision': '1',
          'deployment.kubernetes.io/desired-replicas': '1',
          'deployment.kubernetes.io/max-replicas': '2',
        },
        ownerReferences: ownedBy('Deployment', deployment),
      },
      spec: { replicas: 1, selector, template: TEMPLATE },
      status: { replicas: 1, readyReplicas },
    })
    api.put(SETS, set(0))
    startWithout(DEPLOYMENTS, addDeploymentController)
    await eventually(() => statusOf(DEPLOYMENTS)?.replicas).toBe(1)
    for (const ready of [1, 2, 3]) {
      api.put(SETS, set(ready))
      await eventually(() => statusOf(DEPLOYMENTS).readyReplicas).toBe(ready)
    }
  })
})
