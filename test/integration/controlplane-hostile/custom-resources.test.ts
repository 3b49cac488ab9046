import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Json } from '../../support/api-client.ts'
import { TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'

const GROUP = 'hostile.example.com'
const AT = `/apis/${GROUP}/v1/namespaces/default/targets`
const MERGE_PATCH = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'
const APPLY = 'application/apply-patch+yaml'

/** What the original, too, says with 500 of what is applied and does not fit the schema. */
const TYPED = /^failed to create typed (patch|live) object/

const strings = { type: 'array', items: { type: 'string' } }
const entry = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', maxLength: 20 },
    port: { 'x-kubernetes-int-or-string': true },
    inner: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'port'],
      items: {
        type: 'object',
        required: ['name', 'port'],
        properties: { name: { type: 'string' }, port: { type: 'integer', default: 1 }, a: strings },
      },
    },
  },
}
const spec = {
  type: 'object',
  properties: {
    name: { type: 'string', pattern: '^(a|b)+$', default: 'a' },
    set: { ...strings, 'x-kubernetes-list-type': 'set' },
    list: {
      type: 'array',
      maxItems: 10,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: entry,
    },
    map: { type: 'object', maxProperties: 5, additionalProperties: entry },
    atomic: { ...strings, 'x-kubernetes-list-type': 'atomic' },
    port: { 'x-kubernetes-int-or-string': true },
    any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    object: {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    },
    a: { type: 'number', nullable: true },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.list) || self.list.all(x, size(x.name) < 10)',
      messageExpression: '"list of " + string(size(self.list))',
    },
    { rule: '!has(oldSelf.a) || has(self.a)' },
    { rule: '!has(self.port) || type(self.port) == string || self.port >= 0' },
  ],
}
const definition = {
  metadata: { name: `targets.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: { plural: 'targets', singular: 'target', kind: 'Target', listKind: 'TargetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties: { spec, status: spec } } },
      },
    ],
  },
}

let server: TestControlPlane
beforeAll(async () => {
  server = await TestControlPlane.start()
  await server.admin.post('/api/v1/namespaces', { metadata: { name: 'default' } })
  const { status, text } = await server.admin.post(
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    definition,
  )
  expect([status, text]).toEqual([201, expect.any(String)])
  await until(async () => (await server.admin.get(AT)).status === 200, 'targets are served')
})
afterAll(() => server.close())

const name = fc.constantFrom(
  'name',
  'port',
  'inner',
  'a',
  'b',
  'list',
  'map',
  'set',
  '__proto__',
  'constructor',
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(
      null,
      true,
      0,
      -1,
      1.5,
      1e300,
      '',
      'a',
      'b',
      'aaaaaaaaaaaaaaaaaaaaaaaa',
      '\0',
      '\ud800',
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))
/** What is nearly right goes further than what is not. */
const text = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'b', 'ab') },
  { weight: 1, arbitrary: value },
)
const port = fc.oneof(fc.integer({ min: -1, max: 3 }), text)
const texts = fc.oneof(
  { weight: 5, arbitrary: fc.array(text, { maxLength: 4 }) },
  { weight: 1, arbitrary: value },
)
const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record(model, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<Json>,
    },
    { weight: 1, arbitrary: value as fc.Arbitrary<Json> },
  )
const inner = fc.array(some({ name: text, port, a: texts }), { maxLength: 3 })
const element = some({ name: text, port, inner })
const part = some({
  name: text,
  set: texts,
  list: fc.oneof(fc.array(element, { maxLength: 4 }), value),
  map: fc.oneof(fc.dictionary(name, element, { maxKeys: 3, noNullPrototype: true }), value),
  atomic: texts,
  port,
  any: value,
  object: some({ apiVersion: fc.constant('v1'), kind: fc.constant('Pod'), metadata: value, spec: value }),
  a: fc.oneof(fc.constantFrom(1, null), value),
  unknown: value,
})
const body = some({
  spec: part,
  status: part,
  metadata: some({ labels: value, finalizers: texts, annotations: value }),
})
const pointer = fc.constantFrom(
  '',
  '/spec',
  '/spec/list',
  '/spec/list/0',
  '/spec/list/-',
  '/spec/list/0/inner/0/name',
  '/spec/map/a',
  '/spec/any/b',
  '/spec/__proto__/a',
  '/spec/object/kind',
  '/status',
  '/metadata',
  '/spec/set/1',
)
const steps = fc.array(
  fc.record({
    op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
    path: pointer,
    from: pointer,
    value,
  }),
  { maxLength: 4 },
)
const applied = body.map((each) =>
  typeof each === 'object' && each !== null && !Array.isArray(each)
    ? { apiVersion: `${GROUP}/v1`, kind: 'Target', ...each, metadata: { name: 'fuzzed' } }
    : each,
)
const manager = fc.constantFrom('one', 'two')
const kept = `${AT}/fuzzed`
const request = fc.oneof(
  body.map((each) => ({ method: 'POST', path: AT, type: 'application/json', body: withName(each) })),
  body.map((each) => ({ method: 'PATCH', path: kept, type: MERGE_PATCH, body: each })),
  body.map((each) => ({ method: 'PATCH', path: `${kept}/status`, type: MERGE_PATCH, body: each })),
  steps.map((each) => ({ method: 'PATCH', path: kept, type: JSON_PATCH, body: each })),
  fc.tuple(applied, manager, fc.boolean()).map(([each, who, isForced]) => ({
    method: 'PATCH',
    path: `${kept}?fieldManager=${who}&force=${isForced}`,
    type: APPLY,
    body: each,
  })),
  fc.tuple(applied, manager).map(([each, who]) => ({
    method: 'PATCH',
    path: `${kept}/status?fieldManager=${who}`,
    type: APPLY,
    body: each,
  })),
  fc.constant({ method: 'DELETE', path: kept, type: 'application/json', body: {} }),
)

function withName(each: Json): Json {
  if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
  return {
    apiVersion: `${GROUP}/v1`,
    kind: 'Target',
    ...each,
    metadata: { ...each.metadata, name: 'fuzzed' },
  }
}

it('a fuzzed custom resource is written or refused, and never a fault of ours', async () => {
  let written = 0
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 6 }), async (requests) => {
      for (const { method, path, type, body } of requests) {
        const { status, text } = await server.admin.request({
          method,
          path,
          body: JSON.stringify(body),
          headers: { 'content-type': type },
        })
        if (status === 500) expect(JSON.parse(text).message).toMatch(TYPED)
        const { kind } = JSON.parse(text)
        expect(kind).toEqual(status < 400 && method !== 'DELETE' ? 'Target' : expect.any(String))
        if (status < 300) written++
      }
      expect((await server.admin.get(AT)).status).toBe(200)
    }),
    { numRuns: 200, interruptAfterTimeLimit: 4_000 },
  )
  expect(written).toBeGreaterThan(0)
})
