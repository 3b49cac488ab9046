import { describe, expect, it } from 'vitest'
import { causesOfCreating, createdAs } from '../kind-writer.ts'

const GROUP = 'admissionregistration.k8s.io'
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
const hook = {
  name: 'a.example.com',
  clientConfig: { url: 'https://example.com/' },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
}
const hooks = (...webhooks: object[]) => ({ metadata: { name: 'h' }, webhooks })
const VALIDATING = `validatingwebhookconfigurations.${GROUP}`

describe('webhooks', () => {
  it.each([
    [VALIDATING, {}],
    [`mutatingwebhookconfigurations.${GROUP}`, { reinvocationPolicy: 'Never' }],
  ])('of %s have defaults', async (key, more) => {
    const service = { namespace: 'n', name: 's' }
    const { webhooks } = await createdAs(key, hooks({ ...hook, clientConfig: { service }, rules: [rule] }))
    expect(webhooks).toEqual([
      {
        ...hook,
        clientConfig: { service: { ...service, port: 443 } },
        rules: [{ ...rule, scope: '*' }],
        failurePolicy: 'Fail',
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        timeoutSeconds: 10,
        ...more,
      },
    ])
  })

  const AT = 'webhooks[0]'
  it.each([
    [
      { name: 'a.b' },
      ['name: Invalid value: "a.b": should be a domain with at least three segments separated by dots'],
    ],
    [{ sideEffects: undefined }, ['sideEffects: Required value: must specify one of None, NoneOnDryRun']],
    [
      { sideEffects: 'Some' },
      ['sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
    ],
    [
      { timeoutSeconds: 31 },
      ['timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds'],
    ],
    [
      { admissionReviewVersions: [] },
      ['admissionReviewVersions: Required value: must specify one of v1, v1beta1'],
    ],
    [
      { admissionReviewVersions: ['v2'] },
      ['admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1'],
    ],
    [{ clientConfig: {} }, ['clientConfig: Required value: exactly one of url or service is required']],
    [
      { clientConfig: { url: 'http://u@example.com?q#f' } },
      [
        `clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
        'clientConfig.url: Invalid value: "u": user information is not permitted in the URL',
        'clientConfig.url: Invalid value: "f": fragments are not permitted in the URL',
        'clientConfig.url: Invalid value: "q": query parameters are not permitted in the URL',
      ],
    ],
    [
      { clientConfig: { service: { namespace: 'n', name: 's', path: '/a//b' } } },
      ['clientConfig.service.path: Invalid value: "/a//b": segment[1] may not be empty'],
    ],
    [
      { rules: [{ ...rule, resources: ['*', 'pods'] }] },
      [
        `rules[0].resources: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`,
      ],
    ],
    [
      { rules: [{ ...rule, operations: ['*', 'CREATE'], resources: ['pods/*', 'pods/log'] }] },
      [
        `rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
        `rules[0].resources[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
      ],
    ],
    [
      {
        matchConditions: [
          { name: 'm', expression: ' ' },
          { name: 'm', expression: 'true' },
        ],
      },
      ['matchConditions[0].expression: Required value', 'matchConditions[1].name: Duplicate value: "m"'],
    ],
  ])('are refused with %j: %j', async (more, causes) => {
    const found = await causesOfCreating(VALIDATING, hooks({ ...hook, ...more }))
    expect(found).toEqual(causes.map((cause) => `${AT}.${cause}`))
  })

  it('have names of their own', async () => {
    expect(await causesOfCreating(VALIDATING, hooks(hook, hook))).toEqual([
      'webhooks[1].name: Duplicate value: "a.example.com"',
    ])
  })
})

describe('policies', () => {
  const policy = (spec: object) => ({
    metadata: { name: 'p' },
    spec: { matchConstraints: { resourceRules: [rule] }, ...spec },
  })
  const VALIDATING_POLICY = `validatingadmissionpolicies.${GROUP}`
  const validations = [{ expression: 'true' }]

  it('match equivalent requests, and fail where they cannot be asked', async () => {
    expect(await createdAs(VALIDATING_POLICY, policy({ validations }))).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          matchPolicy: 'Equivalent',
          namespaceSelector: {},
          resourceRules: [{ scope: '*' }],
        },
      },
    })
  })

  it.each([
    [
      {},
      [
        'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
        'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
      ],
    ],
    [{ validations, matchConstraints: undefined }, ['spec.matchConstraints: Required value']],
    [
      { validations: [{ expression: '', reason: 'Other' }] },
      [
        'spec.validations[0].expression: Required value: expression is not specified',
        'spec.validations[0].reason: Unsupported value: "Other": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      ],
    ],
    [
      { validations, paramKind: { apiVersion: 'a/b/c', kind: '' } },
      [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        'spec.paramKind.kind: Required value',
      ],
    ],
    [
      { validations, variables: [{ name: '1', expression: '1' }] },
      ['spec.variables[0].name: Invalid value: "1": name is not a valid CEL identifier'],
    ],
  ])('with %j: %j', async (spec, causes) => {
    expect(await causesOfCreating(VALIDATING_POLICY, policy(spec))).toEqual(causes)
  })

  it('change what they are asked about in one of two ways', async () => {
    const mutations = [{ patchType: 'JSONPatch', applyConfiguration: { expression: 'x' } }]
    const body = policy({ mutations, reinvocationPolicy: 'Never' })
    expect(await causesOfCreating(`mutatingadmissionpolicies.${GROUP}`, body)).toEqual([
      'spec.mutations[0].jsonPatch: Required value: must be specified when patchType is JSONPatch',
      'spec.mutations[0].applyConfiguration: Forbidden: must not be specified when patchType is JSONPatch',
    ])
  })

  it.each([
    [{ policyName: '', validationActions: ['Deny'] }, ['spec.policyName: Required value']],
    [
      { policyName: 'p' },
      ['spec.validationActions: Required value: at least one validation action is required'],
    ],
    [
      { policyName: 'p', validationActions: ['Deny', 'Warn'] },
      [
        expect.stringMatching(
          /^spec\.validationActions: Invalid value: .*must not contain both Deny and Warn/,
        ),
      ],
    ],
    [
      { policyName: 'p', validationActions: ['Deny'], paramRef: {} },
      [
        'spec.paramRef: Required value: one of name or selector must be specified',
        'spec.paramRef.parameterNotFoundAction: Required value',
      ],
    ],
  ])('are bound by %j: %j', async (spec, causes) => {
    const body = { metadata: { name: 'b' }, spec }
    expect(await causesOfCreating(`validatingadmissionpolicybindings.${GROUP}`, body)).toEqual(causes)
  })
})
