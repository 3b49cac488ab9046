import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AddOnHub, conditionOf } from './hub.ts'

const LABELS = (name: string) => ({
  'addon.open-cluster-management.io/name': name,
  'addon.open-cluster-management.io/token-infrastructure': 'true',
})
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/c1'
const TOKEN = {
  kubeClientDriver: 'token',
  registrations: [{ signerName: 'example.com/other' }, { signerName: 'kubernetes.io/kube-apiserver-client' }],
}

describe('accounts of agents that show tokens', () => {
  let hub: AddOnHub
  let count = 0
  let name = ''

  beforeAll(async () => {
    hub = await AddOnHub.start()
    await hub.cluster('c1')
  })

  afterAll(() => hub.close())

  beforeEach(async () => {
    name = `a${++count}`
    await hub.management(name, {})
    await hub.addOn('c1', name)
    await registered(TOKEN)
    await ready()
  })

  const registered = (status: object) => hub.patch(`${hub.addOnPath('c1', name)}/status`, { status })
  const ready = () =>
    hub.seen(hub.addOnPath('c1', name), 'its account is ready', (addOn) =>
      Boolean(conditionOf(addOn, 'TokenInfrastructureReady')),
    )
  const paths = () => ({
    account: `/api/v1/namespaces/c1/serviceaccounts/${name}-agent`,
    role: `${RBAC}/roles/${name}-token-role`,
    binding: `${RBAC}/rolebindings/${name}-token-role`,
  })

  it('are made, with the right of the cluster to ask for their tokens', async () => {
    const { account, role, binding } = paths()
    const { json: serviceAccount } = await hub.server.admin.get(account)
    expect(serviceAccount.metadata.labels).toEqual(LABELS(name))
    const { json: rules } = await hub.server.admin.get(role)
    expect(rules).toMatchObject({
      metadata: { labels: LABELS(name) },
      rules: [
        {
          apiGroups: [''],
          resources: ['serviceaccounts/token'],
          resourceNames: [`${name}-agent`],
          verbs: ['create'],
        },
        { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['subscribe'] },
      ],
    })
    const { json: bound } = await hub.server.admin.get(binding)
    expect(bound).toMatchObject({
      metadata: { labels: LABELS(name) },
      roleRef: { kind: 'Role', name: `${name}-token-role` },
      subjects: [
        { kind: 'Group', name: 'system:open-cluster-management:c1' },
        { kind: 'Group', name: 'open-cluster-management:c1' },
      ],
    })
    expect(conditionOf(await ready(), 'TokenInfrastructureReady')).toMatchObject({
      status: 'True',
      reason: 'TokenInfrastructureReady',
      message: `ServiceAccount c1/${name}-agent (UID: ${serviceAccount.metadata.uid}) is ready`,
    })
  })

  it('are made again, and put right again', async () => {
    const { account, role, binding } = paths()
    const { uid } = (await hub.server.admin.get(account)).json.metadata
    await hub.delete(account)
    const remade = await hub.seen(
      account,
      'it is there again',
      ({ metadata }) => metadata?.uid && metadata.uid !== uid,
    )
    await hub.seen(hub.addOnPath('c1', name), 'the new account is told', (addOn) =>
      conditionOf(addOn, 'TokenInfrastructureReady').message.includes(remade.metadata.uid),
    )
    await hub.patch(role, { rules: [], metadata: { labels: null } })
    await hub.seen(
      role,
      'it has its rules and labels',
      ({ rules, metadata }) => rules?.length === 2 && metadata.labels,
    )
    const { json } = await hub.server.admin.get(binding)
    await hub.patch(binding, { subjects: [] })
    await hub.seen(
      binding,
      'it has its subjects',
      ({ subjects }) => subjects?.length === json.subjects.length,
    )
  })

  it('take the place of what had their names', async () => {
    const other = `${name}-other`
    const binding = `${RBAC}/rolebindings/${other}-token-role`
    await hub.create(`${RBAC}/rolebindings`, 'RoleBinding', {
      metadata: { name: `${other}-token-role`, labels: { mine: 'x' } },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mine' },
    })
    await hub.create('/api/v1/namespaces/c1/serviceaccounts', 'ServiceAccount', {
      metadata: { name: `${other}-agent`, labels: { mine: 'x' } },
    })
    await hub.management(other, {})
    await hub.addOn('c1', other)
    await hub.patch(`${hub.addOnPath('c1', other)}/status`, { status: TOKEN })
    const { roleRef } = await hub.seen(
      binding,
      'it is to the right role',
      ({ subjects }) => subjects?.length === 2,
    )
    expect(roleRef.name).toBe(`${other}-token-role`)
    const { json } = await hub.server.admin.get(`/api/v1/namespaces/c1/serviceaccounts/${other}-agent`)
    expect(json.metadata.labels).toEqual({ ...LABELS(other), mine: 'x' })
  })

  it('go when the agent shows certificates again', async () => {
    await registered({ kubeClientDriver: 'csr' })
    for (const path of Object.values(paths())) await hub.gone(path)
    await hub.seen(
      hub.addOnPath('c1', name),
      'nothing is said of an account',
      (addOn) => !conditionOf(addOn, 'TokenInfrastructureReady'),
    )
  })

  it('go with the add-on', async () => {
    await hub.delete(hub.addOnPath('c1', name))
    for (const path of Object.values(paths())) await hub.gone(path)
  })
})
