import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestInfo } from '../../../src/controlplane/api/request-info.ts'
import {
  type Attributes,
  type Binding,
  type PolicyRule,
  PRIVILEGED_GROUP_AUTHORIZER,
  RbacAuthorizer,
  type Role,
  rulesReviewStatus,
  type Subject,
  serviceAccountUser,
  type User,
  unionAuthorizer,
} from '../../../src/controlplane/rbac/index.ts'
import { busyMs } from '../../support/processor-time.ts'
import {
  authorizerOf,
  clusterRole,
  clusterRoleBinding,
  MemoryRbacSource,
  pathRequest,
  resourceRequest,
  role,
  roleBinding,
  toAccount,
  toGroup,
  toUser,
  userOf,
} from './rbac-fixture.ts'

const ANN = userOf('ann', 'team')
const pods = (...verbs: string[]): PolicyRule => ({ apiGroups: [''], resources: ['pods'], verbs })

function allows(rule: PolicyRule, attributes: Attributes): boolean {
  const authorizer = authorizerOf(clusterRole('r', rule), clusterRoleBinding('b', 'r', toUser('ann')))
  return authorizer.authorize(ANN, attributes).allowed
}

describe('a rule', () => {
  it.each<[rule: PolicyRule, attributes: Attributes, expected: boolean]>([
    [pods('get'), resourceRequest('get', 'pods'), true],
    [pods('get'), resourceRequest('list', 'pods'), false],
    [pods('*'), resourceRequest('anything', 'pods'), true],
    [pods('get'), resourceRequest('get', 'pods', { group: 'apps' }), false],
    [{ ...pods('get'), apiGroups: ['*'] }, resourceRequest('get', 'pods', { group: 'apps' }), true],
    [{ ...pods('get'), apiGroups: [] }, resourceRequest('get', 'pods'), false],
    [pods('get'), resourceRequest('get', 'pods/log'), false],
    [{ ...pods('get'), resources: ['pods/log'] }, resourceRequest('get', 'pods/log'), true],
    [{ ...pods('get'), resources: ['pods/log'] }, resourceRequest('get', 'pods'), false],
    [{ ...pods('get'), resources: ['*'] }, resourceRequest('get', 'pods/log'), true],
    [{ ...pods('get'), resources: ['*/log'] }, resourceRequest('get', 'pods/log'), true],
    [{ ...pods('get'), resources: ['*/log'] }, resourceRequest('get', 'pods'), false],
    [{ ...pods('get'), resources: ['*/log'] }, resourceRequest('get', 'pods/xlog'), false],
    [{ ...pods('get'), resources: ['pods/*'] }, resourceRequest('get', 'pods/log'), false],
    [{ ...pods('get'), resources: ['pods/*'] }, resourceRequest('get', 'pods'), false],
    [{ ...pods('get'), resourceNames: ['a', 'b'] }, resourceRequest('get', 'pods', { name: 'b' }), true],
    [{ ...pods('get'), resourceNames: ['a'] }, resourceRequest('get', 'pods', { name: 'b' }), false],
    [{ ...pods('create'), resourceNames: ['a'] }, resourceRequest('create', 'pods'), false],
    [{ ...pods('get'), resourceNames: ['*'] }, resourceRequest('get', 'pods', { name: 'b' }), false],
    [{ ...pods('get'), resourceNames: null }, resourceRequest('get', 'pods', { name: 'b' }), true],
    [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }, pathRequest('get', '/metrics'), true],
    [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }, pathRequest('post', '/metrics'), false],
    [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }, pathRequest('get', '/metrics/x'), false],
    [{ nonResourceURLs: ['/api/*'], verbs: ['get'] }, pathRequest('get', '/api/v1/x'), true],
    [{ nonResourceURLs: ['/api/*'], verbs: ['get'] }, pathRequest('get', '/api'), false],
    [{ nonResourceURLs: ['/api*'], verbs: ['get'] }, pathRequest('get', '/apis'), true],
    [{ nonResourceURLs: ['*'], verbs: ['*'] }, pathRequest('put', '/anything'), true],
    [{ nonResourceURLs: ['/a*/b'], verbs: ['*'] }, pathRequest('get', '/ax/b'), false],
    [{ nonResourceURLs: ['*'], verbs: ['*'] }, resourceRequest('get', 'pods'), false],
    [{ ...pods('*'), resources: ['*'] }, pathRequest('get', '/x'), false],
    [{}, resourceRequest('get', 'pods'), false],
  ])('%j on %j: %j', (rule, attributes, expected) => {
    expect(allows(rule, attributes)).toBe(expected)
  })

  it('with a name is for lists and watches that select it', () => {
    const rule = { ...pods('list'), resourceNames: ['p'] }
    const list = (query: string) =>
      requestInfo('GET', new URL(`/api/v1/namespaces/a/pods${query}`, 'https://localhost'))
    expect(allows(rule, list('?fieldSelector=metadata.name%3Dp'))).toBe(true)
    expect(allows(rule, list(''))).toBe(false)
  })
})

