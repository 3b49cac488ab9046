import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import {
  AdmissionChain,
  type AdmissionPlugin,
  catalogVersions,
  MutatingPolicies,
  PolicyMetrics,
} from '../../../src/controlplane/admission/index.ts'
import { builtinCatalog } from '../../../src/controlplane/discovery/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { ResourceCatalog } from '../../../src/controlplane/resources/index.ts'
import { builtinResources } from '../../../src/controlplane/server/builtin-resources.ts'
import { metricValues } from '../../support/metric-values.ts'
import { admissionRequest, object } from './requests.ts'

const groups = builtinCatalog()
const builtin = builtinResources(groups, Date.now)
const catalog = new ResourceCatalog({
  builtin,
  groups,
  custom: { find: () => undefined, groups: () => [] },
})
const versions = catalogVersions({ catalog, builtin, definitions: { get: () => undefined, list: () => [] } })

const PODS = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: '*' }
const NAMESPACE = object('Namespace', 'rec', {}, { labels: { team: 'blue' } })
const FIRST = object(
  'ConfigMap',
  'first',
  { data: { label: 'a' } },
  { namespace: 'rec', labels: { all: 'x' } },
)
const SECOND = object(
  'ConfigMap',
  'second',
  { data: { label: 'b' } },
  { namespace: 'rec', labels: { all: 'x' } },
)

const apply = (expression: string) => ({
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression },
})
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } })
const label = (name: string, value = '"x"') =>
  apply(`Object{metadata: Object.metadata{labels: {"${name}": ${value}}}}`)

/** Policies by name, each with one binding, and what comes of a pod. */
function policies(
  specs: Readonly<Record<string, object>>,
  { binding = {}, others = [] as AdmissionPlugin[] } = {},
) {
  const registry = new Registry()
  const plugin = new MutatingPolicies({
    objects: {
      follow: (resource, listener) => {
        for (const [name, spec] of Object.entries(specs)) {
          const given = resource.startsWith('mutatingadmissionpolicies')
            ? {
                failurePolicy: 'Fail',
                reinvocationPolicy: 'Never',
                matchConstraints: { resourceRules: [PODS] },
                ...spec,
              }
            : { policyName: name, ...binding }
          listener(object('Policy', name, { spec: given }) as KubeObject, false)
        }
        return () => {}
      },
      get: (_, namespace, name) =>
        [FIRST, SECOND].find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
      list: () => [FIRST, SECOND],
    },
    namespaces: { get: (name) => (name === 'rec' ? NAMESPACE : undefined) },
    versions,
    metrics: new PolicyMetrics(registry),
  })
  plugin.start()
  const admit = (changes: Parameters<typeof admissionRequest>[0] = {}) =>
    new AdmissionChain([plugin, ...others]).admit(admissionRequest({ object: pod(), ...changes }))
  return { admit, registry }
}

function pod(metadata: object = {}, spec: object = {}): KubeObject {
  return object(
    'Pod',
    'p',
    { spec: { containers: [{ name: 'c', image: 'i' }], ...spec } },
    { namespace: 'rec', ...metadata },
  )
}

const admitted = (mutations: object[], spec: object = {}, options = {}) =>
  policies({ x: { mutations, ...spec } }, options).admit()

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was admitted'),
    (error) => error.toStatus(),
  )

