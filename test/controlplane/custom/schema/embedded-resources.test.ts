import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestControlPlane } from '../../../support/control-plane.ts'
import { eventuallyDone } from '../../../support/eventually.ts'

const CARRIERS = '/apis/test.io/v1/carriers'
const OBJECT = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

let plane: TestControlPlane

beforeAll(async () => {
  plane = await TestControlPlane.start()
  const raw = { ...OBJECT, 'x-kubernetes-embedded-resource': true }
  const spec = { type: 'object', properties: { raw } }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } }
  const { status } = await plane.admin.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'carriers.test.io' },
    spec: {
      group: 'test.io',
      scope: 'Cluster',
      names: { plural: 'carriers', kind: 'Carrier' },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  })
  expect(status).toBe(201)
  await eventuallyDone(async () => expect((await plane.admin.get(CARRIERS)).status).toBe(200))
})
afterAll(() => plane.close())

const carrier = (metadata: unknown) => ({
  apiVersion: 'test.io/v1',
  kind: 'Carrier',
  metadata: { generateName: 'c-' },
  spec: { raw: { apiVersion: 'v1', kind: 'ConfigMap', metadata } },
})

it('is kept with its metadata as Go writes it', async () => {
  const { json } = await plane.admin.post(
    CARRIERS,
    carrier({ namespace: 'n', name: 'a', labels: {}, creationTimestamp: null }),
  )
  expect(JSON.stringify(json.spec.raw.metadata)).toBe('{"name":"a","namespace":"n"}')
})

it('is refused where a field of its metadata is of a wrong type', async () => {
  const { status, json } = await plane.admin.post(CARRIERS, carrier({ name: 'a', namespace: 5 }))
  expect([status, json.message]).toEqual([
    400,
    'Carrier in version "v1" cannot be handled as a Carrier: spec.raw.metadata: Invalid value: {"name":"a","namespace":5}: json: cannot unmarshal number into Go struct field ObjectMeta.namespace of type string',
  ])
})

it.each([
  [{ namespace: 'No' }, 'spec.raw.metadata.namespace'],
  [{ name: 'a/b' }, 'spec.raw.metadata.name'],
  [{ generateName: '%' }, 'spec.raw.metadata.generateName'],
  [{ labels: { a: '?' } }, 'spec.raw.metadata.labels'],
  [{ annotations: { '?': '' } }, 'spec.raw.metadata.annotations'],
  [{ finalizers: ['?'] }, 'spec.raw.metadata.finalizers'],
  [
    { ownerReferences: [{ apiVersion: 'v1', kind: 'K', uid: 'u' }] },
    'spec.raw.metadata.ownerReferences[0].name',
  ],
])('is held to the rules of all metadata: %j', async (metadata, field) => {
  const { status, json } = await plane.admin.post(CARRIERS, carrier(metadata))
  expect([status, json.details?.causes?.[0]?.field]).toEqual([422, field])
})
