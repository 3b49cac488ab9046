import { describe, expect, it } from 'vitest'
import { causesOfCreating, createdAs, kindNamed } from '../kind-writer.ts'

const GROUP = 'rbac.authorization.k8s.io'

describe('roles and bindings', () => {
  it.each(['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'])(
    '%s are made by replacing',
    (name) => {
      expect(kindNamed(`${name}.${GROUP}`).type.strategy).toMatchObject({
        allowsCreateOnUpdate: true,
        countsGenerations: false,
      })
    },
  )

  it.each([
    ['system:controller:x', []],
    ['a/b', ['metadata.name: Invalid value: "a/b": may not contain \'/\'']],
  ])('are named like a part of a path: %s', async (name, causes) => {
    expect(await causesOfCreating(`clusterroles.${GROUP}`, { metadata: { name } })).toEqual(causes)
  })

  it('name groups of users by default', async () => {
    const binding = {
      metadata: { name: 'b' },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'User', name: 'u' }],
    }
    expect(await createdAs(`clusterrolebindings.${GROUP}`, binding)).toMatchObject({
      roleRef: { apiGroup: GROUP },
      subjects: [{ kind: 'User', apiGroup: GROUP, name: 'u' }],
    })
  })

  it('are bound in all namespaces only by roles of all namespaces', async () => {
    const binding = { metadata: { name: 'b' }, roleRef: { kind: 'Role', name: 'r' } }
    expect(await causesOfCreating(`clusterrolebindings.${GROUP}`, binding)).toEqual([
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ])
  })
})