describe('a configuration', () => {
  it.each<[string, string, object]>([
    ['adds', 'Object{metadata: Object.metadata{labels: {"a": "b"}}}', { metadata: { labels: { a: 'b' } } }],
    [
      'merges lists by their keys, and gets defaults',
      'Object{spec: Object.spec{containers: [Object.spec.containers{name: "d", image: "j:1"}, Object.spec.containers{name: "c", tty: true}]}}',
      {
        spec: {
          containers: [
            { name: 'd', image: 'j:1', imagePullPolicy: 'IfNotPresent' },
            { name: 'c', image: 'i', tty: true },
          ],
        },
      },
    ],
    [
      'knows the object, the request and the namespace',
      'Object{metadata: Object.metadata{annotations: {"of": object.metadata.name + request.operation + namespaceObject.metadata.labels.team}}}',
      { metadata: { annotations: { of: 'pCREATEblue' } } },
    ],
    [
      'may have fields or not',
      'Object{metadata: Object.metadata{?labels: object.metadata.?labels, annotations: {"a": "b"}}}',
      { metadata: { annotations: { a: 'b' } } },
    ],
    [
      'has numbers',
      'Object{spec: Object.spec{activeDeadlineSeconds: 2 * 30}}',
      { spec: { activeDeadlineSeconds: 60 } },
    ],
  ])('%s', async (_, expression, expected) => {
    expect(await admitted([apply(expression)])).toMatchObject(expected)
  })

  it.each([
    [
      'of the wrong type',
      'Object{spec: Object.none{}}',
      'type mismatch: unexpected type name "Object.none", expected "Object.spec", which matches field name path from root Object type',
    ],
    ['of no type', '{"spec": 1}', 'compilation error: must evaluate to Object'],
    [
      'with unknown fields',
      'Object{none: 1}',
      'error applying patch: failed to convert patch object to typed object: .none: field not declared in schema',
    ],
    [
      'with what is owned as a whole',
      'Object{spec: Object.spec{nodeSelector: {"a": "b"}}}',
      'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.nodeSelector',
    ],
    [
      'that is another thing after all',
      'false ? Object{} : dyn("x")',
      'unsupported return type from ApplyConfiguration expression: string',
    ],
    [
      'that fails',
      'Object{spec: object.none}',
      "expression 'Object{spec: object.none}' resulted in error: no such key: none",
    ],
    ['of what cannot be written', 'Object{spec: type(1)}', 'values of type type cannot be written as JSON'],
    ['of unknown types', 'Other{}', expect.stringContaining("undeclared reference to 'Other'")],
  ])('%s is refused', async (_, expression, detail) => {
    const status = await refusal(admitted([apply(expression)]))
    const message =
      typeof detail === 'string' ? `policy 'x' with binding 'x' denied request: ${detail}` : detail
    expect(status).toMatchObject({
      code: 403,
      reason: 'Invalid',
      message,
      details: { kind: 'pods', name: 'p', causes: [{ message }] },
    })
  })

  it('may not grow without end', async () => {
    const doubled = Array.from({ length: 40 }, (_, i) => ({
      name: `v${i + 1}`,
      expression: `[variables.v${i}, variables.v${i}]`,
    }))
    const variables = [{ name: 'v0', expression: '"x"' }, ...doubled]
    const status = await refusal(admitted([apply('Object{spec: variables.v40}')], { variables }))
    expect(status.message).toContain('actual cost limit exceeded')
  })
})

describe('a JSON patch', () => {
  it.each<[string, string, object]>([
    [
      'adds',
      '[JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "b"}}]',
      { metadata: { labels: { a: 'b' } } },
    ],
    [
      'is made of the object',
      'object.spec.containers.map(c, JSONPatch{op: "replace", path: "/spec/containers/0/image", value: c.image + ":1"})',
      { spec: { containers: [{ image: 'i:1' }] } },
    ],
    [
      'has values that are messages',
      '[JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{name: "d", image: "j"}}]',
      { spec: { containers: [{}, { name: 'd', imagePullPolicy: 'Always' }] } },
    ],
    [
      'moves',
      '[JSONPatch{op: "move", from: "/metadata/name", path: "/metadata/generateName"}]',
      { metadata: { generateName: 'p' } },
    ],
    [
      'escapes keys',
      '[JSONPatch{op: "add", path: "/metadata/labels", value: {}}, JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("a/b~c"), value: "d"}]',
      { metadata: { labels: { 'a/b~c': 'd' } } },
    ],
    [
      'may be empty',
      'has(object.none) ? [] : [JSONPatch{op: "add", path: "/metadata/labels", value: {"a": "b"}}]',
      { metadata: { labels: { a: 'b' } } },
    ],
    [
      'does nothing when a test fails',
      '[JSONPatch{op: "test", path: "/metadata/name", value: "q"}, JSONPatch{op: "remove", path: "/spec"}]',
      pod(),
    ],
  ])('%s', async (_, expression, expected) => {
    expect(await admitted([patch(expression)])).toMatchObject(expected)
  })

  it.each([
    ['of no type', '[1]', 'compilation error: must evaluate to list(JSONPatch)'],
    ['with other members', '[JSONPatch{none: 1}]', expect.stringContaining("undefined field 'none'")],
    [
      'that does not fit',
      '[JSONPatch{op: "remove", path: "/none/there"}]',
      expect.stringContaining('JSON Patch: '),
    ],
    [
      'of something else after all',
      '[JSONPatch{op: "test"}] + [dyn(1)]',
      expect.stringContaining('should evaluate to array of JSONPatch'),
    ],
  ])('%s is refused', async (_, expression, detail) => {
    const status = await refusal(admitted([patch(expression)]))
    const prefix = "policy 'x' with binding 'x' denied request: "
    expect(status).toMatchObject({ code: 403, reason: 'Invalid' })
    expect(status.message.slice(prefix.length)).toEqual(detail)
  })

  it.each([
    ['makes it something else', '[JSONPatch{op: "replace", path: "/spec", value: 7}]', 500],
    ['has fields that there are not', '[JSONPatch{op: "add", path: "/spec/none", value: 7}]', 500],
    [
      'moves the object elsewhere',
      '[JSONPatch{op: "replace", path: "/metadata/namespace", value: "kube-system"}]',
      400,
    ],
  ])('%s, which is an error', async (_, expression, code) => {
    const status = await refusal(admitted([patch(expression)], { failurePolicy: 'Ignore' }))
    expect(status).toMatchObject({ code })
  })
})

