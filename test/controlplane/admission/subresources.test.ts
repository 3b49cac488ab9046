import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { patching, WebhookServer } from './webhook-server.ts'

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
const VALIDATION = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
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
async function hookFor(
  resource: string,
  clientConfig: object,
  type: 'Mutating' | 'Validating' = 'Mutating',
): Promise<void> {
  const rules = [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: [resource] }]
  const name = resource.replace('/', '-')
  const answer = await plane.admin.post(type === 'Mutating' ? REGISTRATION : VALIDATION, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${type}WebhookConfiguration`,
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

it.each([
  ['query', '?dryRun=All', {}],
  ['body', '', { deleteOptions: { dryRun: ['All'] } }],
])('evicts nothing for an eviction that its %s says to be dry', async (where, query, more) => {
  const name = `dry-${where}`
  await createPod(name)
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...more }
  expect((await plane.admin.post(`${PODS}/${name}/eviction${query}`, eviction)).status).toBe(201)
  expect((await plane.admin.request({ method: 'GET', path: `${PODS}/${name}` })).status).toBe(200)
})

const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1' }
const AUTHORIZATION = { group: 'authorization.k8s.io', version: 'v1' }

it.each([
  ['tokenreviews', AUTHENTICATION, 'TokenReview', { token: 't' }],
  ['selfsubjectreviews', AUTHENTICATION, 'SelfSubjectReview', undefined],
  ['subjectaccessreviews', AUTHORIZATION, 'SubjectAccessReview', { user: 'u', nonResourceAttributes: {} }],
  ['selfsubjectaccessreviews', AUTHORIZATION, 'SelfSubjectAccessReview', { nonResourceAttributes: {} }],
  ['selfsubjectrulesreviews', AUTHORIZATION, 'SelfSubjectRulesReview', { namespace: 'default' }],
])('admits %s as they have been changed', async (resource, { group, version }, kind, spec) => {
  const asked: unknown[] = []
  const mutating = hooks.on(`/change-${resource}`, () =>
    patching({ op: 'add', path: '/metadata/labels', value: { changed: 'yes' } }),
  )
  const validating = hooks.on(`/judge-${resource}`, (review) => {
    asked.push(review.request)
    return { allowed: false, status: { message: 'none of that' } }
  })
  await hookFor(resource, mutating)
  await hookFor(resource, validating, 'Validating')
  const body = { apiVersion: `${group}/${version}`, kind, ...(spec ? { spec } : {}) }
  const denied = await plane.admin.post(`/apis/${group}/${version}/${resource}`, body)
  expect(denied.json).toMatchObject({
    message: 'admission webhook "a.example.com" denied the request: none of that',
  })
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({
    kind: { group, version, kind },
    resource: { group, version, resource },
    operation: 'CREATE',
    object: { kind, metadata: { labels: { changed: 'yes' } } },
    oldObject: null,
  })
})

it('is asked for no token that is not asked for properly', async () => {
  const asked: unknown[] = []
  const config = hooks.on('/token', (review) => {
    asked.push(review.request)
    return { allowed: false, status: { message: 'no token' } }
  })
  await hookFor('serviceaccounts/token', config, 'Validating')
  const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
  const request = (expirationSeconds: number) => ({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds },
  })
  expect((await plane.admin.post(path, request(1))).status).toBe(422)
  expect(asked).toEqual([])
  const denied = await plane.admin.post(path, request(3600))
  expect(denied.json).toMatchObject({
    message: 'admission webhook "a.example.com" denied the request: no token',
  })
  const kind = { ...AUTHENTICATION, kind: 'TokenRequest' }
  expect(asked).toMatchObject([
    {
      kind,
      resource: { group: '', version: 'v1', resource: 'serviceaccounts' },
      subResource: 'token',
      name: 'default',
      object: { metadata: { name: 'default', namespace: 'default', uid: expect.any(String) } },
    },
  ])
  expect(JSON.stringify(asked)).not.toContain('"status"')
})