describe('a binding', () => {
  const reader = clusterRole('reader', pods('get'))
  const inA = resourceRequest('get', 'pods', { namespace: 'a' })
  const inB = resourceRequest('get', 'pods', { namespace: 'b' })
  const everywhere = resourceRequest('get', 'pods')

  it('of the cluster is for every namespace, and says why', () => {
    const authorizer = authorizerOf(reader, clusterRoleBinding('b', 'reader', toGroup('team')))
    for (const attributes of [inA, inB, everywhere]) {
      expect(authorizer.authorize(ANN, attributes)).toEqual({
        allowed: true,
        reason: 'RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to Group "team"',
      })
    }
  })

  it('of a namespace is for that one', () => {
    const authorizer = authorizerOf(
      role('a', 'reader', pods('get')),
      roleBinding('a', 'b', { kind: 'Role', name: 'reader' }, toUser('ann')),
    )
    expect(authorizer.authorize(ANN, inA)).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/a" of Role "reader" to User "ann"',
    })
    expect(authorizer.authorize(ANN, inB)).toEqual({ allowed: false, reason: '' })
    expect(authorizer.authorize(ANN, everywhere).allowed).toBe(false)
    expect(authorizer.authorize(userOf('bob'), inA).allowed).toBe(false)
  })

  it('of a namespace does not reach the role of another', () => {
    const authorizer = authorizerOf(
      role('a', 'reader', pods('get')),
      roleBinding('b', 'b', { kind: 'Role', name: 'reader' }, toUser('ann')),
    )
    expect(authorizer.authorize(ANN, inB)).toEqual({
      allowed: false,
      reason: 'RBAC: role.rbac.authorization.k8s.io "reader" not found',
    })
  })

  it('names a service account by its user', () => {
    const user = serviceAccountUser('a', 'robot')
    expect(user).toEqual({
      name: 'system:serviceaccount:a:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
    })
    const local = roleBinding('a', 'b', { kind: 'ClusterRole', name: 'reader' }, toAccount('robot'))
    expect(authorizerOf(reader, local).authorize(user, inA).reason).toBe(
      'RBAC: allowed by RoleBinding "b/a" of ClusterRole "reader" to ServiceAccount "robot/a"',
    )
    const foreign = roleBinding('b', 'b', { kind: 'ClusterRole', name: 'reader' }, toAccount('robot', 'a'))
    expect(authorizerOf(reader, foreign).authorize(user, inB).allowed).toBe(true)
    const nowhere = clusterRoleBinding('b', 'reader', toAccount('robot'))
    expect(authorizerOf(reader, nowhere).authorize(user, inA).allowed).toBe(false)
    const byGroup = clusterRoleBinding('b', 'reader', toGroup('system:serviceaccounts:a'))
    expect(authorizerOf(reader, byGroup).authorize(user, inB).allowed).toBe(true)
  })

  it('to roles that are not there says so, once for each', () => {
    const authorizer = authorizerOf(
      clusterRoleBinding('one', 'x', toUser('ann')),
      clusterRoleBinding('two', 'x', toGroup('team')),
      roleBinding('a', 'three', { kind: 'Role', name: 'y' }, toUser('ann')),
    )
    expect(authorizer.authorize(ANN, inA).reason).toBe(
      'RBAC: [clusterrole.rbac.authorization.k8s.io "x" not found, role.rbac.authorization.k8s.io "y" not found]',
    )
    expect(rulesReviewStatus(authorizer.rulesFor(ANN, ''))).toEqual({
      resourceRules: [],
      nonResourceRules: [],
      incomplete: false,
      evaluationError: 'clusterrole.rbac.authorization.k8s.io "x" not found',
    })
  })

  it('takes part as long as it is there, as it is now', () => {
    const source = new MemoryRbacSource()
    const authorizer = new RbacAuthorizer({ source })
    const may = () => authorizer.authorize(ANN, inA).allowed
    const binding = clusterRoleBinding('b', 'reader', toUser('ann'))
    source.set(binding)
    authorizer.start()
    authorizer.start()
    expect(may()).toBe(false)
    source.set(reader)
    expect(may()).toBe(true)
    source.set(clusterRole('reader', pods('list')))
    expect(may()).toBe(false)
    source.set(reader)
    source.set(clusterRoleBinding('b', 'reader', toUser('bob')))
    expect(may()).toBe(false)
    source.set(binding)
    expect(may()).toBe(true)
    source.delete(reader)
    expect(may()).toBe(false)
    source.set(reader)
    source.delete(binding)
    expect(may()).toBe(false)
    authorizer.stop()
    authorizer.stop()
    expect(source.listenerCount).toBe(0)
  })

  it('that has gone while nobody listened is gone', () => {
    const binding = clusterRoleBinding('b', 'reader', toUser('ann'))
    const source = new MemoryRbacSource([reader, binding])
    const authorizer = new RbacAuthorizer({ source })
    authorizer.start()
    authorizer.stop()
    source.delete(binding)
    expect(authorizer.authorize(ANN, inA).allowed).toBe(true)
    authorizer.start()
    expect(authorizer.authorize(ANN, inA).allowed).toBe(false)
  })

  it('is found among 5,000 in no time', () => {
    const many = Array.from({ length: 5_000 }, (_, index) =>
      clusterRoleBinding(`b${index}`, 'reader', toUser(`user${index}`), toGroup(`group${index}`)),
    )
    const authorizer = authorizerOf(reader, ...many)
    const users = Array.from({ length: 5_000 }, (_, index) => userOf(`user${index}`, 'a', 'b'))
    const tookMs = busyMs(() => {
      expect(users.every((user) => authorizer.authorize(user, inA).allowed)).toBe(true)
    })
    expect(tookMs).toBeLessThan(2_000)
  })
})

