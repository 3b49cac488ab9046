import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { TestControlPlane } from '../../support/control-plane.ts'
import { WebhookServer } from './webhook-server.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'

let plane: TestControlPlane
let hooks: WebhookServer
let allowed = true
const asked: Record<string, unknown>[] = []

beforeAll(async () => {
  plane = await TestControlPlane.start()
  hooks = await WebhookServer.start()
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }
  await plane.admin.post('/api/v1/namespaces', namespace)
  const clientConfig = hooks.on('/judge', (review) => {
    asked.push(review.request as Record<string, unknown>)
    return { allowed, status: { message: 'no' } }
  })
  await register('Validating', clientConfig)
})

async function register(kind: 'Validating' | 'Mutating', clientConfig: object) {
  const rules = [{ operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }]
  const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`
  const answer = await plane.admin.post(path, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: 'judge' },
    webhooks: [
      { name: 'a.example.com', clientConfig, rules, sideEffects: 'None', admissionReviewVersions: ['v1'] },
    ],
  })
  expect(answer.status).toBe(201)
  return () => plane.admin.delete(`${path}/judge`)
}

beforeEach(() => {
  asked.length = 0
  allowed = true
})
afterAll(async () => {
  await plane.close()
  await hooks.stop()
})

function configMap(metadata: object, rest: object = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, ...rest }
}

it('judges a new object as it will be', async () => {
  const created = await plane.admin.post(MAPS, configMap({ generateName: 'made-' }))
  const { name, uid, creationTimestamp, managedFields } = (
    created.json as { metadata: Record<string, unknown> }
  ).metadata
  expect(asked).toMatchObject([
    { operation: 'CREATE', name, object: { metadata: { name, uid, creationTimestamp, managedFields } } },
  ])
})

it('judges no object that breaks the rules of its kind', async () => {
  allowed = false
  expect((await plane.admin.post(MAPS, configMap({ name: 'Not A Name' }))).status).toBe(422)
  expect(asked).toEqual([])
})

it('judges before it looks whether there is one already', async () => {
  await plane.admin.post(MAPS, configMap({ name: 'twice' }))
  expect((await plane.admin.post(MAPS, configMap({ name: 'twice' }))).status).toBe(409)
  allowed = false
  expect((await plane.admin.post(MAPS, configMap({ name: 'twice' }))).status).toBe(400)
  expect(asked).toHaveLength(3)
})

it('judges an update after its rules, and with what the server keeps of the object', async () => {
  const path = `${MAPS}/updated`
  const created = await plane.admin.post(MAPS, configMap({ name: 'updated' }, { immutable: true }))
  const { uid } = (created.json as { metadata: { uid: string } }).metadata
  asked.length = 0
  allowed = false
  const put = (body: object) => plane.admin.request({ method: 'PUT', path, body: JSON.stringify(body) })
  const changed = configMap({ name: 'updated' }, { immutable: true, data: { a: 'b' } })
  expect((await put(changed)).status).toBe(422)
  expect((await put(configMap({ name: 'updated', resourceVersion: '1' }))).status).toBe(409)
  expect(asked).toEqual([])
  const labelled = configMap({ name: 'updated', labels: { a: 'b' } }, { immutable: true })
  expect((await put(labelled)).status).toBe(400)
  expect(asked).toMatchObject([
    {
      operation: 'UPDATE',
      object: { metadata: { uid, labels: { a: 'b' } } },
      oldObject: { metadata: { uid } },
    },
  ])
  expect((await plane.admin.request({ method: 'GET', path })).json).toEqual(created.json)
})

it('changes an update before it looks at its version, but not one of another object', async () => {
  const created = await plane.admin.post(MAPS, configMap({ name: 'stale' }))
  const mutated: unknown[] = []
  const clientConfig = hooks.on('/change', (review) => {
    mutated.push(review.request.operation)
    return { allowed: true }
  })
  const unregister = await register('Mutating', clientConfig)
  asked.length = 0
  const put = (metadata: object) =>
    plane.admin.put(`${MAPS}/stale`, configMap({ name: 'stale', ...metadata }, { data: { a: 'b' } }))
  expect((await put({ uid: 'other' })).status).toBe(409)
  expect(mutated).toEqual([])
  expect((await put({ uid: created.json.metadata.uid, resourceVersion: '1' })).status).toBe(409)
  expect([mutated, asked]).toEqual([['UPDATE'], []])
  await unregister()
})

it('judges a deletion after its preconditions', async () => {
  const path = `${MAPS}/deleted`
  const created = await plane.admin.post(MAPS, configMap({ name: 'deleted' }))
  asked.length = 0
  const remove = (uid: string | undefined) =>
    plane.admin.request({ method: 'DELETE', path, body: JSON.stringify({ preconditions: { uid } }) })
  expect((await remove('other')).status).toBe(409)
  expect(asked).toEqual([])
  allowed = false
  expect((await remove(undefined)).status).toBe(400)
  expect(asked).toMatchObject([
    { operation: 'DELETE', name: 'deleted', object: null, oldObject: created.json },
  ])
  allowed = true
  expect((await remove(undefined)).status).toBe(200)
})

it('judges each object of a collection that is deleted, by no name', async () => {
  const labels = { collection: 'c' }
  for (const name of ['c1', 'c2']) await plane.admin.post(MAPS, configMap({ name, labels }))
  asked.length = 0
  const answer = await plane.admin.request({ method: 'DELETE', path: `${MAPS}?labelSelector=collection=c` })
  expect(answer.status).toBe(200)
  expect(asked.map(({ name }) => name)).toEqual([undefined, undefined])
  const names = asked.map(({ oldObject }) => (oldObject as { metadata: { name: string } }).metadata.name)
  expect(names.sort()).toEqual(['c1', 'c2'])
})
