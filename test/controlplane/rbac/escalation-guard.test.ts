import { describe, expect, it } from 'vitest'
import { StatusError } from '../../../src/controlplane/api/status.ts'
import {
  type Binding,
  type ClusterRole,
  EscalationGuard,
  type PolicyRule,
  RBAC_GROUP,
  type Role,
  type User,
} from '../../../src/controlplane/rbac/index.ts'
import {
  authorizerOf,
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
  toUser,
  userOf,
} from './rbac-fixture.ts'

const CAROL = userOf('carol', 'dev', 'system:authenticated')
const pods = (...verbs: string[]): PolicyRule => ({ apiGroups: [''], resources: ['pods'], verbs })
const SECRETS: PolicyRule = { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }
const may = (verb: string, resource: string, ...resourceNames: string[]): PolicyRule => ({
  apiGroups: [RBAC_GROUP],
  resources: [resource],
  verbs: [verb],
  ...(resourceNames.length > 0 ? { resourceNames } : {}),
})
const EVERYTHING: PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
]

/** A cluster in which carol holds these rules everywhere. */
function guardOf(rules: readonly PolicyRule[], ...more: readonly (Role | Binding)[]): EscalationGuard {
  const authorizer = authorizerOf(
    clusterRole('carols', ...rules),
    clusterRoleBinding('carols', 'carols', toUser('carol')),
    ...more,
  )
  return new EscalationGuard({ authorizer, rules: authorizer })
}

const request = (namespace = 'a', name = '', user: User = CAROL) => ({ user, namespace, name })

describe('whoever writes a role', () => {
  it('must hold its rules', () => {
    const guard = guardOf([pods('get')])
    guard.checkRole(request(), role('a', 'fine', pods('get')))
    const error = refusal(() => guard.checkRole(request(), role('a', 'esc', pods('get', 'list'), SECRETS)))
    expect(error.toStatus()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'roles.rbac.authorization.k8s.io "esc" is forbidden: user "carol" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["list"]}\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
      reason: 'Forbidden',
      details: { name: 'esc', group: RBAC_GROUP, kind: 'roles' },
      code: 403,
    })
  })

  it('must hold them where the role applies', () => {
    const guard = guardOf(
      [],
      role('a', 'local', pods('get')),
      roleBinding('a', 'local', { kind: 'Role', name: 'local' }, toUser('carol')),
    )
    guard.checkRole(request('a'), role('a', 'r', pods('get')))
    expect(refusal(() => guard.checkRole(request('b'), role('b', 'r', pods('get')))).reason).toBe('Forbidden')
    expect(refusal(() => guard.checkRole(request(''), clusterRole('r', pods('get')))).message).toMatch(
      /^clusterroles\.rbac\.authorization\.k8s\.io "r" is forbidden: user "carol"/,
    )
  })

  it('is told of roles that might have held them', () => {
    const guard = guardOf(
      [],
      clusterRoleBinding('gone', 'gone', toUser('carol')),
      roleBinding('a', 'gone', { kind: 'Role', name: 'gone' }, toUser('carol')),
    )
    expect(refusal(() => guard.checkRole(request(), role('a', 'r', pods('get')))).message).toMatch(
      /Verbs:\["get"\]}; resolution errors: \[\[clusterroles\.rbac\.authorization\.k8s\.io "gone" not found, roles\.rbac\.authorization\.k8s\.io "gone" not found]]$/,
    )
  })

  it('is exempt when he may escalate it', () => {
    guardOf([may('escalate', 'roles')]).checkRole(request(), role('a', 'esc', SECRETS))
    const byName = guardOf([may('escalate', 'roles', 'esc')])
    byName.checkRole(request('a', 'esc'), role('a', 'esc', SECRETS), role('a', 'esc'))
    // A create names nothing in its path.
    expect(refusal(() => byName.checkRole(request('a', ''), role('a', 'esc', SECRETS))).reason).toBe(
      'Forbidden',
    )
    expect(
      refusal(() => guardOf([may('escalate', 'roles')]).checkRole(request(''), clusterRole('esc', SECRETS)))
        .reason,
    ).toBe('Forbidden')
  })

  it('is exempt as a member of system:masters', () => {
    const root = userOf('root', 'system:masters')
    guardOf([]).checkRole(request('', '', root), clusterRole('all', ...EVERYTHING))
    guardOf([]).checkBinding(request('', '', root), clusterRoleBinding('b', 'none', toUser('x')))
  })

  it('may leave it to the garbage collector', () => {
    const old = role('a', 'esc', SECRETS)
    const released = { ...old, metadata: { ...old.metadata, finalizers: [], ownerReferences: [] } }
    guardOf([]).checkRole(request('a', 'esc'), released, old)
    const labelled = { ...old, metadata: { ...old.metadata, labels: { a: 'b' } } }
    expect(refusal(() => guardOf([]).checkRole(request('a', 'esc'), labelled, old)).reason).toBe('Forbidden')
  })

  it('must hold everything to have it aggregated', () => {
    const aggregating = (name: string): ClusterRole => ({
      ...clusterRole(name),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] },
    })
    guardOf(EVERYTHING).checkRole(request(''), aggregating('r'))
    const guard = guardOf([pods('*')])
    for (const [after, before] of [
      [aggregating('r'), undefined],
      [clusterRole('r'), aggregating('r')],
    ] as const) {
      expect(refusal(() => guard.checkRole(request(''), after, before)).message).toBe(
        'clusterroles.rbac.authorization.k8s.io "r" is forbidden: must have cluster-admin privileges to use the aggregationRule',
      )
    }
  })
})

