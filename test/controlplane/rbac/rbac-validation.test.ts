import { describe, expect, it } from 'vitest'
import type { FieldError } from '../../../src/controlplane/api/field-error.ts'
import { invalidObject } from '../../../src/controlplane/api/status.ts'
import {
  type Binding,
  bindingUpdateErrors,
  clusterRoleBindingErrors,
  clusterRoleErrors,
  RBAC_GROUP,
  type Role,
  roleBindingErrors,
  roleErrors,
  withBindingDefaults,
} from '../../../src/controlplane/rbac/index.ts'
import type { KubeObject } from '../../../src/controlplane/registry/kube-object.ts'
import { recordedExchange } from '../../support/recorded-apiserver.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding, toAccount, toUser } from './rbac-fixture.ts'

const texts = (errors: readonly FieldError[]) => errors.map(({ field, message }) => `${field}: ${message}`)

describe('a role', () => {
  it('must have verbs, as a kube-apiserver said', () => {
    const { request, response } = recordedExchange('role bad verb list')
    const errors = roleErrors(request.body as Role)
    expect(invalidObject({ group: RBAC_GROUP, kind: 'Role' }, 'bad', errors).toStatus()).toEqual(
      response.body,
    )
  })

  it('must be for something', () => {
    expect(roleErrors(role('a', 'r'))).toEqual([])
    expect(
      texts(roleErrors(role('a', 'r', {}, { verbs: ['get'], apiGroups: [''], resources: ['pods'] }))),
    ).toEqual([
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ])
  })

  it('is for resources or for paths, the latter only in the whole cluster', () => {
    const rule = { verbs: ['get'], nonResourceURLs: ['/x'] }
    expect(clusterRoleErrors(clusterRole('r', rule))).toEqual([])
    expect(texts(roleErrors(role('a', 'r', { ...rule, resources: ['pods'] })))).toEqual([
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
    ])
  })

  it('that aggregates must select', () => {
    const aggregating = (...clusterRoleSelectors: object[]) =>
      texts(clusterRoleErrors({ ...clusterRole('r'), aggregationRule: { clusterRoleSelectors } as never }))
    expect(aggregating({ matchLabels: { a: 'b' } })).toEqual([])
    expect(aggregating()).toEqual([
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ])
    expect(aggregating({}, { matchExpressions: [{ key: 'a', operator: 'Near' }] })).toEqual([
      'aggregationRule.clusterRoleSelectors[1].matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
      'aggregationRule.clusterRoleSelectors[1]: Invalid value: null: invalid label selector.',
    ])
  })
})

describe('a binding', () => {
  it('keeps its role, as a kube-apiserver said', () => {
    const { response } = recordedExchange('role binding roleRef immutable')
    const old = recordedExchange('role binding').request.body as Binding
    const errors = bindingUpdateErrors({ ...old, roleRef: { ...old.roleRef, name: 'edit' } }, old)
    expect(invalidObject({ group: RBAC_GROUP, kind: 'RoleBinding' }, 'rb', errors).toStatus()).toEqual(
      response.body,
    )
    expect(bindingUpdateErrors({ ...old, subjects: [] }, old)).toEqual([])
  })

  it('is completed with what a client need not write', () => {
    const body = recordedExchange('role binding').request.body as Binding
    const answer = recordedExchange('role binding').response.body as Binding
    const { roleRef, subjects } = withBindingDefaults(body)
    expect({ roleRef, subjects }).toEqual({ roleRef: answer.roleRef, subjects: answer.subjects })
    const terse = { kind: 'RoleBinding', apiVersion: `${RBAC_GROUP}/v1`, metadata: { name: 'b' } }
    expect(
      withBindingDefaults({
        ...terse,
        roleRef: { kind: 'Role', name: 'r' },
        subjects: [
          { kind: 'User', name: 'u' },
          { kind: 'Group', name: 'g' },
          { kind: 'ServiceAccount', name: 's' },
        ],
      }),
    ).toEqual({
      ...terse,
      subjects: [
        { kind: 'User', apiGroup: RBAC_GROUP, name: 'u' },
        { kind: 'Group', apiGroup: RBAC_GROUP, name: 'g' },
        { kind: 'ServiceAccount', name: 's' },
      ],
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: 'r' },
    })
  })

  it('must refer to a role', () => {
    const empty: KubeObject = { kind: 'RoleBinding', apiVersion: `${RBAC_GROUP}/v1`, metadata: { name: 'b' } }
    expect(texts(roleBindingErrors(withBindingDefaults(empty)))).toEqual([
      'roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"',
      'roleRef.name: Required value',
    ])
    const strange = roleBinding('a', 'b', { apiGroup: 'x', kind: 'Role', name: 'a/b%' })
    expect(texts(roleBindingErrors(strange))).toEqual([
      'roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"',
      `roleRef.name: Invalid value: "a/b%": may not contain '/'`,
      `roleRef.name: Invalid value: "a/b%": may not contain '%'`,
    ])
    const ofCluster = {
      ...clusterRoleBinding('b', 'r'),
      roleRef: { apiGroup: RBAC_GROUP, kind: 'Role', name: 'r' },
    }
    expect(texts(clusterRoleBindingErrors(ofCluster))).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ])
  })

  it('must have subjects that can be', () => {
    const subjects = [
      toUser('fine'),
      toAccount('fine', 'a'),
      toAccount('fine'),
      toAccount(''),
      toAccount('Not Fine', 'a'),
      { ...toAccount('s', 'a'), apiGroup: RBAC_GROUP },
      { kind: 'User', name: '' },
      { kind: 'Robot', name: 'r' },
    ]
    const problems = texts(clusterRoleBindingErrors(clusterRoleBinding('b', 'r', ...subjects)))
    expect(problems).toEqual([
      'subjects[2].namespace: Required value',
      'subjects[3].name: Required value',
      'subjects[3].namespace: Required value',
      expect.stringMatching(
        /^subjects\[4]\.name: Invalid value: "Not Fine": a lowercase RFC 1123 subdomain must/,
      ),
      'subjects[5].apiGroup: Unsupported value: "rbac.authorization.k8s.io": supported values: ""',
      'subjects[6].name: Required value',
      'subjects[6].apiGroup: Unsupported value: "": supported values: "rbac.authorization.k8s.io"',
      'subjects[7].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ])
    const inNamespace = roleBinding('a', 'b', { kind: 'ClusterRole', name: 'r' }, toAccount('fine'))
    expect(roleBindingErrors(inNamespace)).toEqual([])
  })
})
