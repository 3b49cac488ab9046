import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/common/log.ts'
import {
  AdmissionChain,
  AdmissionWebhooks,
  catalogVersions,
  WebhookMetrics,
} from '../../../src/controlplane/admission/index.ts'
import { builtinCatalog } from '../../../src/controlplane/discovery/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/index.ts'
import { ResourceCatalog } from '../../../src/controlplane/resources/index.ts'
import { builtinResources } from '../../../src/controlplane/server/builtin-resources.ts'
import type { Json } from '../../support/api-client.ts'
import { metricValues } from '../../support/metric-values.ts'
import { admissionRequest, object } from './requests.ts'
import { patching, WebhookServer } from './webhook-server.ts'

const groups = builtinCatalog()
const builtin = builtinResources(groups, Date.now)
const catalog = new ResourceCatalog({
  builtin,
  groups,
  custom: { find: () => undefined, groups: () => [] },
})
const versions = catalogVersions({ catalog, builtin, definitions: { get: () => undefined, list: () => [] } })
const namespace = object('Namespace', 'rec', {}, { labels: { team: 'blue' } })

const EVERYTHING = [
  { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], scope: '*' },
]
const PODS = [
  { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: '*' },
]

type Kind = 'mutating' | 'validating'

/** Both plugins over configurations that a test gives. */
class Webhooks {
  readonly plugins: AdmissionWebhooks
  readonly registry = new Registry()
  readonly #listeners = new Map<string, (object: KubeObject, isGone: boolean) => void>()

  constructor(services: Record<string, number> = {}) {
    this.plugins = new AdmissionWebhooks({
      log: silentLogger,
      objects: {
        follow: (resource, listener) => {
          this.#listeners.set(resource, listener)
          return () => this.#listeners.delete(resource)
        },
      },
      namespaces: { get: (name) => (name === 'rec' ? namespace : undefined) },
      versions,
      metrics: new WebhookMetrics(this.registry),
      services: {
        resolve: (ns, name) => {
          const port = services[`${ns}/${name}`]
          if (port === undefined) throw new Error(`service ${JSON.stringify(name)} not found`)
          return { host: '127.0.0.1', port }
        },
      },
    })
    this.plugins.start()
  }

  configure(kind: Kind, name: string, ...webhooks: Json[]): void {
    const resource = `${kind}webhookconfigurations.admissionregistration.k8s.io`
    const defaults = {
      name: 'hook.example.com',
      rules: PODS,
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 5,
    }
    const filled = webhooks.map((webhook) => ({ ...defaults, ...webhook }))
    this.#listeners.get(resource)?.(object('Configuration', name, { webhooks: filled }), false)
  }

  forget(kind: Kind, name: string): void {
    const resource = `${kind}webhookconfigurations.admissionregistration.k8s.io`
    this.#listeners.get(resource)?.(object('Configuration', name), true)
  }

