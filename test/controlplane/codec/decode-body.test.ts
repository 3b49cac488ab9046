import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/controlplane/api/json.ts'
import { decodeBody, encodeBody, type VersionedKind } from '../../../src/controlplane/codec/index.ts'

const CONFIG_MAP = { apiVersion: 'v1', kind: 'ConfigMap' }
const POD = { apiVersion: 'v1', kind: 'Pod' }
const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' }
const WIDGET = { apiVersion: 'rec.io/v1', kind: 'Widget' }

const decode = (
  text: string | object,
  expected: VersionedKind = CONFIG_MAP,
  validation?: 'Strict' | 'Ignore',
) =>
  decodeBody(
    Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)),
    undefined,
    expected,
    validation,
  )

const container = (fields: object) => ({
  ...DEPLOYMENT,
  spec: { template: { spec: { containers: [{ name: 'a', ...fields }] } } },
})

describe('decodeBody', () => {
  it('takes a body that does not say its kind for what is expected', () => {
    const { object } = decode({ data: { a: '1' } })
    expect(Object.entries(object)).toEqual([
      ['kind', 'ConfigMap'],
      ['apiVersion', 'v1'],
      ['metadata', {}],
      ['data', { a: '1' }],
    ])
    expect(decode('null').object).toEqual({ ...CONFIG_MAP, metadata: {} })
  })

  it('reads DeleteOptions in every version', () => {
    const expected = { apiVersion: 'apps/v1', kind: 'DeleteOptions' }
    expect(decode('{"propagationPolicy":"Background"}\n', expected).object).toEqual({
      ...expected,
      propagationPolicy: 'Background',
    })
    expect(decode({ apiVersion: 'v1', kind: 'DeleteOptions' }, expected).object).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
    })
  })

  it.each([
    [
      container({ image: 1 }),
      'number into Go struct field Container.spec.template.spec.containers.image of type string',
    ],
    [
      container({ ports: {} }),
      'object into Go struct field Container.spec.template.spec.containers.ports of type []v1.ContainerPort',
    ],
    [
      container({ ports: [{ containerPort: 1.5 }] }),
      'number 1.5 into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32',
    ],
    [
      container({ ports: [{ containerPort: 99999999999 }] }),
      'number 99999999999 into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32',
    ],
    [{ ...DEPLOYMENT, metadata: [] }, 'array into Go struct field Deployment.metadata of type v1.ObjectMeta'],
    [
      { ...DEPLOYMENT, metadata: { creationTimestamp: 1 } },
      'number into Go struct field ObjectMeta.metadata.creationTimestamp of type string',
    ],
    [
      { ...DEPLOYMENT, spec: { paused: 'x' } },
      'string into Go struct field DeploymentSpec.spec.paused of type bool',
    ],
  ])('names the field that has a value of another type (%#)', (body, what) => {
    expect(() => decode(body, DEPLOYMENT)).toThrow(
      `Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal ${what}`,
    )
  })

  it.each([
    ['', "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"],
    ['[]', 'json: cannot unmarshal array into Go value of type struct'],
    ['{"kind":1}', 'json: cannot unmarshal number into Go struct field .kind of type string ({"kind":1})'],
    ['{"apiVersion":"a/b/c"}', 'unexpected GroupVersion string: a/b/c'],
  ])('does not recognize %j', (text, message) => {
    expect(() => decode(text)).toThrow(message)
    expect(() => decode(text)).toThrow('the object provided is unrecognized (must be of type ConfigMap): ')
  })

  it('tells kinds that there are not from those of other versions', () => {
    expect(() => decode({ apiVersion: 'v1', kind: 'Foo' })).toThrow(
      'no kind "Foo" is registered for version "v1"',
    )
    expect(() =>
      decode(
        { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' },
        { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
      ),
    ).toThrow(
      'the API version in the data (autoscaling/v1) does not match the expected API version (autoscaling/v2)',
    )
  })

  it('warns of unknown fields and of those that stand twice, where they matter', () => {
    const text = `{"metadata":{"name":"p","name":"q","x":{"a":1,"a":2},
      "managedFields":[{"fieldsV1":{"f:a":{},"f:a":{}}}]},"spec":{"containers":[{"immage":"a","immage":"b"}]}}`
    expect(decode(text, POD).warnings).toEqual([
      'duplicate field "metadata.name"',
      'unknown field "metadata.x"',
      'unknown field "spec.containers[0].immage"',
    ])
    expect(decode(text, POD).object.metadata).toMatchObject({ name: 'q' })
    expect(decode(text, POD, 'Ignore').warnings).toEqual([])
    expect(() => decode(text, POD, 'Strict')).toThrow(
      'strict decoding error: duplicate field "metadata.name", unknown field "metadata.x", unknown field',
    )
  })

  it('writes what Go would write', () => {
    const { object } = decode(
      {
        metadata: { name: 'p', labels: { b: '2', a: '1' }, annotations: {}, creationTimestamp: null },
        spec: {
          nodeName: '',
          hostNetwork: false,
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              image: 'nginx',
              name: 'c',
              resources: { limits: { memory: '1.5Gi', cpu: 0.5 } },
              livenessProbe: { httpGet: { port: '80' }, initialDelaySeconds: 0 },
            },
          ],
        },
      },
      POD,
    )
    expect(JSON.stringify(object)).toBe(
      JSON.stringify({
        kind: 'Pod',
        apiVersion: 'v1',
        metadata: { name: 'p', labels: { a: '1', b: '2' } },
        spec: {
          containers: [
            {
              name: 'c',
              image: 'nginx',
              resources: { limits: { cpu: '500m', memory: '1536Mi' } },
              livenessProbe: { httpGet: { port: '80' } },
            },
          ],
          terminationGracePeriodSeconds: 0,
        },
        status: {},
      }),
    )
  })

  it('writes lists that Go never leaves out as null', () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' }
    expect(decode({ rules: [] }, role).object).toEqual({ ...role, metadata: {}, rules: null })
  })

  it('refuses integers that it could not keep', () => {
    expect(() => decode('{"metadata":{"generation":9007199254740993}}')).toThrow(
      'cannot unmarshal number 9007199254740993 into Go struct field ObjectMeta.metadata.generation of type int64',
    )
  })

  it('keeps all of an int64 of a custom kind', () => {
    const text =
      '{"apiVersion":"rec.io/v1","kind":"Widget","spec":{"a":9007199254740993,"b":9007199254740993.0}}'
    expect(decode(text, WIDGET).object).toMatchObject({ spec: { a: 9007199254740993n, b: 2 ** 53 } })
  })

  it('keeps all of a custom kind, in order of names', () => {
    const { object, warnings } = decode(
      {
        spec: { z: [{ b: 1, a: null }], a: {} },
        metadata: { uid: 'u', name: 'w', labels: {}, x: 1 },
        kind: 'Widget',
        apiVersion: 'rec.io/v1',
      },
      WIDGET,
    )
    expect(JSON.stringify(object)).toBe(
      '{"apiVersion":"rec.io/v1","kind":"Widget","metadata":{"name":"w","uid":"u"},"spec":{"a":{},"z":[{"a":null,"b":1}]}}',
    )
    expect(warnings).toEqual(['unknown field "metadata.x"'])
  })

  it('asks a custom kind to say what it is', () => {
    expect(() => decode('{}', WIDGET)).toThrow("Object 'Kind' is missing in '{}'")
    expect(() => decode({ kind: 'Widget' }, WIDGET)).toThrow(
      `Object 'apiVersion' is missing in '{"kind":"Widget"}'`,
    )
    expect(() => decode({ ...WIDGET, kind: 'Gadget' }, WIDGET)).toThrow(
      'kind: Invalid value: "Gadget": must be Widget',
    )
    expect(() => decode({ ...WIDGET, apiVersion: 'rec.io/v2' }, WIDGET)).toThrow(
      'the API version in the data (rec.io/v2)',
    )
    expect(() => decode({ ...WIDGET, metadata: { name: 1 } }, WIDGET)).toThrow(
      'ObjectMeta.name of type string',
    )
  })

  it('has no protobuf for custom kinds', () => {
    expect(() => decodeBody(Buffer.from('k8s\0'), 'application/vnd.kubernetes.protobuf', WIDGET)).toThrow(
      'accepted media types include: application/json, application/yaml',
    )
  })

  it('leaves prototypes alone', () => {
    const { object } = decode(
      '{"data":{"__proto__":"x","constructor":"y"},"__proto__":{"a":1},"constructor":1}',
    )
    expect(Object.entries(object.data as JsonObject)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    const { object: again } = decodeBody(
      encodeBody(object, 'protobuf'),
      'application/vnd.kubernetes.protobuf',
      CONFIG_MAP,
    )
    expect(again).toEqual(object)
    const widget = decode(
      '{"apiVersion":"rec.io/v1","kind":"Widget","__proto__":{"b":1,"__proto__":2}}',
      WIDGET,
    )
    expect(JSON.stringify(widget.object)).toContain('"__proto__":{"__proto__":2,"b":1}')
  })
})
