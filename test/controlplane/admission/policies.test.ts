import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import {
  AdmissionChain,
  catalogVersions,
  PolicyMetrics,
  ValidatingPolicies,
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

const PODS = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: '*' }
const NAMESPACE = object('Namespace', 'rec', {}, { labels: { team: 'blue' } })
const LIMITS = object(
  'ConfigMap',
  'limits',
  { data: { most: '3' } },
  { namespace: 'rec', labels: { a: 'b' } },
)

/** One policy with one binding, over a few objects. */
function policy(spec: object, binding: object = {}, objects: readonly KubeObject[] = [LIMITS]) {
  const known = new Map([
    [
      'validatingadmissionpolicies',
      object('ValidatingAdmissionPolicy', 'x', {
        spec: { failurePolicy: 'Fail', matchConstraints: { resourceRules: [PODS] }, ...spec },
      }),
    ],
    [
      'validatingadmissionpolicybindings',
      object('ValidatingAdmissionPolicyBinding', 'y', {
        spec: { policyName: 'x', validationActions: ['Deny'], ...binding },
      }),
    ],
  ])
  const registry = new Registry()
  const plugin = new ValidatingPolicies({
    objects: {
      follow: (resource, listener) => {
        listener(known.get(resource.split('.', 1)[0] ?? '') as KubeObject, false)
        return () => {}
      },
      get: (_, namespace, name) =>
        objects.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace),
      list: () => objects,
    },
    namespaces: { get: (name) => (name === 'rec' ? NAMESPACE : undefined) },
    versions,
    metrics: new PolicyMetrics(registry),
  })
  plugin.start()
  return async (changes: Parameters<typeof admissionRequest>[0] = {}) => {
    const warnings: string[] = []
    const request = admissionRequest({ object: pod(), warn: (text) => warnings.push(text), ...changes })
    const status = await new AdmissionChain([plugin]).admit(request).then(
      () => undefined,
      (error) => error.toStatus(),
    )
    return { status, warnings, registry }
  }
}

function pod(rest: object = {}): KubeObject {
  return object(
    'Pod',
    'p',
    { spec: { containers: [{ name: 'c', image: 'i' }] } },
    { namespace: 'rec', ...rest },
  )
}

/** What is said after who says it. */
async function refusal(spec: object, binding: object = {}, changes = {}): Promise<string | undefined> {
  const { status } = await policy(spec, binding)(changes)
  return status?.message.replace(/^.* denied request: /, '')
}

const FALSE = { expression: 'object.metadata.name != "p"' }

describe('a policy', () => {
  it('denies in the words of the original', async () => {
    const { status } = await policy({ validations: [{ ...FALSE, message: 'no p' }] })()
    const text = "ValidatingAdmissionPolicy 'x' with binding 'y' denied request: no p"
    expect(status).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message: `pods "p" is forbidden: ${text}`,
      details: { name: 'p', kind: 'pods', causes: [{ message: text }] },
    })
  })

  it.each<[string, object, string | undefined]>([
    ['says which expression failed', FALSE, 'failed expression: object.metadata.name != "p"'],
    ['says its message', { ...FALSE, message: ' because ' }, 'because'],
    [
      'makes its message',
      { ...FALSE, message: 'because', messageExpression: '"not " + object.metadata.name' },
      'not p',
    ],
    ['may fail to make it', { ...FALSE, message: 'because', messageExpression: 'object.none' }, 'because'],
    [
      'may make it of several lines',
      { ...FALSE, message: 'because', messageExpression: '"a\\nb"' },
      'because',
    ],
    ['lets in', { expression: 'object.spec.containers.all(c, c.image == "i")' }, undefined],
    [
      'sees the request',
      { expression: 'request.operation == "CREATE" && !has(request.subResource)' },
      undefined,
    ],
    ['sees the namespace', { expression: 'namespaceObject.metadata.labels.team == "blue"' }, undefined],
    ['sees what was', { expression: 'oldObject == null' }, undefined],
    [
      'fails',
      { expression: 'object.none == 1' },
      "expression 'object.none == 1' resulted in error: no such key: none",
    ],
    ['is not true or false', { expression: '1 + 1' }, 'compilation error: must evaluate to bool'],
    [
      'knows no authorizer',
      { expression: 'authorizer == null' },
      expect.stringContaining("undeclared reference to 'authorizer'"),
    ],
    [
      'costs too much',
      {
        expression:
          '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, [1,2,3,4,5,6,7,8,9].all(f, [1,2,3,4,5,6,7,8,9].all(g, a+b+c+d+e+f+g > 0)))))))',
      },
      expect.stringContaining('actual cost limit exceeded'),
    ],
  ])('%s', async (_, validation, message) => {
    expect(await refusal({ validations: [validation] })).toEqual(message)
  })

  it.each([
    ['Forbidden', 403],
    ['RequestEntityTooLarge', 413],
  ])('may give %s as its reason', async (reason, code) => {
    const { status } = await policy({ validations: [{ ...FALSE, reason }] })()
    expect(status).toMatchObject({ reason, code })
  })

  it('lets in when its failures are ignored, but not what it refuses', async () => {
    const failurePolicy = 'Ignore'
    expect(await refusal({ failurePolicy, validations: [{ expression: 'object.none' }] })).toBeUndefined()
    expect(await refusal({ failurePolicy, validations: [FALSE] })).toBeDefined()
  })

  it('has variables, each of which knows those before it', async () => {
    const variables = [
      { name: 'names', expression: 'object.spec.containers.map(c, c.name)' },
      { name: 'first', expression: 'variables.names[0]' },
      { name: 'broken', expression: 'nothing' },
    ]
    const said = (expression: string) => refusal({ variables, validations: [{ expression }] })
    expect(await said('variables.first == "c"')).toBeUndefined()
    expect(await said('variables.first + 1 == "c"')).toContain('found no matching overload')
    expect(await said('variables.last == "c"')).toContain("undefined field 'last'")
    expect(await said('variables.broken == 1')).toContain('composited variable "broken" fails to compile')
  })

  it.each<[string, object, boolean]>([
    ['a condition is false', { matchConditions: [{ name: 'a', expression: 'false' }] }, false],
    ['all conditions are true', { matchConditions: [{ name: 'a', expression: 'true' }] }, true],
    ['nothing is about it', { matchConstraints: { resourceRules: [{ ...PODS, resources: ['x'] }] } }, false],
    [
      'it is left out',
      { matchConstraints: { resourceRules: [PODS], excludeResourceRules: [{ ...PODS, operations: ['*'] }] } },
      false,
    ],
    [
      'others are named',
      { matchConstraints: { resourceRules: [{ ...PODS, resourceNames: ['other'] }] } },
      false,
    ],
    ['it is named', { matchConstraints: { resourceRules: [{ ...PODS, resourceNames: ['p'] }] } }, true],
    [
      'its namespace is not selected',
      { matchConstraints: { resourceRules: [PODS], namespaceSelector: { matchLabels: { team: 'red' } } } },
      false,
    ],
  ])('depends: %s', async (_, spec, isAsked) => {
    expect((await refusal({ validations: [FALSE], ...spec })) !== undefined).toBe(isAsked)
  })

  it('is not about policies', async () => {
    const matchConstraints = { resourceRules: [{ ...PODS, apiGroups: ['*'], resources: ['*'] }] }
    const request = {
      group: 'admissionregistration.k8s.io',
      version: 'v1',
      resource: 'validatingadmissionpolicies',
      namespace: '',
    }
    expect(await refusal({ matchConstraints, validations: [FALSE] }, {}, request)).toBeUndefined()
  })
})