  admit(changes: Parameters<typeof admissionRequest>[0] = {}): Promise<KubeObject | undefined> {
    const { mutating, validating } = this.plugins
    return new AdmissionChain([mutating, validating]).admit(admissionRequest({ object: pod(), ...changes }))
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

let server: WebhookServer
let webhooks: Webhooks

beforeAll(async () => {
  server = await WebhookServer.start()
})
afterAll(() => server.stop())
beforeEach(() => {
  server.reviews.length = 0
  webhooks = new Webhooks({ 'hooks/hook': server.port })
})
afterEach(() => webhooks.plugins.stop())

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was admitted'),
    (error) => error.toStatus(),
  )

describe('what a webhook is asked', () => {
  const user = { name: 'alice', uid: '7', groups: ['g'], extra: { scopes: ['a', 'b'] } }

  it('is all that is known of the request', async () => {
    const clientConfig = server.on('/ask', () => ({ allowed: true }))
    webhooks.configure('validating', 'a', { clientConfig, rules: EVERYTHING })
    const options = { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'm' }
    const oldObject = pod({ labels: { a: 'b' } })
    await webhooks.admit({
      operation: 'UPDATE',
      subresource: 'status',
      oldObject,
      user,
      options,
      dryRun: true,
    })
    const [{ review, headers } = { review: {}, headers: {} }] = server.reviews
    expect(review).toEqual({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        kind: { group: '', version: 'v1', kind: 'Pod' },
        resource: { group: '', version: 'v1', resource: 'pods' },
        subResource: 'status',
        requestKind: { group: '', version: 'v1', kind: 'Pod' },
        requestResource: { group: '', version: 'v1', resource: 'pods' },
        requestSubResource: 'status',
        name: 'p',
        namespace: 'rec',
        operation: 'UPDATE',
        userInfo: { username: 'alice', uid: '7', groups: ['g'], extra: { scopes: ['a', 'b'] } },
        object: pod(),
        oldObject,
        dryRun: true,
        options,
      },
    })
    expect(headers).toMatchObject({ url: '/ask?timeout=5s', 'content-type': 'application/json' })
  })

  it('has no object where one is deleted', async () => {
    const clientConfig = server.on('/ask', () => ({ allowed: true }))
    webhooks.configure('validating', 'a', { clientConfig, rules: EVERYTHING })
    await webhooks.admit({ operation: 'DELETE', object: undefined, oldObject: pod(), name: 'p' })
    expect(server.reviews[0]?.review.request).toMatchObject({ object: null, oldObject: pod(), dryRun: false })
  })

  it('is in the version that its rules ask for', async () => {
    const clientConfig = server.on('/ask', () =>
      patching({ op: 'add', path: '/metadata/labels', value: { a: 'b' } }),
    )
    const rules = [
      { ...EVERYTHING[0], apiGroups: ['events.k8s.io'], apiVersions: ['v1'], resources: ['events'] },
    ]
    webhooks.configure('mutating', 'a', { clientConfig, rules })
    const event = object(
      'Event',
      'e',
      { involvedObject: { name: 'n' }, message: 'note' },
      { namespace: 'rec' },
    )
    const result = await webhooks.admit({ kind: 'Event', resource: 'events', object: event })
    expect(server.reviews[0]?.review.request).toMatchObject({
      kind: { group: 'events.k8s.io', version: 'v1', kind: 'Event' },
      requestKind: { group: '', version: 'v1', kind: 'Event' },
      object: { apiVersion: 'events.k8s.io/v1', regarding: { name: 'n' }, note: 'note' },
    })
    expect(result).toMatchObject({
      apiVersion: 'v1',
      metadata: { labels: { a: 'b' } },
      involvedObject: { name: 'n' },
      message: 'note',
    })
    server.reviews.length = 0
    webhooks.configure('mutating', 'a', { clientConfig, rules, matchPolicy: 'Exact' })
    await webhooks.admit({ kind: 'Event', resource: 'events', object: event })
    expect(server.reviews).toEqual([])
  })

  it('comes to a service under its name', async () => {
    const { caBundle } = server.on('/service', () => ({ allowed: true }))
    const service = { namespace: 'hooks', name: 'hook', path: '/service', port: 443 }
    webhooks.configure('validating', 'a', { clientConfig: { service, caBundle } })
    await webhooks.admit()
    expect(server.reviews[0]?.headers).toMatchObject({ host: 'hook.hooks.svc:443' })
  })
})