describe('system:masters', () => {
  it('may do anything, whatever the roles', () => {
    const authorizer = unionAuthorizer([PRIVILEGED_GROUP_AUTHORIZER, authorizerOf()])
    expect(authorizer.authorize(userOf('root', 'system:masters'), pathRequest('get', '/'))).toEqual({
      allowed: true,
      reason: '',
    })
    expect(authorizer.authorize(ANN, pathRequest('get', '/'))).toEqual({ allowed: false, reason: '' })
  })

  it('is not the only one who has a say', () => {
    const says = (reason: string) => ({ authorize: () => ({ allowed: false, reason }) })
    const authorizer = unionAuthorizer([says('a'), says(''), says('b')])
    expect(authorizer.authorize(ANN, pathRequest('get', '/')).reason).toBe('a\nb')
  })
})

describe('the rules of a user', () => {
  it('are those of his bindings by name, the cluster before the namespace', () => {
    const authorizer = authorizerOf(
      clusterRole('one', pods('get')),
      clusterRole('two', pods('list'), { nonResourceURLs: ['/x'], verbs: ['get'] }),
      role('a', 'three', { ...pods('watch'), resourceNames: ['p'] }),
      roleBinding('a', 'a', { kind: 'Role', name: 'three' }, toUser('ann')),
      clusterRoleBinding('z', 'one', toUser('ann'), toGroup('team')),
      clusterRoleBinding('y', 'two', toGroup('team')),
    )
    expect(rulesReviewStatus(authorizer.rulesFor(ANN, 'a'))).toEqual({
      resourceRules: [
        { verbs: ['list'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
        { verbs: ['watch'], apiGroups: [''], resources: ['pods'], resourceNames: ['p'] },
      ],
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
      incomplete: false,
    })
    expect(authorizer.rulesFor(ANN, 'b').rules).toHaveLength(3)
    expect(authorizer.rulesFor(userOf('bob'), 'a')).toEqual({ rules: [], missing: [] })
  })
})

const few = <T>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 })
const NAMESPACES = ['a', 'b']
const ROLE_NAMES = ['r1', 'r2', 'r3']

