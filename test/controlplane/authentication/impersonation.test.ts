import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import { impersonate, type RequestHeaders, userInfo } from '../../../src/controlplane/authentication/index.ts'
import {
  type Attributes,
  type Authorizer,
  type PolicyRule,
  PRIVILEGED_GROUP_AUTHORIZER,
  type User,
} from '../../../src/controlplane/rbac/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { authorizerOf, clusterRole, clusterRoleBinding, toUser } from '../rbac/rbac-fixture.ts'

const ADMIN: User = { name: 'admin', groups: ['system:masters'] }
const ANN: User = { name: 'ann', groups: ['system:authenticated'] }
const AUTHENTICATION = 'authentication.k8s.io'

const LIST_PODS: Attributes = {
  isResource: true,
  verb: 'list',
  group: '',
  resource: 'pods',
  subresource: '',
  namespace: 'rec',
  name: '',
}

const GET_VERSION: Attributes = { isResource: false, verb: 'get', path: '/version' }

function annMay(...rules: readonly PolicyRule[]): Authorizer {
  return authorizerOf(clusterRole('r', ...rules), clusterRoleBinding('b', 'r', toUser('ann')))
}

/** The right to impersonate, of the old kind. */
function legacy(resource: string, ...names: readonly string[]): PolicyRule {
  const group = resource.startsWith('u') && resource !== 'users' ? AUTHENTICATION : ''
  return {
    verbs: ['impersonate'],
    apiGroups: [group],
    resources: [resource],
    ...(names.length > 0 ? { resourceNames: names } : {}),
  }
}

/** The right to impersonate in one mode, and the one to list pods in it. */
function constrained(mode: string, resource: string, ...names: readonly string[]): PolicyRule[] {
  return [
    {
      verbs: [`impersonate:${mode}`],
      apiGroups: [AUTHENTICATION],
      resources: [resource],
      ...(names.length > 0 ? { resourceNames: names } : {}),
    },
    { verbs: [`impersonate-on:${mode}:list`], apiGroups: [''], resources: ['pods'] },
  ]
}

function as(user: string, others: RequestHeaders = {}): RequestHeaders {
  return { 'impersonate-user': [user], ...others }
}

function refusal(authorizer: Authorizer, headers: RequestHeaders, user = ANN, attributes = LIST_PODS) {
  try {
    return impersonate(authorizer, { user, attributes, headers })
  } catch (error) {
    return error instanceof StatusError ? error.toStatus() : error
  }
}

describe('a request without the headers', () => {
  it('is its sender’s', () => {
    expect(impersonate(annMay(), { user: ANN, attributes: LIST_PODS, headers: { accept: ['*/*'] } })).toBe(
      ANN,
    )
  })
})

describe('an administrator', () => {
  const become = (headers: RequestHeaders) =>
    impersonate(PRIVILEGED_GROUP_AUTHORIZER, { user: ADMIN, attributes: LIST_PODS, headers })

  it('becomes whom the recording says', () => {
    const { request, response } = recordedExchange(
      'csr create by impersonated user (spec.username is forged)',
    )
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name, [value]]),
    )
    const { username, groups } = (response.body as { spec: { username: string; groups: string[] } }).spec
    expect(userInfo(become(headers))).toEqual({ username, groups })
  })

  it.each<[headers: RequestHeaders, groups: string[]]>([
    [as('bob'), ['system:authenticated']],
    [as('bob', { 'impersonate-group': ['a', 'b'] }), ['a', 'b', 'system:authenticated']],
    [as('bob', { 'impersonate-group': ['system:authenticated', 'a'] }), ['system:authenticated', 'a']],
    [as('bob', { 'impersonate-group': ['system:unauthenticated'] }), ['system:unauthenticated']],
    [as('system:anonymous'), ['system:unauthenticated']],
    [as('system:anonymous', { 'impersonate-group': ['a'] }), ['a', 'system:unauthenticated']],
    [
      as('system:serviceaccount:ns:sa'),
      ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
    ],
    [as('system:serviceaccount:ns:sa', { 'impersonate-group': ['a'] }), ['a', 'system:authenticated']],
    [as('system:serviceaccount:NS:sa'), ['system:authenticated']],
    [as('system:node:n1'), ['system:nodes', 'system:authenticated']],
    [as('system:node:n1', { 'impersonate-group': ['a'] }), ['a', 'system:authenticated']],
  ])('is with %j in %j', (headers, groups) => {
    expect(become(headers).groups).toEqual(groups)
  })

  it('takes uid and extra, decoding keys and UTF-8', () => {
    const utf8 = Buffer.from('Zoë').toString('latin1')
    const headers = as(utf8, {
      'impersonate-uid': ['u1'],
      'impersonate-extra-example.com%2fscope': ['view', 'edit'],
      'impersonate-extra-%zz': ['odd'],
    })
    expect(become(headers)).toEqual({
      name: 'Zoë',
      uid: 'u1',
      groups: ['system:authenticated'],
      extra: { 'example.com/scope': ['view', 'edit'], '%zz': ['odd'] },
    })
  })
})