describe('whether a webhook is asked', () => {
  const rule = {
    operations: ['CREATE'],
    apiGroups: [''],
    apiVersions: ['v1'],
    resources: ['pods'],
    scope: '*',
  }

  it.each<[string, object, boolean]>([
    ['a rule is about it', {}, true],
    ['the rule is about another operation', { rules: [{ ...rule, operations: ['DELETE'] }] }, false],
    ['the rule is about another group', { rules: [{ ...rule, apiGroups: ['apps'] }] }, false],
    ['the rule is about all resources', { rules: [{ ...rule, resources: ['*'] }] }, true],
    ['the rule is about all of its subresources', { rules: [{ ...rule, resources: ['pods/*'] }] }, true],
    ['the rule is about a subresource', { rules: [{ ...rule, resources: ['pods/status'] }] }, false],
    ['the rule is about what is in namespaces', { rules: [{ ...rule, scope: 'Namespaced' }] }, true],
    ['the rule is about what is in none', { rules: [{ ...rule, scope: 'Cluster' }] }, false],
    ['its namespace is selected', { namespaceSelector: { matchLabels: { team: 'blue' } } }, true],
    ['its namespace is not selected', { namespaceSelector: { matchLabels: { team: 'red' } } }, false],
    ['it is selected', { objectSelector: { matchLabels: { app: 'x' } } }, true],
    ['it is not selected', { objectSelector: { matchLabels: { app: 'y' } } }, false],
    [
      'its conditions are true',
      { matchConditions: [{ name: 'a', expression: 'object.metadata.name == "p"' }] },
      true,
    ],
    [
      'one of its conditions is false, and another fails',
      {
        matchConditions: [
          { name: 'a', expression: 'object.nothing == 1' },
          { name: 'b', expression: 'request.userInfo.username == "bob"' },
        ],
      },
      false,
    ],
    [
      'a condition fails and failures do not count',
      { failurePolicy: 'Ignore', matchConditions: [{ name: 'a', expression: 'object.nothing == 1' }] },
      false,
    ],
  ])('depends: %s', async (_, fields, isAsked) => {
    const clientConfig = server.on('/ask', () => ({ allowed: true }))
    webhooks.configure('validating', 'a', { clientConfig, ...fields })
    await webhooks.admit({ object: pod({ labels: { app: 'x' } }) })
    expect(server.reviews).toHaveLength(isAsked ? 1 : 0)
  })

  it('ends with its configuration', async () => {
    const clientConfig = server.on('/ask', () => ({ allowed: false }))
    webhooks.configure('validating', 'a', { clientConfig })
    webhooks.forget('validating', 'a')
    await webhooks.admit()
    expect(server.reviews).toEqual([])
  })

  it('is never so for the configurations themselves', async () => {
    const clientConfig = server.on('/ask', () => ({ allowed: false }))
    webhooks.configure('validating', 'a', { clientConfig, rules: EVERYTHING })
    const group = 'admissionregistration.k8s.io'
    await webhooks.admit({ group, resource: 'validatingwebhookconfigurations', namespace: '' })
    expect(server.reviews).toEqual([])
  })

  it('cannot be said when a condition fails', async () => {
    const clientConfig = server.on('/ask', () => ({ allowed: true }))
    const matchConditions = [{ name: 'a', expression: 'object.nothing == 1' }]
    webhooks.configure('validating', 'a', { clientConfig, matchConditions })
    expect(await refusal(webhooks.admit())).toMatchObject({
      reason: 'Forbidden',
      message:
        'pods "p" is forbidden: expression \'object.nothing == 1\' resulted in error: no such key: nothing',
    })
  })

  it('knows nothing of authorizers', async () => {
    const clientConfig = server.on('/ask', () => ({ allowed: true }))
    const matchConditions = [{ name: 'a', expression: 'authorizer.path("/x").check("get").allowed()' }]
    webhooks.configure('validating', 'a', { clientConfig, matchConditions })
    const { message } = await refusal(webhooks.admit())
    expect(message).toContain("undeclared reference to 'authorizer'")
  })

  it('is told of a namespace that is only made by its own labels', async () => {
    const clientConfig = server.on('/ask', () => ({ allowed: true }))
    webhooks.configure('validating', 'a', {
      clientConfig,
      rules: EVERYTHING,
      namespaceSelector: { matchLabels: { made: 'now' } },
    })
    const made = object('Namespace', 'new', {}, { labels: { made: 'now' } })
    await webhooks.admit({ kind: 'Namespace', resource: 'namespaces', namespace: '', object: made })
    expect(server.reviews[0]?.review.request).toMatchObject({ name: 'new', namespace: 'new' })
  })
})

describe('a denial', () => {
  it.each<[object, object]>([
    [
      { allowed: false },
      { code: 400, message: 'admission webhook "hook.example.com" denied the request without explanation' },
    ],
    [
      { allowed: false, status: { code: 403, reason: 'Forbidden', message: 'no' } },
      {
        code: 403,
        reason: 'Forbidden',
        message: 'admission webhook "hook.example.com" denied the request: no',
      },
    ],
    [
      { allowed: false, status: { reason: 'TooManyRequests', code: 429, details: { retryAfterSeconds: 3 } } },
      {
        code: 429,
        reason: 'TooManyRequests',
        message: 'admission webhook "hook.example.com" denied the request: TooManyRequests',
        details: { retryAfterSeconds: 3 },
      },
    ],
    [
      { allowed: false, status: { status: 'Success', code: 200 } },
      { code: 400, status: 'Failure' },
    ],
    [{ allowed: false, status: { code: 99999 } }, { code: 400 }],
  ])('of %j', async (response, expected) => {
    const clientConfig = server.on('/deny', () => response)
    webhooks.configure('validating', 'a', { clientConfig, failurePolicy: 'Ignore' })
    expect(await refusal(webhooks.admit())).toMatchObject({ kind: 'Status', ...expected })
  })

  it('comes with warnings', async () => {
    const warnings: string[] = []
    const clientConfig = server.on('/deny', () => ({ allowed: false, warnings: ['careful'] }))
    webhooks.configure('validating', 'a', { clientConfig })
    await refusal(webhooks.admit({ warn: (message) => warnings.push(message) }))
    expect(warnings).toEqual(['careful'])
  })
})