describe('whoever binds a role', () => {
  const reader = clusterRole('reader', SECRETS)
  const binding = roleBinding('a', 'b', { kind: 'ClusterRole', name: 'reader' }, toUser('dave'))

  it('must hold its rules', () => {
    guardOf([SECRETS], reader).checkBinding(request(), binding)
    const error = refusal(() => guardOf([pods('get')], reader).checkBinding(request(), binding))
    expect(error.message).toBe(
      'rolebindings.rbac.authorization.k8s.io "b" is forbidden: user "carol" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
    )
    const ofCluster = clusterRoleBinding('', 'reader', toUser('dave'))
    expect(refusal(() => guardOf([], reader).checkBinding(request(''), ofCluster)).message).toMatch(
      /^clusterrolebindings\.rbac\.authorization\.k8s\.io is forbidden: user "carol"/,
    )
  })

  it('is exempt when he may bind it', () => {
    guardOf([may('bind', 'clusterroles', 'reader')], reader).checkBinding(request(), binding)
    expect(
      refusal(() => guardOf([may('bind', 'clusterroles', 'other')], reader).checkBinding(request(), binding))
        .reason,
    ).toBe('Forbidden')
    expect(
      refusal(() => guardOf([may('bind', 'roles')], reader).checkBinding(request(), binding)).reason,
    ).toBe('Forbidden')
  })

  it('cannot bind what is not there, unless he may bind anything', () => {
    expect(refusal(() => guardOf([]).checkBinding(request(), binding)).toStatus()).toMatchObject({
      message: 'clusterroles.rbac.authorization.k8s.io "reader" not found',
      reason: 'NotFound',
      code: 404,
    })
    guardOf([may('bind', '*')]).checkBinding(request(), binding)
    const strange = roleBinding('a', 'b', { kind: 'Strange', name: 'r' })
    expect(refusal(() => guardOf(EVERYTHING).checkBinding(request(), strange)).message).toBe(
      'unsupported role reference kind: "Strange"',
    )
  })

  it('may leave it to the garbage collector', () => {
    const released = { ...binding, metadata: { ...binding.metadata, finalizers: [] } }
    guardOf([], reader).checkBinding(request('a', 'b'), released, binding)
  })
})

function refusal(act: () => unknown): StatusError {
  try {
    act()
  } catch (error) {
    if (error instanceof StatusError) return error
    throw error
  }
  throw new Error('it was not refused')
}