describe('a binding', () => {
  it('may warn', async () => {
    const { status, warnings } = await policy(
      { validations: [FALSE] },
      { validationActions: ['Warn', 'Audit'] },
    )()
    expect(status).toBeUndefined()
    expect(warnings).toEqual([
      "Validation failed for ValidatingAdmissionPolicy 'x' with binding 'y': failed expression: object.metadata.name != \"p\"",
    ])
  })

  it('may be about less than its policy', async () => {
    const matchResources = { objectSelector: { matchLabels: { app: 'x' } } }
    expect(await refusal({ validations: [FALSE] }, { matchResources })).toBeUndefined()
    const labelled = { object: pod({ labels: { app: 'x' } }) }
    expect(await refusal({ validations: [FALSE] }, { matchResources }, labelled)).toBeDefined()
  })

  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' }
  const validations = [{ expression: 'object.spec.containers.size() > int(params.data.most)' }]

  it.each<[string, object, string | undefined]>([
    ['by name', { name: 'limits' }, `failed expression: ${validations[0]?.expression}`],
    [
      'by labels',
      { selector: { matchLabels: { a: 'b' } } },
      `failed expression: ${validations[0]?.expression}`,
    ],
    ['that are not there', { name: 'none', parameterNotFoundAction: 'Allow' }, undefined],
    [
      'that must be there',
      { name: 'none', parameterNotFoundAction: 'Deny' },
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    ],
  ])('has parameters %s', async (_, paramRef, message) => {
    expect(await refusal({ paramKind, validations }, { paramRef })).toBe(message)
  })

  it('has no parameters of a kind that there is not', async () => {
    const unknown = { apiVersion: 'example.com/v1', kind: 'Limit' }
    expect(await refusal({ paramKind: unknown, validations }, { paramRef: { name: 'limits' } })).toBe(
      'failed to configure binding: paramKind kind `example.com/v1, Kind=Limit` not known',
    )
  })
})

describe('what is counted', () => {
  it.each<[string, object, string[], string[]]>([
    ['nothing of what is let in', { expression: 'true' }, ['Deny'], []],
    ['denials', FALSE, ['Deny'], ['error_type=no_error enforcement_action=deny']],
    [
      'each action',
      FALSE,
      ['Warn', 'Audit'],
      ['error_type=no_error enforcement_action=warn', 'error_type=no_error enforcement_action=audit'],
    ],
    [
      'failures',
      { expression: 'object.none' },
      ['Deny'],
      ['error_type=compile_error enforcement_action=deny'],
    ],
    [
      'failures of evaluations',
      { expression: 'object.none == 1' },
      ['Deny'],
      ['error_type=invalid_error enforcement_action=deny'],
    ],
  ])('is %s', async (_, validation, validationActions, expected) => {
    const { registry } = await policy({ validations: [validation] }, { validationActions })()
    for (const name of ['check_total', 'check_duration_seconds'])
      expect(await metricValues(registry, `apiserver_validating_admission_policy_${name}`)).toEqual(
        expected.map((each) => `policy=x policy_binding=y ${each}: 1`),
      )
  })

  it('is what was let in although an expression failed', async () => {
    const { registry } = await policy({
      failurePolicy: 'Ignore',
      validations: [{ expression: 'object.none == 1' }],
    })()
    expect(await metricValues(registry, 'apiserver_validating_admission_policy_check_total')).toEqual([
      'policy=x policy_binding=y error_type=invalid_error enforcement_action=allow: 1',
    ])
  })
})