it('is not asked in a dry run when it does more than to answer', async () => {
  const clientConfig = server.on('/ask', () => ({ allowed: true }))
  webhooks.configure('validating', 'a', { clientConfig, sideEffects: 'Some', failurePolicy: 'Ignore' })
  expect(await refusal(webhooks.admit({ dryRun: true }))).toMatchObject({
    code: 400,
    message: 'admission webhook "hook.example.com" does not support dry run',
  })
  expect(server.reviews).toEqual([])
})

describe('a webhook that fails', () => {
  const FAILURES: [string, Parameters<WebhookServer['on']>[1], string | RegExp][] = [
    ['answers nothing', () => undefined, /context deadline exceeded$/],
    [
      'answers without end',
      (_, __, response) => void response.end(Buffer.alloc(10 * 1024 * 1024, 32)),
      'failed to call webhook: the response is larger than 8388608 bytes',
    ],
    [
      'answers garbage',
      (_, __, response) => void response.end('<html>'),
      /^failed to call webhook: couldn't get version\/kind; json parse error: /,
    ],
    ['answers with empty hands', (_, __, response) => void response.end(), /0-length response/],
    [
      'sends elsewhere',
      (_, __, response) => void response.writeHead(307, { location: '/ok' }).end(),
      'failed to call webhook: the server responded with the status code 307 but did not return more information',
    ],
    [
      'is broken',
      (_, __, response) => void response.writeHead(500, { 'content-type': 'text/plain' }).end('oops'),
      'failed to call webhook: an error on the server ("oops") has prevented the request from succeeding',
    ],
    ['hangs up', (_, request) => void request.socket.destroy(), /^failed to call webhook: Post "https:.*/],
    [
      'answers another question',
      () => ({ uid: 'other', allowed: true }),
      /^received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "other"$/,
    ],
    [
      'answers as something else',
      ({ request: { uid } }, _, response) =>
        void response.end(JSON.stringify({ response: { uid, allowed: true } })),
      'received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=',
    ],
    [
      'has no response',
      (_, __, response) => void response.end('{"__proto__":{"response":{}}}'),
      'received invalid webhook response: webhook response was absent',
    ],
    ['says yes in its own way', () => ({ allowed: 'yes' }), /cannot unmarshal/],
    [
      'changes although it must not',
      () => patching({ op: 'remove', path: '/spec' }),
      'received invalid webhook response: validating webhook may not return response.patch',
    ],
  ]

  it.each(FAILURES)('and %s', async (how, respond, problem) => {
    const clientConfig = server.on('/fail', respond)
    server.on('/ok', () => ({ allowed: true }))
    // No more than is waited for in vain; the others answer, though not at once on a busy machine.
    const webhook = { clientConfig, timeoutSeconds: how === 'answers nothing' ? 1 : 10 }
    webhooks.configure('validating', 'a', webhook)
    const status = await refusal(webhooks.admit())
    expect(status).toMatchObject({ code: 500, reason: 'InternalError' })
    const [cause] = status.details.causes
    const prefix = 'failed calling webhook "hook.example.com": '
    expect(cause).toEqual({ message: expect.stringContaining(prefix) })
    expect(status.message).toBe(`Internal error occurred: ${cause.message}`)
    expect(cause.message.slice(prefix.length)).toEqual(
      typeof problem === 'string' ? problem : expect.stringMatching(problem),
    )
    webhooks.configure('validating', 'a', { ...webhook, failurePolicy: 'Ignore' })
    await expect(webhooks.admit()).resolves.toEqual(pod())
  })

  it.each<[string, () => object, string]>([
    [
      'it is not trusted',
      () => ({ url: `https://127.0.0.1:${server.port}/ask` }),
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ],
    [
      'it has another name',
      () => ({ url: `https://localhost:${server.port}/ask`, caBundle: server.caBundle }),
      'tls: failed to verify certificate: x509: ',
    ],
    [
      'nobody is there',
      () => ({ url: 'https://127.0.0.1:1/ask', caBundle: server.caBundle }),
      'Post "https://127.0.0.1:1/ask?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused',
    ],
    [
      'there is no such service',
      () => ({ service: { namespace: 'hooks', name: 'none', path: '/ask', port: 443 } }),
      'Post "https://none.hooks.svc:443/ask": service "none" not found',
    ],
    ['its URL is none', () => ({ url: 'https://[nowhere' }), 'Unparsable URL: https://[nowhere'],
    [
      'the name of its service is none',
      () => ({ service: { namespace: 'hooks', name: 'a b', port: 443 } }),
      'Unparsable URL: https://a b.hooks.svc:443',
    ],
    [
      'its authorities are none',
      () => ({ url: `https://127.0.0.1:${server.port}/ask`, caBundle: Buffer.from('x').toString('base64') }),
      'failed calling webhook',
    ],
  ])('because %s', async (_, clientConfig, problem) => {
    server.on('/ask', () => ({ allowed: true }))
    webhooks.configure('validating', 'a', { clientConfig: clientConfig() })
    const { message } = await refusal(webhooks.admit())
    expect(message).toContain(problem)
    expect(server.reviews).toEqual([])
  })
})

describe('mutating webhooks', () => {
  const label = (name: string) => patching({ op: 'add', path: `/metadata/labels/${name}`, value: 'x' })
  const labelled = pod({ labels: { given: 'x' } })

  it('change the object one after the other, by name', async () => {
    webhooks.configure('mutating', 'b', { clientConfig: server.on('/b', () => label('b')) })
    webhooks.configure('mutating', 'a', { clientConfig: server.on('/a', () => label('a')) })
    const result = await webhooks.admit({ object: labelled })
    expect(result?.metadata.labels).toEqual({ given: 'x', a: 'x', b: 'x' })
    expect(server.reviews.map(({ path }) => path)).toEqual(['/a', '/b'])
    expect(server.reviews[1]?.review.request.object.metadata.labels).toEqual({ given: 'x', a: 'x' })
  })

  it('are asked again when others have changed the object after them, and when they want that', async () => {
    const a = { clientConfig: server.on('/a', () => ({ allowed: true })), reinvocationPolicy: 'IfNeeded' }
    const b = { clientConfig: server.on('/b', () => label('b')), reinvocationPolicy: 'IfNeeded' }
    const c = { clientConfig: server.on('/c', () => ({ allowed: true })), reinvocationPolicy: 'Never' }
    webhooks.configure('mutating', 'a', a, b, c)
    await webhooks.admit({ object: labelled })
    expect(server.reviews.map(({ path }) => path)).toEqual(['/a', '/b', '/c', '/a'])
  })

  it('give what they add its defaults', async () => {
    const container = { name: 'd', image: 'j' }
    const clientConfig = server.on('/a', () =>
      patching({ op: 'add', path: '/spec/containers/-', value: container }),
    )
    webhooks.configure('mutating', 'a', { clientConfig })
    const result = await webhooks.admit()
    expect(result?.spec).toMatchObject({ containers: [{}, { ...container, imagePullPolicy: 'Always' }] })
  })

  it.each<[string, object[], object]>([
    [
      'does not fit',
      [{ op: 'remove', path: '/none/there' }],
      { code: 500, message: expect.stringMatching(/^Internal error occurred: /) },
    ],
    [
      'moves the object elsewhere',
      [{ op: 'replace', path: '/metadata/namespace', value: 'kube-system' }],
      {
        code: 400,
        message: 'the namespace of the provided object does not match the namespace sent on the request',
      },
    ],
    [
      'is of another shape',
      [{ op: 'replace', path: '/spec', value: 7 }],
      { code: 500, message: expect.stringMatching(/^Internal error occurred: /) },
    ],
  ])('must not send a patch that %s', async (_, operations, expected) => {
    webhooks.configure('mutating', 'a', {
      clientConfig: server.on('/a', () => patching(...operations)),
      failurePolicy: 'Ignore',
    })
    expect(await refusal(webhooks.admit())).toMatchObject(expected)
  })

  it('cannot change what is deleted', async () => {
    const clientConfig = server.on('/a', () => label('a'))
    webhooks.configure('mutating', 'a', { clientConfig, rules: EVERYTHING })
    const { message } = await refusal(
      webhooks.admit({ operation: 'DELETE', object: undefined, oldObject: pod(), name: 'p' }),
    )
    expect(message).toContain('attempted to modify the object, which is not supported for this operation')
  })

  it('may fail when their patch is none', async () => {
    const answer = { allowed: true, patchType: 'JSONPatch', patch: Buffer.from('{}').toString('base64') }
    webhooks.configure('mutating', 'a', {
      clientConfig: server.on('/a', () => answer),
      failurePolicy: 'Ignore',
    })
    await expect(webhooks.admit()).resolves.toEqual(pod())
  })
})

describe('what is counted', () => {
  const allow = () => ({ allowed: true })
  const deny = (code: number) => () => ({ allowed: false, status: { code } })
  const garbage: Parameters<WebhookServer['on']>[1] = (_, __, response) => void response.end('<html>')
  const broken: Parameters<WebhookServer['on']>[1] = (_, __, response) =>
    void response.writeHead(504).end('oops')
  const misfit = () => patching({ op: 'remove', path: '/none/there' })

  it.each<[string, Kind, Parameters<WebhookServer['on']>[1], object, string, string[]]>([
    ['a yes', 'validating', allow, {}, 'code=200 rejected=false', []],
    ['a change', 'mutating', () => patching(), {}, 'code=200 rejected=false', []],
    [
      'a no',
      'validating',
      deny(418),
      {},
      'code=418 rejected=true',
      ['error_type=no_error rejection_code=418'],
    ],
    [
      'a no that is none',
      'mutating',
      deny(7),
      {},
      'code=400 rejected=true',
      ['error_type=no_error rejection_code=400'],
    ],
    [
      'a failure',
      'validating',
      garbage,
      {},
      'code=503 rejected=true',
      ['error_type=calling_webhook_error rejection_code=503'],
    ],
    [
      'an error',
      'mutating',
      broken,
      {},
      'code=504 rejected=true',
      ['error_type=calling_webhook_error rejection_code=504'],
    ],
    [
      'a failure that does not matter',
      'validating',
      garbage,
      { failurePolicy: 'Ignore' },
      'code=503 rejected=false',
      [],
    ],
    [
      'a patch that does not fit',
      'mutating',
      misfit,
      {},
      'code=0 rejected=true',
      ['error_type=apiserver_internal_error rejection_code=0'],
    ],
  ])('is %s', async (_, kind, answer, fields, counted, rejections) => {
    webhooks.configure(kind, 'a', { clientConfig: server.on('/count', answer), ...fields })
    await webhooks.admit().catch(() => {})
    const { registry } = webhooks
    const call = `name=hook.example.com type=${kind === 'mutating' ? 'admit' : kind} operation=CREATE`
    const of = (name: string) => metricValues(registry, `apiserver_admission_webhook_${name}`)
    const sorted = (text: string) => text.replace(/: 1$/, '').split(' ').sort().join(' ')
    expect((await of('request_total')).map(sorted)).toEqual([sorted(`${call} ${counted}`)])
    const [, rejected = ''] = counted.split(' ')
    expect((await of('admission_duration_seconds')).map(sorted)).toEqual([sorted(`${call} ${rejected}`)])
    expect((await of('rejection_count')).map(sorted)).toEqual(
      rejections.map((each) => sorted(`${call} ${each}`)),
    )
    const isOpen = 'failurePolicy' in fields
    expect(await of('fail_open_count')).toEqual(isOpen ? ['name=hook.example.com type=validating: 1'] : [])
  })

  it('is no fault of a webhook whose answer nobody waits for', async () => {
    const gone = new AbortController()
    webhooks.configure('validating', 'a', { clientConfig: server.on('/count', () => gone.abort()) })
    await webhooks.admit({ signal: gone.signal }).catch(() => {})
    expect(await metricValues(webhooks.registry, 'apiserver_admission_webhook_rejection_count')).toEqual([])
  })
})