describe('what is wanted without a user', () => {
  it.each<[headers: RequestHeaders, wanted: string]>([
    [{ 'impersonate-group': ['g'] }, 'Name:"", UID:"", Groups:[]string{"g"}, Extra:map[string][]string(nil)'],
    [
      as('', { 'impersonate-uid': ['u'] }),
      'Name:"", UID:"u", Groups:[]string(nil), Extra:map[string][]string(nil)',
    ],
    [
      { 'impersonate-extra-k': ['v'] },
      'Name:"", UID:"", Groups:[]string(nil), Extra:map[string][]string{"k":[]string{"v"}}',
    ],
  ])('is a bad request: %j', (headers, wanted) => {
    expect(refusal(PRIVILEGED_GROUP_AUTHORIZER, headers, ADMIN)).toMatchObject({
      code: 400,
      message: `requested &user.DefaultInfo{${wanted}} without impersonating a user name`,
    })
  })
})

describe('the right to impersonate', () => {
  const everything = as('bob', {
    'impersonate-uid': ['u'],
    'impersonate-group': ['g'],
    'impersonate-extra-k': ['v'],
  })
  const rights = [
    legacy('users', 'bob'),
    legacy('uids', 'u'),
    legacy('groups', 'g'),
    legacy('userextras/k', 'v'),
  ]

  it('is needed for each part', () => {
    expect(refusal(annMay(...rights), everything)).toMatchObject({ name: 'bob', uid: 'u' })
    for (const missing of rights) {
      const others = rights.filter((each) => each !== missing)
      expect(refusal(annMay(...others), everything)).toMatchObject({ code: 403, reason: 'Forbidden' })
    }
  })

  it.each<[headers: RequestHeaders]>([
    [as('eve')],
    [as('bob', { 'impersonate-group': ['g', 'system:masters'] })],
    [as('bob', { 'impersonate-uid': ['x'] })],
    [as('bob', { 'impersonate-extra-k': ['v', 'w'] })],
    [as('bob', { 'impersonate-extra-__proto__': ['v'] })],
    [as('system:serviceaccount:ns:sa')],
    [as('system:node:n')],
  ])('is for those that it names, and not for %j', (headers) => {
    expect(refusal(annMay(...rights), headers)).toMatchObject({ code: 403 })
  })

  it('to be service accounts is another than that to be users', () => {
    const headers = as('system:serviceaccount:ns:sa')
    expect(refusal(annMay(legacy('users')), headers)).toMatchObject({ code: 403 })
    expect(refusal(annMay(legacy('serviceaccounts', 'sa')), headers)).toMatchObject({
      name: 'system:serviceaccount:ns:sa',
    })
  })

  it('to be a node does not make one a member of system:nodes', () => {
    expect(refusal(annMay(legacy('users')), as('system:node:n'))).toMatchObject({
      groups: ['system:authenticated'],
    })
  })
})