const anyRule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc.record({
    verbs: few('get', 'list', '*'),
    apiGroups: few('', 'apps', '*'),
    resources: few('pods', 'pods/log', '*/log', '*', 'pods/*'),
    resourceNames: fc.oneof(fc.constant([]), few('x', 'y')),
  }),
  fc.record({ verbs: few('get', 'post', '*'), nonResourceURLs: few('/a', '/a/*', '/b*', '*') }),
)
const anySubject: fc.Arbitrary<Subject> = fc.oneof(
  fc.constantFrom('ann', 'bob', 'system:serviceaccount:a:robot').map(toUser),
  fc.constantFrom('g1', 'g2').map(toGroup),
  fc.constantFrom(undefined, ...NAMESPACES).map((namespace) => toAccount('robot', namespace)),
  fc.constant<Subject>({ kind: 'Nobody', name: 'ann' }),
)
const anyRoleName = fc.constantFrom(...ROLE_NAMES)
const anyRules = fc.array(anyRule, { maxLength: 2 })
const anyRole: fc.Arbitrary<Role> = fc.oneof(
  fc.tuple(anyRoleName, anyRules).map(([name, rules]) => clusterRole(name, ...rules)),
  fc
    .tuple(fc.constantFrom(...NAMESPACES), anyRoleName, anyRules)
    .map(([namespace, name, rules]) => role(namespace, name, ...rules)),
)
const anySubjects = fc.array(anySubject, { maxLength: 3 })
const anyBinding: fc.Arbitrary<Binding> = fc.oneof(
  fc
    .tuple(fc.constantFrom('b1', 'b2'), anyRoleName, anySubjects)
    .map(([name, roleName, subjects]) => clusterRoleBinding(name, roleName, ...subjects)),
  fc
    .tuple(
      fc.constantFrom(...NAMESPACES),
      fc.constantFrom('b1', 'b2'),
      fc.record({ kind: fc.constantFrom('Role', 'ClusterRole'), name: anyRoleName }),
      anySubjects,
    )
    .map(([namespace, name, roleRef, subjects]) => roleBinding(namespace, name, roleRef, ...subjects)),
)
const anyUser: fc.Arbitrary<User> = fc.oneof(
  fc.record({ name: fc.constantFrom('ann', 'bob'), groups: few('g1', 'g2', 'g3') }),
  fc.constantFrom(...NAMESPACES).map((namespace) => serviceAccountUser(namespace, 'robot')),
)
const anyRequest: fc.Arbitrary<Attributes> = fc.oneof(
  fc.record({
    isResource: fc.constant(true as const),
    verb: fc.constantFrom('get', 'list', 'create'),
    group: fc.constantFrom('', 'apps'),
    resource: fc.constantFrom('pods', 'nodes'),
    subresource: fc.constantFrom('', 'log', '*'),
    namespace: fc.constantFrom('', 'a', 'b', 'c'),
    name: fc.constantFrom('', 'x', 'y'),
  }),
  fc.record({
    isResource: fc.constant(false as const),
    verb: fc.constantFrom('get', 'post'),
    path: fc.constantFrom('/', '/a', '/a/', '/a/b', '/bcd'),
  }),
)