describe('policies', () => {
  it('change the object one after the other, by name, each mutation knowing those before it', async () => {
    const { admit } = policies({
      b: { mutations: [label('b', 'object.metadata.labels.a')] },
      a: { mutations: [label('a'), label('a', 'object.metadata.labels.a + "y"')] },
    })
    expect((await admit())?.metadata.labels).toEqual({ a: 'xy', b: 'xy' })
  })

  it('have variables, which are those of the object as it is', async () => {
    const variables = [{ name: 'count', expression: 'string(object.metadata.?labels.orValue({}).size())' }]
    const mutations = [label('a', 'variables.count'), label('b', 'variables.count')]
    expect((await admitted(mutations, { variables }))?.metadata.labels).toEqual({ a: '0', b: '1' })
  })

  it('are applied with each of their parameters', async () => {
    const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' }
    const mutations = [apply('Object{metadata: Object.metadata{labels: {params.data.label: "x"}}}')]
    const paramRef = { selector: { matchLabels: { all: 'x' } }, parameterNotFoundAction: 'Deny' }
    const object = await admitted(mutations, { paramKind }, { binding: { paramRef } })
    expect(object?.metadata.labels).toEqual({ a: 'x', b: 'x' })
    const none = { paramRef: { name: 'none', parameterNotFoundAction: 'Deny' } }
    expect(await refusal(admitted(mutations, { paramKind }, { binding: none }))).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        "policy 'x' with binding 'x' denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction",
    })
  })

  it.each<[string, object, object]>([
    ['nothing is about it', { matchConstraints: { resourceRules: [{ ...PODS, resources: ['x'] }] } }, {}],
    [
      'a condition is false',
      { matchConditions: [{ name: 'a', expression: 'object.metadata.name == "q"' }] },
      {},
    ],
    [
      'its failures are ignored',
      { failurePolicy: 'Ignore', mutations: [apply('Object{spec: object.none}')] },
      {},
    ],
    [
      'a condition fails, which is ignored',
      { failurePolicy: 'Ignore', matchConditions: [{ name: 'a', expression: 'object.none' }] },
      {},
    ],
    ['its binding is about less', {}, { matchResources: { objectSelector: { matchLabels: { a: 'b' } } } }],
  ])('leave it as it is when %s', async (_, spec, binding) => {
    expect(await admitted([label('a')], spec, { binding })).toEqual(pod())
  })

  it('have nothing to change when an object is deleted', async () => {
    const { admit } = policies({ x: { mutations: [label('a')] } })
    expect(await admit({ operation: 'DELETE', object: undefined, oldObject: pod() })).toBeUndefined()
  })

  it('are not about policies', async () => {
    const rules = [{ ...PODS, apiGroups: ['*'], resources: ['*'] }]
    const { admit } = policies({ x: { mutations: [label('a')], matchConstraints: { resourceRules: rules } } })
    const group = 'admissionregistration.k8s.io'
    const given = object('MutatingAdmissionPolicy', 'm')
    const request = {
      group,
      version: 'v1',
      resource: 'mutatingadmissionpolicies',
      namespace: '',
      object: given,
    }
    expect(await admit(request)).toEqual(given)
  })

  it('tell all that went wrong, in the words of the first', async () => {
    const fails = { mutations: [apply('Object{spec: object.none}')] }
    const { admit } = policies({
      a: fails,
      b: { mutations: [label('b')], matchConditions: [{ name: 'x', expression: 'object.none' }] },
      c: fails,
    })
    const status = await refusal(admit())
    expect(status.details.causes.map(({ message }: { message: string }) => message.slice(0, 29))).toEqual([
      "policy 'a' with binding 'a' d",
      "policy 'b' with binding 'b' d",
      "policy 'c' with binding 'c' d",
    ])
    expect(status.message).toBe(status.details.causes[0].message)
  })

  it('are asked again when others have changed the object after them, and when they want that', async () => {
    const count = (name: string) => label(name, `object.metadata.?labels["${name}"].orValue("") + "x"`)
    const wanted = { reinvocationPolicy: 'IfNeeded' }
    const { admit } = policies({
      a: { mutations: [count('a')], ...wanted },
      b: { mutations: [count('b')] },
    })
    expect((await admit())?.metadata.labels).toEqual({ a: 'xx', b: 'x' })
  })

  it('are asked again when another plugin has changed the object', async () => {
    const count = label('a', 'object.metadata.?labels.a.orValue("") + "x"')
    const other: AdmissionPlugin = {
      mutate: ({ object: given }, rounds) => {
        if (rounds.isSecond || !given) return undefined
        rounds.wantSecond()
        return { ...given, metadata: { ...given.metadata, annotations: { other: 'x' } } }
      },
    }
    for (const [reinvocationPolicy, value] of [
      ['IfNeeded', 'xx'],
      ['Never', 'x'],
    ]) {
      const { admit } = policies({ x: { mutations: [count], reinvocationPolicy } }, { others: [other] })
      expect((await admit())?.metadata.labels).toEqual({ a: value })
    }
  })

  it('change a Scale as what it is', async () => {
    const rule = { ...PODS, apiGroups: ['apps'], resources: ['deployments/scale'] }
    const { admit } = policies({
      x: {
        mutations: [apply('Object{spec: Object.spec{replicas: object.spec.replicas + 1}}')],
        matchConstraints: { resourceRules: [rule] },
      },
    })
    const scale = {
      ...object('Scale', 'd', { spec: { replicas: 1 } }, { namespace: 'rec' }),
      apiVersion: 'autoscaling/v1',
    }
    const request = {
      group: 'apps',
      kind: 'Deployment',
      resource: 'deployments',
      subresource: 'scale',
      operation: 'UPDATE' as const,
    }
    const objectKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' }
    expect(await admit({ ...request, objectKind, object: scale })).toMatchObject({ spec: { replicas: 2 } })
  })

  it('see the object in the version that they are about', async () => {
    const rule = { ...PODS, apiGroups: ['events.k8s.io'], resources: ['events'] }
    const mutations = [apply('Object{note: object.note + "!"}')]
    const { admit } = policies({
      x: { mutations, matchConstraints: { matchPolicy: 'Equivalent', resourceRules: [rule] } },
    })
    const event = object(
      'Event',
      'e',
      { involvedObject: { name: 'n' }, message: 'note' },
      { namespace: 'rec' },
    )
    expect(await admit({ kind: 'Event', resource: 'events', object: event })).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { name: 'n' },
      message: 'note!',
    })
  })

  it('are counted by mutation', async () => {
    const { admit, registry } = policies({
      x: { failurePolicy: 'Ignore', mutations: [label('a'), apply('Object{spec: object.none}'), apply('1')] },
    })
    await admit()
    const type = (name: string) => `policy=x policy_binding=x error_type=${name}: 1`
    for (const name of ['check_total', 'check_duration_seconds'])
      expect(await metricValues(registry, `apiserver_mutating_admission_policy_${name}`)).toEqual(
        ['no_error', 'invalid_error', 'compile_error'].map(type),
      )
  })
})