describe('the finer rights', () => {
  it.each<[mode: string, resource: string, name: string, wanted: string]>([
    ['user-info', 'users', 'bob', 'bob'],
    ['serviceaccount', 'serviceaccounts', 'sa', 'system:serviceaccount:ns:sa'],
    ['arbitrary-node', 'nodes', 'n1', 'system:node:n1'],
  ])('%s are good for what is done, as whom', (mode, resource, name, wanted) => {
    const rules = constrained(mode, resource, name)
    expect(refusal(annMay(...rules), as(wanted))).toMatchObject({ name: wanted })
    expect(refusal(annMay(...rules), as(`${wanted}x`))).toMatchObject({ code: 403 })
    expect(refusal(annMay(...rules), as(wanted), ANN, GET_VERSION)).toMatchObject({
      message: `forbidden: User "ann" cannot impersonate-on:${mode}:get path "/version"`,
    })
    expect(refusal(annMay(...rules.slice(1)), as(wanted))).toMatchObject({
      code: 403,
      details: { group: AUTHENTICATION, kind: resource, name },
    })
    expect(refusal(annMay(...rules.slice(0, 1)), as(wanted))).toMatchObject({
      code: 403,
      message: `pods is forbidden: User "ann" cannot impersonate-on:${mode}:list resource "pods" in API group "" in the namespace "rec"`,
    })
  })

  it('of a pod are good for the node that it runs on', () => {
    const pod: User = {
      name: 'system:serviceaccount:ns:sa',
      groups: [],
      extra: { 'authentication.kubernetes.io/node-name': ['n1'] },
    }
    const rules = constrained('associated-node', 'nodes')
    const authorizer = authorizerOf(
      clusterRole('r', ...rules),
      clusterRoleBinding('b', 'r', toUser(pod.name)),
    )
    expect(refusal(authorizer, as('system:node:n1'), pod)).toEqual({
      name: 'system:node:n1',
      groups: ['system:nodes', 'system:authenticated'],
    })
    expect(refusal(authorizer, as('system:node:n2'), pod)).toMatchObject({ code: 403 })
    expect(refusal(annMay(...rules), as('system:node:n1'), { ...pod, name: 'ann' })).toMatchObject({
      code: 403,
    })
  })

  it.each<[headers: RequestHeaders, reason: string]>([
    [{ 'impersonate-group': ['a', ''] }, 'impersonating the empty string group is not allowed'],
    [{ 'impersonate-group': ['system:masters'] }, 'impersonating the system:masters group is not allowed'],
    [{ 'impersonate-extra-': ['v'] }, 'impersonating the empty string key in extra is not allowed'],
    [
      { 'impersonate-extra-k': ['v'] },
      'impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "k": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      { 'impersonate-extra-a.io%2f%20': ['v'] },
      "impersonating an invalid key in extra is not allowed: extra.key: Invalid value: \" \": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
    ],
    [
      { 'impersonate-extra-a.io%2fK': ['v'] },
      'impersonating a non-lowercase key in extra is not allowed: "a.io/K"',
    ],
    [{ 'impersonate-extra-a.io%2fk': [''] }, 'impersonating the empty string value in extra is not allowed'],
  ])('are not for %j', (headers, reason) => {
    const rules = ['users', 'groups', 'userextras', 'userextras/*'].flatMap((each) =>
      constrained('user-info', each),
    )
    const { code, message } = refusal(annMay(...rules), as('bob', headers)) as Record<string, unknown>
    expect([code, String(message).slice(-reason.length - 2)]).toEqual([403, `: ${reason}`])
  })

  it('to all groups and extras are asked for at once when there are many', () => {
    const asked: Attributes[] = []
    const authorizer: Authorizer = {
      authorize: (_, attributes) => {
        asked.push(attributes)
        return { allowed: true, reason: '' }
      },
    }
    const many = Array.from({ length: 50 }, (_, index) => `x${index}`)
    const headers = as('bob', { 'impersonate-group': many, 'impersonate-extra-a.io%2fk': many })
    impersonate(authorizer, { user: ANN, attributes: LIST_PODS, headers })
    expect(asked.flatMap((each) => (each.isResource ? `${each.resource}/${each.name}` : []))).toEqual([
      'pods/',
      'users/bob',
      'groups/*',
      'userextras/*',
    ])
  })
})

it('gives nobody anything without a right, whatever the headers', () => {
  const name = fc.constantFrom('impersonate-user', 'impersonate-uid', 'impersonate-group')
  const extra = fc.string().map((key) => `impersonate-extra-${key}`)
  const values = fc.array(fc.string(), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(name, extra), values), (headers) => {
      const user = headers['impersonate-user']?.[0] ?? ''
      const result = refusal(annMay(), headers)
      if (user !== '') expect(result).toMatchObject({ code: 403 })
      else expect(result === ANN || (result as { code?: number }).code === 400).toBe(true)
    }),
  )
})