describe('every decision', () => {
  it('is that of somebody who looks at all the objects', () => {
    const step = fc.record({ object: fc.oneof(anyRole, anyBinding), isDeleted: fc.boolean() })
    const question = fc.tuple(anyUser, anyRequest)
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyRole, anyBinding), { maxLength: 12 }),
        fc.array(step, { maxLength: 12 }),
        fc.array(question, { minLength: 5, maxLength: 20 }),
        (objects, steps, questions) => {
          const source = new MemoryRbacSource(objects)
          const authorizer = new RbacAuthorizer({ source })
          authorizer.start()
          for (const { object, isDeleted } of steps) {
            if (isDeleted) source.delete(object)
            else source.set(object)
          }
          for (const [user, attributes] of questions) {
            const reasons = naiveReasons(source, user, attributes)
            const { allowed, reason } = authorizer.authorize(user, attributes)
            expect(allowed).toBe(reasons.length > 0)
            if (allowed) expect(reasons).toContain(reason)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** By the words of the documentation, without an index: all that would be a reason to allow it. */
function naiveReasons({ objects }: MemoryRbacSource, user: User, attributes: Attributes): string[] {
  const namespace = attributes.isResource ? attributes.namespace : ''
  const bindings = objects.filter((each): each is Binding => 'roleRef' in each)
  return bindings
    .filter(({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace)
    .flatMap(({ kind, metadata, roleRef, subjects }) => {
      const target = objects.find(
        (each) =>
          each.kind === roleRef.kind &&
          each.metadata.name === roleRef.name &&
          (each.kind === 'ClusterRole' || each.metadata.namespace === metadata.namespace),
      ) as Role | undefined
      if (!target?.rules?.some((rule) => naivelyAllows(rule, attributes))) return []
      const home = metadata.namespace === undefined ? '' : `/${metadata.namespace}`
      return (subjects ?? [])
        .filter((subject) => isSubject(user, subject, metadata.namespace))
        .map((subject) => {
          const place = subject.kind === 'ServiceAccount' ? `/${subject.namespace ?? metadata.namespace}` : ''
          return `RBAC: allowed by ${kind} "${metadata.name}${home}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${subject.name}${place}"`
        })
    })
}

function isSubject(user: User, { kind, name, namespace }: Subject, home: string | undefined): boolean {
  if (kind === 'User') return user.name === name
  if (kind === 'Group') return user.groups.includes(name)
  const of = namespace ?? home
  return kind === 'ServiceAccount' && of !== undefined && user.name === `system:serviceaccount:${of}:${name}`
}

function naivelyAllows(rule: PolicyRule, attributes: Attributes): boolean {
  const has = (names: PolicyRule['verbs'], ...wanted: string[]) =>
    (names ?? []).some((name) => wanted.includes(name))
  if (!has(rule.verbs, attributes.verb, '*')) return false
  if (!attributes.isResource) {
    const { path } = attributes
    return (rule.nonResourceURLs ?? []).some((url) =>
      url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : path === url,
    )
  }
  const { group, resource, subresource, name } = attributes
  const wanted = subresource === '' ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`]
  return (
    has(rule.apiGroups, group, '*') &&
    has(rule.resources, '*', ...wanted) &&
    ((rule.resourceNames ?? []).length === 0 || has(rule.resourceNames, name))
  )
}
