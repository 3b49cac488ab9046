import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiReply } from '../../support/api-client.ts'
import { STORAGES, TestControlPlane } from '../../support/control-plane.ts'
import { until } from '../../support/until.ts'

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const METERS = '/apis/example.com/v1/meters'
const APPLY = 'application/apply-patch+yaml'
const MERGE = 'application/merge-patch+json'
const LARGE = '1700000000123456789'
const LARGER = '1700000000123456790'
const MOST = '9223372036854775807'

const int64 = { type: 'integer', format: 'int64' }
const METER_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'meters.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Cluster',
    names: { plural: 'meters', singular: 'meter', kind: 'Meter' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        additionalPrinterColumns: [{ name: 'Count', type: 'integer', jsonPath: '.spec.count' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  count: { ...int64, 'x-kubernetes-validations': [{ rule: 'self != 1700000000123456788' }] },
                  defaults: {
                    type: 'object',
                    properties: { start: { ...int64, default: Number(LARGE), enum: [Number(LARGE), 1] } },
                  },
                  small: { type: 'integer', format: 'int32' },
                  bounded: { ...int64, maximum: 10 },
                  seen: { type: 'array', items: int64, 'x-kubernetes-list-type': 'set' },
                  any: { 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
            },
          },
        },
      },
    ],
  },
}

/** JSON by hand, so that what is sent is what stands here. */
const meter = (name: string, spec: string) =>
  `{"apiVersion":"example.com/v1","kind":"Meter","metadata":{"name":"${name}"},"spec":${spec}}`

describe.each(STORAGES)('integers beyond 2^53 (%s)', (storage) => {
  let server: TestControlPlane
  beforeAll(async () => {
    server = await TestControlPlane.start(storage)
    const text = JSON.stringify(METER_CRD).replaceAll(String(Number(LARGE)), LARGE)
    expect((await server.admin.post(CRDS, text)).status).toBe(201)
    await until(async () => (await server.admin.get(METERS)).status === 200, 'there are meters')
  })
  afterAll(() => server.close())

  const at = (name: string) => `${METERS}/${name}`
  const create = (name: string, spec: string) => server.admin.post(METERS, meter(name, spec))
  const specOf = ({ text }: ApiReply) => /"spec":(\{.*?\})\}/.exec(text)?.[1]
  const versionOf = ({ json }: ApiReply) => json.metadata.resourceVersion

  it('are kept to the last digit, alone, in lists and in tables', async () => {
    const spec = `{"any":[${MOST},-${LARGE}],"count":${LARGE}}`
    expect(specOf(await create('kept', spec))).toBe(spec)
    expect(specOf(await server.admin.get(at('kept')))).toBe(spec)
    expect((await server.admin.get(METERS)).text).toContain(`"spec":${spec}`)
    const table = await server.admin.get(at('kept'), {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    })
    expect(table.text).toContain(`"cells":["kept",${LARGE}]`)
    const yaml = await server.admin.request({
      method: 'POST',
      path: METERS,
      headers: { 'content-type': 'application/yaml' },
      body: `apiVersion: example.com/v1\nkind: Meter\nmetadata: { name: yaml }\nspec: { count: ${LARGE} }\n`,
    })
    expect(specOf(yaml)).toBe(`{"count":${LARGE}}`)
  })

  it('are defaults and choices of schemas, which are published so', async () => {
    expect((await create('default', '{"defaults":{}}')).text).toContain(
      `"spec":{"defaults":{"start":${LARGE}}}`,
    )
    expect((await create('other', `{"defaults":{"start":${LARGER}}}`)).text).toContain(
      `Unsupported value: ${LARGER}: supported values: \\"${LARGE}\\", \\"1\\"`,
    )
    await until(async () => {
      const { text } = await server.admin.get('/openapi/v3/apis/example.com/v1')
      return text.includes(`"default":${LARGE}`)
    }, 'the schema is published')
    await until(async () => {
      const { text } = await server.admin.get('/openapi/v2')
      return text.includes(`"enum":[${LARGE},1]`)
    }, 'the schema is published in the older way')
    const protobuf = { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' }
    expect((await server.admin.get('/openapi/v2', protobuf)).bytes.toString()).toContain(LARGE)
    const patched = await server.admin.patch(`${CRDS}/meters.example.com`, {
      metadata: { labels: { a: 'b' } },
    })
    expect(patched.text).toContain(`"default":${LARGE}`)
  })

  it('are patched, and are no change where they stay', async () => {
    const created = await create('patched', `{"any":{"a":1},"count":${LARGE}}`)
    const same = await server.admin.put(at('patched'), created.text)
    expect(versionOf(same)).toBe(versionOf(created))
    const merged = await server.admin.patch(at('patched'), `{"spec":{"any":{"b":${MOST}}}}`, MERGE)
    expect(specOf(merged)).toBe(`{"any":{"a":1,"b":${MOST}},"count":${LARGE}}`.replace('}},', '},'))
    const patch = `[{"op":"test","path":"/spec/count","value":${LARGE}},{"op":"replace","path":"/spec/count","value":${LARGER}}]`
    const replaced = await server.admin.patch(at('patched'), patch, 'application/json-patch+json')
    expect(replaced.text).toContain(`"count":${LARGER}`)
    const wrong = await server.admin.patch(at('patched'), patch, 'application/json-patch+json')
    expect(wrong.status).toBe(422)
  })

  it('are applied, and told apart in sets', async () => {
    const apply = (spec: string, manager: string) =>
      server.admin.patch(`${at('applied')}?fieldManager=${manager}`, meter('applied', spec), APPLY)
    const first = await apply(`{"count":${LARGE},"seen":[${LARGE},${LARGER}]}`, 'one')
    expect(specOf(first)).toBe(`{"count":${LARGE},"seen":[${LARGE},${LARGER}]}`)
    expect(versionOf(await apply(`{"count":${LARGE},"seen":[${LARGE},${LARGER}]}`, 'one'))).toBe(
      versionOf(first),
    )
    const conflict = await apply(`{"count":${LARGER}}`, 'two')
    expect([conflict.status, conflict.json.details.causes[0].field]).toEqual([409, '.spec.count'])
    expect(specOf(await apply(`{"seen":[${LARGER}]}`, 'one'))).toBe(`{"seen":[${LARGER}]}`)
  })

  it('are checked by their schemas and rules', async () => {
    const messages = async (spec: string) =>
      ((await create('checked', spec)).json.details?.causes ?? []).map(
        ({ message }: { message: string }) => message,
      )
    expect(await messages(`{"count":1700000000123456788}`)).toEqual([
      'Invalid value: 1700000000123456788: failed rule: self != 1700000000123456788',
    ])
    expect(await messages(`{"bounded":${LARGE}}`)).toEqual([
      `Invalid value: ${LARGE}: spec.bounded in body should be less than or equal to 10`,
    ])
    expect(await messages(`{"small":${LARGE}}`)).toEqual([
      'Invalid value: "": Checked value must be of type integer with format int32 in spec.small',
    ])
    expect(await messages(`{"seen":[${LARGE},${LARGE}]}`)).toEqual([`Duplicate value: ${LARGE}`])
  })

  it('are told by watches', async () => {
    const { json } = await server.admin.get(METERS)
    await create('watched', `{"count":${MOST}}`)
    const since = `watch=true&timeoutSeconds=1&resourceVersion=${json.metadata.resourceVersion}`
    expect((await server.admin.get(`${METERS}?${since}`)).text).toContain(`"spec":{"count":${MOST}}`)
  })
})
