import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import type { KubeObject } from '../../../../src/controlplane/registry/index.ts'
import { coreKind, decoded, strategyFor } from './recorded-write.ts'

interface Case {
  readonly what: string
  readonly resource: string
  readonly object: JsonObject
  readonly errors: readonly string[]
}

/** As the server has an object that a client has sent. */
function prepared(resource: string, object: JsonObject): KubeObject {
  const { kind, strategy } = coreKind(resource).type
  const body = { apiVersion: 'v1', kind, metadata: { name: 'x' }, ...object }
  return strategy.prepareForCreate(strategy.withDefaults(decoded(body)))
}

function errorTexts(errors: readonly { field: string; message: string }[]): string[] {
  return errors.map(({ field, message }) => `${field}: ${message}`)
}

const TEMPLATE = {
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image: 'i' }] },
}

const CASES: readonly Case[] = [
  {
    what: 'a key that is no file name',
    resource: 'configmaps',
    object: { data: { 'a/b': '' } },
    errors: [
      "data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  },
  {
    what: 'a key in both maps',
    resource: 'configmaps',
    object: { data: { a: '' }, binaryData: { a: '' } },
    errors: ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  },
  {
    what: 'more than a mebibyte',
    resource: 'configmaps',
    object: { data: { a: 'x'.repeat(2 ** 20) }, binaryData: { b: 'eA==' } },
    errors: [': Too long: may not be more than 1048576 bytes'],
  },
  {
    what: 'a certificate without its key',
    resource: 'secrets',
    object: { type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x' } },
    errors: ['data[tls.key]: Required value'],
  },
  {
    what: 'a pull secret that is no JSON',
    resource: 'secrets',
    object: { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } },
    errors: [
      'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
    ],
  },
  {
    what: 'a pull secret that is a list',
    resource: 'secrets',
    object: { type: 'kubernetes.io/dockercfg', stringData: { '.dockercfg': '[]' } },
    errors: [
      'data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
    ],
  },
  {
    what: 'a password without a user',
    resource: 'secrets',
    object: { type: 'kubernetes.io/basic-auth', stringData: { password: 'x' } },
    errors: [],
  },
  {
    what: 'a token of nobody',
    resource: 'secrets',
    object: { type: 'kubernetes.io/service-account-token' },
    errors: ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  },
  {
    what: 'an unknown finalizer',
    resource: 'namespaces',
    object: { spec: { finalizers: ['mine'] } },
    errors: [
      'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
  },
  {
    what: 'endpoints of nobody',
    resource: 'endpoints',
    object: { subsets: [{ ports: [{ port: 0 }] }] },
    errors: [
      'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
      'subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
  },
  {
    what: 'endpoints on the loopback',
    resource: 'endpoints',
    object: { subsets: [{ addresses: [{ ip: '127.0.0.1' }, { ip: 'x' }] }] },
    errors: [
      'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
      'subsets[0].addresses[1].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'subsets[0].addresses[1].ip: Invalid value: "x": must be a valid IP address',
    ],
  },
  {
    what: 'a taint twice',
    resource: 'nodes',
    object: {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      },
    },
    errors: [
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
  },
  {
    what: 'two ranges of one family',
    resource: 'nodes',
    object: { spec: { podCIDRs: ['10.0.0.0/24', '10.0.1.0/24'] } },
    errors: [
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  },
  {
    what: 'a volume of nothing',
    resource: 'persistentvolumes',
    object: { spec: {} },
    errors: [
      'spec.accessModes: Required value',
      'spec.capacity: Required value',
      'spec.capacity: Unsupported value: {}: supported values: "storage"',
      'spec: Required value: must specify a volume type',
    ],
  },
  {
    what: 'a volume of two kinds, the first of which is wherever it is',
    resource: 'persistentvolumes',
    object: {
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        local: { path: '/d' },
        csi: { driver: 'd', volumeHandle: 'h' },
      },
    },
    errors: [
      'spec.nodeAffinity: Required value: Local volume requires node affinity',
      'spec.csi: Forbidden: may not specify more than 1 volume type',
    ],
  },
  {
    what: 'a claim of nothing',
    resource: 'persistentvolumeclaims',
    object: { spec: {} },
    errors: [
      'spec.accessModes: Required value: at least 1 access mode is required',
      'spec.resources[storage]: Required value',
    ],
  },
  {
    what: 'a claim for one pod and for others',
    resource: 'persistentvolumeclaims',
    object: {
      spec: {
        accessModes: ['ReadWriteOncePod', 'ReadOnlyMany', 'Any'],
        resources: { requests: { storage: '0' } },
      },
    },
    errors: [
      'spec.accessModes: Unsupported value: "Any": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
      'spec.resources[storage]: Invalid value: "0": must be greater than zero',
    ],
  },
  {
    what: 'a controller of other pods',
    resource: 'replicationcontrollers',
    object: { spec: { selector: { app: 'b' }, replicas: -1, template: TEMPLATE } },
    errors: [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`',
    ],
  },
  {
    what: 'a controller of nothing',
    resource: 'replicationcontrollers',
    object: { spec: {} },
    errors: ['spec.selector: Required value', 'spec.template: Required value'],
  },
  {
    what: 'half a pod',
    resource: 'resourcequotas',
    object: { spec: { hard: { pods: '500m', what: '1' } } },
    errors: [
      'spec.hard[pods]: Invalid value: "500m": must be an integer',
      'spec.hard[what]: Invalid value: "what": must be a standard resource type or fully qualified',
      'spec.hard[what]: Invalid value: "what": must be a standard resource for quota',
    ],
  },
  {
    what: 'opposite scopes',
    resource: 'resourcequotas',
    object: { spec: { hard: { pods: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    errors: ['spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  },
  {
    what: 'memory of pods without any',
    resource: 'resourcequotas',
    object: { spec: { hard: { memory: '1Gi' }, scopes: ['BestEffort'] } },
    errors: ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
  },
  {
    what: 'a least above the most',
    resource: 'limitranges',
    object: { spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } },
    errors: ['spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1'],
  },
  {
    what: 'a ratio that cannot be',
    resource: 'limitranges',
    object: {
      spec: {
        limits: [{ type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } }],
      },
    },
    errors: [
      'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
    ],
  },
  {
    what: 'a template of no pod',
    resource: 'podtemplates',
    object: { template: {} },
    errors: ['template.spec.containers: Required value'],
  },
  {
    what: 'an event of another namespace',
    resource: 'events',
    object: { involvedObject: { namespace: 'other' } },
    errors: ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  },
  {
    what: 'an event of the new kind without all it needs',
    resource: 'events',
    object: { eventTime: '2026-01-01T00:00:00.000000Z', involvedObject: { namespace: 'rec' }, reason: 'R' },
    errors: [
      'reportingController: Required value',
      'reportingController: Invalid value: "": name part must be non-empty',
      "reportingController: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      'reportingInstance: Required value',
      'action: Required value',
    ],
  },
]

describe('what is wrong with objects of v1', () => {
  it.each(CASES)('$resource: $what', ({ resource, object, errors }) => {
    expect(errorTexts(strategyFor(resource).validate(prepared(resource, object)))).toEqual(errors)
  })
})

describe('what becomes of objects of v1', () => {
  it('gives a replication controller the labels of its pods', () => {
    const controller = prepared('replicationcontrollers', { spec: { template: TEMPLATE } })
    expect(controller).toMatchObject({
      metadata: { labels: { app: 'a' } },
      spec: { replicas: 1, selector: { app: 'a' } },
      status: { replicas: 0 },
    })
  })

  it('makes the most that a container may have what it gets', () => {
    const limits = [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '1', memory: '1Gi' } }]
    expect(prepared('limitranges', { spec: { limits } })).toMatchObject({
      spec: { limits: [{ default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Gi' } }] },
    })
  })

  it('takes the capacity of a node for what can be allocated of it', () => {
    expect(prepared('nodes', { status: { capacity: { cpu: '4' } } })).toMatchObject({
      status: { allocatable: { cpu: '4' } },
    })
  })

  it('merges the texts of a secret over its data', () => {
    const secret = prepared('secrets', { data: { a: 'YQ==', b: 'Yg==' }, stringData: { b: 'c' } })
    expect(secret).toMatchObject({ data: { a: 'YQ==', b: 'Yw==' }, type: 'Opaque' })
    expect(secret).not.toHaveProperty('stringData')
  })

  it('keeps only the names of the secrets of a service account', () => {
    const account = prepared('serviceaccounts', { secrets: [{ name: 's', namespace: 'other' }] })
    expect(account).toMatchObject({ secrets: [{ name: 's' }] })
    expect(JSON.stringify(account)).not.toContain('other')
  })

  it.each([
    ['configmaps', { data: { a: '1' } }, 'data'],
    ['secrets', { data: { a: 'MQ==' } }, 'data'],
  ])('does not let %s change that are immutable', (resource, object, field) => {
    const strategy = strategyFor(resource)
    const old = prepared(resource, { ...object, immutable: true })
    const changed = strategy.prepareForUpdate(prepared(resource, { [field]: { a: 'Mg==' } }), old)
    expect(errorTexts(strategy.validateUpdate(changed, old))).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
      `${field}: Forbidden: field is immutable when \`immutable\` is set`,
    ])
  })

  it('lets a bound claim grow, and no other', () => {
    const strategy = strategyFor('persistentvolumeclaims')
    const claim = (storage: string, phase: string) => ({
      ...prepared('persistentvolumeclaims', {
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
      }),
      status: { phase },
    })
    expect(strategy.validateUpdate(claim('2Gi', 'Bound'), claim('1Gi', 'Bound'))).toEqual([])
    expect(strategy.validateUpdate(claim('2Gi', 'Pending'), claim('1Gi', 'Pending'))).toMatchObject([
      { field: 'spec', reason: 'FieldValueForbidden' },
    ])
  })

  it('does not let a volume become another one', () => {
    const strategy = strategyFor('persistentvolumes')
    const volume = (path: string) =>
      prepared('persistentvolumes', {
        spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path } },
      })
    const [error] = strategy.validateUpdate(volume('/b'), volume('/a'))
    expect(error?.message).toContain('\n-  "path": "/a",\n+  "path": "/b",\n')
  })

  it('does not let a node have other addresses for its pods', () => {
    const strategy = strategyFor('nodes')
    const node = (podCIDR: string) => prepared('nodes', { spec: { podCIDR } })
    expect(errorTexts(strategy.validateUpdate(node('10.1.0.0/24'), node('10.0.0.0/24')))).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ])
    expect(strategy.validateUpdate(node('10.0.0.0/24'), prepared('nodes', {}))).toEqual([])
  })
})
