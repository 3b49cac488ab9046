import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { patching, WebhookServer } from './webhook-server.ts'

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
const PODS = '/api/v1/namespaces/default/pods'
const SCALE = '/apis/apps/v1/namespaces/default/deployments/d/scale'

let plane: TestControlPlane
let hooks: WebhookServer

beforeAll(async () => {
  plane = await TestControlPlane.start()
  hooks = await WebhookServer.start()
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }
  await plane.admin.post('/api/v1/namespaces', namespace)
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }
  await plane.admin.post('/api/v1/namespaces/default/serviceaccounts', account)
})
afterAll(async () => {
  await plane.close()
  await hooks.stop()
})

/** Sends a resource such as `pods/eviction` through a webhook. */
async function hookFor(resource: string, clientConfig: object): Promise<void> {
  const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: [resource] }]
  const name = resource.replace('/', '-')
  const answer = await plane.admin.post(REGISTRATION, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      { name: 'a.example.com', clientConfig, rules, sideEffects: 'None', admissionReviewVersions: ['v1'] },
    ],
  })
  expect(answer.status).toBe(201)
}

async function createPod(name: string): Promise<void> {
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  const answer = await plane.admin.post(PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec })
  expect(answer.status).toBe(201)
}

it('admits a Scale as such, whatever it is of', async () => {
  let asked: unknown
  const config = hooks.on('/scale', (review) => {
    asked = review.request
    return patching({ op: 'replace', path: '/spec/replicas', value: 3 })
  })
  await hookFor('deployments/scale', config)
  const labels = { app: 'd' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await plane.admin.post('/apis/apps/v1/namespaces/default/deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  })
  const body = JSON.stringify({
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name: 'd', namespace: 'default' },
    spec: { replicas: 7 },
  })
  const answer = await plane.admin.request({ method: 'PUT', path: SCALE, body })
  expect(answer.status).toBe(200)
  expect(answer.json).toMatchObject({ kind: 'Scale', spec: { replicas: 3 } })
  const kind = { group: 'autoscaling', version: 'v1', kind: 'Scale' }
  expect(asked).toMatchObject({
    kind,
    requestKind: kind,
    resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    subResource: 'scale',
    operation: 'UPDATE',
    object: { kind: 'Scale', spec: { replicas: 7 } },
    oldObject: { kind: 'Scale', spec: { replicas: 1 } },
  })
})

it.each([
  [
    'eviction',
    { apiVersion: 'policy/v1', kind: 'Eviction' },
    { group: 'policy', version: 'v1', kind: 'Eviction' },
  ],
  [
    'binding',
    { apiVersion: 'v1', kind: 'Binding', target: { kind: 'Node', name: 'n' } },
    { group: '', version: 'v1', kind: 'Binding' },
  ],
])('admits the %s of a pod', async (subresource, sent, kind) => {
  let asked: unknown
  const config = hooks.on(`/${subresource}`, (review) => {
    asked = review.request
    return { allowed: false, status: { message: 'not now' } }
  })
  await hookFor(`pods/${subresource}`, config)
  const name = `p-${subresource}`
  await createPod(name)
  const path = `${PODS}/${name}/${subresource}`
  const denied = await plane.admin.post(path, { ...sent, metadata: { name } })
  expect(denied.json).toMatchObject({
    message: 'admission webhook "a.example.com" denied the request: not now',
  })
  expect(asked).toMatchObject({
    kind,
    resource: { resource: 'pods' },
    subResource: subresource,
    name,
    operation: 'CREATE',
    object: { ...sent, metadata: { name } },
  })
  const pod = await plane.admin.request({ method: 'GET', path: `${PODS}/${name}` })
  expect(pod.json).toMatchObject({ status: { phase: 'Pending' } })
  expect(pod.json).not.toMatchObject({ spec: { nodeName: 'n' } })
  await plane.admin.request({ method: 'DELETE', path: `${REGISTRATION}/pods-${subresource}` })
  expect((await plane.admin.post(path, { ...sent, metadata: { name } })).status).toBe(201)
})
