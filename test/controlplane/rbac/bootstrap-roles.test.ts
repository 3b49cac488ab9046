import { describe, expect, it } from 'vitest'
import {
  aggregatedRules,
  BOOTSTRAP_CLUSTER_ROLE_BINDINGS,
  BOOTSTRAP_CLUSTER_ROLES,
  BOOTSTRAP_ROLE_BINDINGS,
  BOOTSTRAP_ROLES,
  clusterRoleBindingErrors,
  clusterRoleErrors,
  type PolicyRule,
  roleBindingErrors,
  roleErrors,
  rulesReviewStatus,
  serviceAccountUser,
} from '../../../src/controlplane/rbac/index.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import {
  authorizerOf,
  clusterRole,
  pathRequest,
  resourceRequest,
  roleBinding,
  toUser,
  userOf,
} from './rbac-fixture.ts'

const ALL = [
  ...BOOTSTRAP_CLUSTER_ROLES,
  ...BOOTSTRAP_CLUSTER_ROLE_BINDINGS,
  ...BOOTSTRAP_ROLES,
  ...BOOTSTRAP_ROLE_BINDINGS,
]
const AUTHENTICATED = 'system:authenticated'

describe('the roles that a server starts with', () => {
  it('are valid, and each is there once', () => {
    for (const each of BOOTSTRAP_CLUSTER_ROLES) expect(clusterRoleErrors(each)).toEqual([])
    for (const each of BOOTSTRAP_CLUSTER_ROLE_BINDINGS) expect(clusterRoleBindingErrors(each)).toEqual([])
    for (const each of BOOTSTRAP_ROLES) expect(roleErrors(each)).toEqual([])
    for (const each of BOOTSTRAP_ROLE_BINDINGS) expect(roleBindingErrors(each)).toEqual([])
    const keys = ALL.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('are marked as such', () => {
    for (const { metadata } of ALL) {
      expect(metadata.labels).toMatchObject({ 'kubernetes.io/bootstrapping': 'rbac-defaults' })
      expect(metadata.annotations).toEqual({ 'rbac.authorization.kubernetes.io/autoupdate': 'true' })
    }
  })

  it('are there for every binding', () => {
    const authorizer = authorizerOf(...ALL)
    for (const { roleRef, metadata } of [...BOOTSTRAP_CLUSTER_ROLE_BINDINGS, ...BOOTSTRAP_ROLE_BINDINGS])
      expect(authorizer.rulesOf(roleRef, metadata.namespace ?? '')).toBeDefined()
  })

  it('give a service account what a kube-apiserver gave it', () => {
    const bob = serviceAccountUser('rec', 'bob')
    const rules = authorizerOf(...ALL).rulesFor({ ...bob, groups: [...bob.groups, AUTHENTICATED] }, 'rec')
    const { status } = recordedExchange('self subject rules review').response.body as {
      status: { nonResourceRules: PolicyRule[] }
    }
    // That server was of a distribution which has a role more.
    const nonResourceRules = status.nonResourceRules.filter(
      ({ nonResourceURLs }) => !nonResourceURLs?.includes('/.well-known'),
    )
    expect(JSON.stringify(rulesReviewStatus(rules))).toBe(JSON.stringify({ ...status, nonResourceRules }))
  })

  it('let anybody see that the server is there, and whoever has authenticated what it has', () => {
    const authorizer = authorizerOf(...ALL)
    const anonymous = userOf('system:anonymous', 'system:unauthenticated')
    const may = (user: typeof anonymous, path: string) =>
      authorizer.authorize(user, pathRequest('get', path)).allowed
    expect(['/version', '/livez', '/apis', '/metrics'].map((path) => may(anonymous, path))).toEqual([
      true,
      true,
      false,
      false,
    ])
    expect(may(userOf('ann', AUTHENTICATED), '/apis/apps/v1')).toBe(true)
    expect(may(userOf('prometheus', 'system:monitoring'), '/metrics')).toBe(true)
  })

  it('let admins do what editors do, and those what viewers do', () => {
    const may = (roleName: string, verb: string, resource: string, group = '') =>
      authorizerOf(
        ...ALL,
        roleBinding('a', 'b', { kind: 'ClusterRole', name: roleName }, toUser('ann')),
      ).authorize(userOf('ann'), resourceRequest(verb, resource, { namespace: 'a', group })).allowed
    const table: [
      verb: string,
      resource: string,
      group: string,
      view: boolean,
      edit: boolean,
      admin: boolean,
    ][] = [
      ['get', 'pods', '', true, true, true],
      ['get', 'secrets', '', false, true, true],
      ['create', 'deployments', 'apps', false, true, true],
      ['create', 'serviceaccounts/token', '', false, true, true],
      ['create', 'roles', 'rbac.authorization.k8s.io', false, false, true],
      ['update', 'resourcequotas', '', false, false, false],
    ]
    for (const [verb, resource, group, ...expected] of table)
      expect(['view', 'edit', 'admin'].map((name) => may(name, verb, resource, group))).toEqual(expected)
  })

  it('let each controller do its work', () => {
    const authorizer = authorizerOf(...ALL)
    const may = (name: string, ...attributes: Parameters<typeof resourceRequest>) =>
      authorizer.authorize(serviceAccountUser('kube-system', name), resourceRequest(...attributes)).allowed
    expect(
      may('namespace-controller', 'deletecollection', 'widgets', { group: 'example.com', namespace: 'a' }),
    ).toBe(true)
    expect(may('service-account-controller', 'create', 'serviceaccounts', { namespace: 'a' })).toBe(true)
    expect(may('service-account-controller', 'delete', 'serviceaccounts', { namespace: 'a' })).toBe(false)
    const signer = { group: 'certificates.k8s.io', name: 'kubernetes.io/kube-apiserver-client' }
    expect(may('certificate-controller', 'sign', 'signers', signer)).toBe(true)
    expect(may('certificate-controller', 'approve', 'signers', signer)).toBe(false)
  })
})

describe('an aggregated role', () => {
  const labelled = (name: string, value: string, ...rules: PolicyRule[]) => {
    const plain = clusterRole(name, ...rules)
    return { ...plain, metadata: { ...plain.metadata, labels: { to: value } } }
  }
  const pods = (...verbs: string[]): PolicyRule => ({ apiGroups: [''], resources: ['pods'], verbs })
  const selecting = (...values: string[]) => ({
    ...labelled('sum', 'x', pods('own')),
    aggregationRule: { clusterRoleSelectors: values.map((to) => ({ matchLabels: { to } })) },
  })

  it('has the rules of those that it selects, each once, by selector and name, but not its own', () => {
    const sum = selecting('y', 'x')
    const all = [
      labelled('c', 'x', pods('c'), pods('b')),
      labelled(
        'b',
        'x',
        pods('b'),
        { ...pods('b'), resourceNames: [] },
        { ...pods('b'), resourceNames: ['n'] },
      ),
      labelled('a', 'y', pods('a')),
      labelled('z', 'z', pods('z')),
      sum,
    ]
    expect(aggregatedRules(sum, all)).toEqual([
      pods('a'),
      pods('b'),
      { ...pods('b'), resourceNames: ['n'] },
      pods('c'),
    ])
  })

  it('has none without selectors, and any other keeps its own', () => {
    expect(aggregatedRules(selecting(), [labelled('a', 'x', pods('a'))])).toEqual([])
    expect(aggregatedRules(clusterRole('plain', pods('own')), [])).toBeUndefined()
  })

  it('is among those that a server starts with, complete', () => {
    for (const each of BOOTSTRAP_CLUSTER_ROLES)
      expect(aggregatedRules(each, BOOTSTRAP_CLUSTER_ROLES) ?? each.rules).toEqual(each.rules)
  })
})
