import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANAGED_CLUSTER_ADD_ONS } from '../../../src/apis/addon/v1alpha1.ts'
import { HUB_ACCEPTED_CONDITION } from '../../../src/apis/cluster/constants.ts'
import { MANAGED_CLUSTERS } from '../../../src/apis/cluster/v1.ts'
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  LEASES,
  NAMESPACES,
  ROLE_BINDINGS,
} from '../../../src/apis/resources.ts'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { type AnyObject, conditionsOf, conditionText, HubBench } from './hub-bench.ts'

let hub: HubBench

beforeAll(async () => {
  hub = await HubBench.start({ hub: { labels: { team: 'blue' } } })
})

afterAll(() => hub.close())

const PREFIX = 'open-cluster-management:managedcluster'
const LABEL = 'open-cluster-management.io/cluster-name'
const GROUP = { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io' }
const roleRef = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name })
const subjectsOf = (cluster: string) => [
  { ...GROUP, name: `system:open-cluster-management:${cluster}` },
  { ...GROUP, name: `open-cluster-management:${cluster}` },
]

async function create(name: string, spec: object = { hubAcceptsClient: true }): Promise<void> {
  await hub.create(MANAGED_CLUSTERS, { metadata: { name }, spec })
}
const untilHubAccepted = (name: string, status: string) =>
  hub.untilOne(MANAGED_CLUSTERS, { name }, (each) => conditionsOf(each)[HUB_ACCEPTED_CONDITION] === status)
async function accepted(name: string): Promise<AnyObject> {
  await create(name)
  return untilHubAccepted(name, 'True')
}
const workBindingOf = (name: string) => ({ namespace: name, name: `${PREFIX}:${name}:work` })
async function addWork(name: string): Promise<void> {
  const metadata = { namespace: name, name: 'w', finalizers: ['example.com/agent'] }
  await hub.create(MANIFEST_WORKS, { metadata, spec: {} })
}
const releaseWork = (name: string) =>
  hub.merge(MANIFEST_WORKS, { namespace: name, name: 'w' }, { metadata: { finalizers: null } })

describe('a cluster that is accepted', () => {
  it('gets its namespace, its rights and its lease, as the original has them', async () => {
    const cluster = await accepted('c1')
    expect(conditionText(cluster, HUB_ACCEPTED_CONDITION)).toBe(
      'True HubClusterAdminAccepted: Accepted by hub cluster admin',
    )
    expect(cluster.metadata.finalizers).toEqual(
      expect.arrayContaining([
        'cluster.open-cluster-management.io/api-resource-cleanup',
        'cluster.open-cluster-management.io/resource-cleanup',
      ]),
    )
    const labels = { [LABEL]: 'c1', team: 'blue' }
    const namespace = await hub.resource(NAMESPACES).get({ name: 'c1' })
    expect(namespace.metadata.labels).toMatchObject(labels)

    const role = await hub.resource(CLUSTER_ROLES).get({ name: `${PREFIX}:c1` })
    expect(role.metadata.labels).toEqual(labels)
    expect(role.rules).toEqual([
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['certificatesigningrequests'],
        verbs: ['create', 'get', 'list', 'watch'],
      },
      {
        apiGroups: ['register.open-cluster-management.io'],
        resources: ['managedclusters/clientcertificates'],
        verbs: ['renew'],
      },
      {
        apiGroups: ['cluster.open-cluster-management.io'],
        resources: ['managedclusters'],
        resourceNames: ['c1'],
        verbs: ['get', 'list', 'update', 'watch'],
      },
      {
        apiGroups: ['cluster.open-cluster-management.io'],
        resources: ['managedclusters/status'],
        resourceNames: ['c1'],
        verbs: ['patch', 'update'],
      },
    ])
    expect(await hub.resource(CLUSTER_ROLE_BINDINGS).get({ name: `${PREFIX}:c1` })).toMatchObject({
      metadata: { labels },
      roleRef: roleRef(`${PREFIX}:c1`),
      subjects: subjectsOf('c1'),
    })
    const registration = { namespace: 'c1', name: `${PREFIX}:c1:registration` }
    const binding = await hub.resource(ROLE_BINDINGS).get(registration)
    expect(binding).toMatchObject({
      metadata: { labels },
      roleRef: roleRef(`${PREFIX}:registration`),
      subjects: subjectsOf('c1'),
    })
    expect(binding.metadata.finalizers).toBeUndefined()
    expect(await hub.resource(ROLE_BINDINGS).get(workBindingOf('c1'))).toMatchObject({
      metadata: { labels, finalizers: ['cluster.open-cluster-management.io/manifest-work-cleanup'] },
      roleRef: roleRef(`${PREFIX}:work`),
      subjects: subjectsOf('c1'),
    })
    const lease = await hub.untilOne(LEASES, { namespace: 'c1', name: 'managed-cluster-lease' }, () => true)
    expect(lease).toMatchObject({
      metadata: { labels: { [LABEL]: 'c1' } },
      spec: { holderIdentity: 'managed-cluster-lease', renewTime: expect.any(String) },
    })
  })

  it('shares two roles with all clusters', async () => {
    const shared = await hub.untilOne(CLUSTER_ROLES, { name: `${PREFIX}:registration` }, () => true)
    expect(shared.metadata.labels).toEqual({ [LABEL]: '', team: 'blue' })
    expect(shared.rules).toEqual([
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        verbs: ['get', 'list', 'watch', 'update'],
      },
      {
        apiGroups: ['addon.open-cluster-management.io'],
        resources: ['managedclusteraddons'],
        verbs: ['get', 'list', 'watch'],
      },
      {
        apiGroups: ['addon.open-cluster-management.io'],
        resources: ['managedclusteraddons/status'],
        verbs: ['patch', 'update'],
      },
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
    ])
    const work = await hub.untilOne(CLUSTER_ROLES, { name: `${PREFIX}:work` }, () => true)
    expect(work.rules).toEqual([
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
      {
        apiGroups: ['work.open-cluster-management.io'],
        resources: ['manifestworks'],
        verbs: ['get', 'list', 'watch', 'update', 'patch'],
      },
      {
        apiGroups: ['work.open-cluster-management.io'],
        resources: ['manifestworks/status'],
        verbs: ['patch', 'update'],
      },
    ])
  })

  it('gets back what somebody has changed or deleted', async () => {
    await accepted('healed')
    const key = { namespace: 'healed', name: `${PREFIX}:healed:registration` }
    await hub.resource(ROLE_BINDINGS).delete(key)
    await hub.merge(CLUSTER_ROLES, { name: `${PREFIX}:healed` }, { rules: [] })
    await hub.untilOne(CLUSTER_ROLES, { name: `${PREFIX}:healed` }, (role) => role.rules?.length === 4)
    await hub.untilOne(ROLE_BINDINGS, key, () => true)
    const { uid } = (await hub.resource(ROLE_BINDINGS).get(workBindingOf('healed'))).metadata
    await hub.resource(ROLE_BINDINGS).delete(workBindingOf('healed'))
    await hub.untilOne(ROLE_BINDINGS, workBindingOf('healed'), ({ metadata }) => metadata.uid !== uid)
    await hub.resource(CLUSTER_ROLES).delete({ name: `${PREFIX}:work` })
    await hub.untilOne(CLUSTER_ROLES, { name: `${PREFIX}:work` }, (role) => role.rules?.length === 3)
  })

  it('gets its namespace anew when somebody has deleted it, once its works have gone', async () => {
    await accepted('homeless')
    await addWork('homeless')
    const { uid } = (await hub.resource(NAMESPACES).get({ name: 'homeless' })).metadata
    await hub.resource(NAMESPACES).delete({ name: 'homeless' })
    const troubled = await untilHubAccepted('homeless', 'False')
    expect(conditionText(troubled, HUB_ACCEPTED_CONDITION)).toMatch(/^False Error: .*terminated/)
    // The agent needs it to clean up.
    expect(await hub.resource(ROLE_BINDINGS).find(workBindingOf('homeless'))).toBeDefined()
    await releaseWork('homeless')
    await hub.untilOne(NAMESPACES, { name: 'homeless' }, ({ metadata }) => metadata.uid !== uid)
    await untilHubAccepted('homeless', 'True')
    const lease = { namespace: 'homeless', name: 'managed-cluster-lease' }
    await hub.untilOne(LEASES, lease, ({ metadata }) => metadata.deletionTimestamp === undefined)
  })

  it('must not be named like the roles that all clusters share', async () => {
    await create('work')
    const refused = await untilHubAccepted('work', 'False')
    expect(conditionText(refused, HUB_ACCEPTED_CONDITION)).toMatch(/^False Error: .*named work/)
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'work' })
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'work' })
    expect((await hub.resource(CLUSTER_ROLES).get({ name: `${PREFIX}:work` })).rules).toHaveLength(3)
  })
})

describe('a cluster that is not accepted', () => {
  it('has nothing on the hub', async () => {
    await create('waiting', { hubAcceptsClient: false })
    await accepted('after-waiting')
    const waiting = await hub.resource(MANAGED_CLUSTERS).get({ name: 'waiting' })
    expect(conditionText(waiting, HUB_ACCEPTED_CONDITION)).toBeUndefined()
    expect(await hub.resource(NAMESPACES).find({ name: 'waiting' })).toBeUndefined()
    expect(await hub.resource(CLUSTER_ROLES).find({ name: `${PREFIX}:waiting` })).toBeUndefined()
  })

  it('has its rights taken away when it is denied, and given back when it is accepted again', async () => {
    await accepted('denied')
    await hub.merge(MANAGED_CLUSTERS, { name: 'denied' }, { spec: { hubAcceptsClient: false } })
    const denied = await untilHubAccepted('denied', 'False')
    expect(conditionText(denied, HUB_ACCEPTED_CONDITION)).toBe(
      'False HubClusterAdminDenied: Denied by hub cluster admin',
    )
    const role = await hub.resource(CLUSTER_ROLES).get({ name: `${PREFIX}:denied` })
    expect(role.rules).toEqual([
      {
        apiGroups: ['cluster.open-cluster-management.io'],
        resources: ['managedclusters'],
        resourceNames: ['denied'],
        verbs: ['get', 'list', 'watch'],
      },
    ])
    await hub.until(ROLE_BINDINGS, { namespace: 'denied' }, (bindings) => bindings.size === 0)
    await hub.merge(MANAGED_CLUSTERS, { name: 'denied' }, { spec: { hubAcceptsClient: true } })
    await untilHubAccepted('denied', 'True')
    await hub.until(ROLE_BINDINGS, { namespace: 'denied' }, (bindings) => bindings.size === 2)
  })

  it('is known to be denied at once, and cleans up its works all the same', async () => {
    await accepted('denied-at-work')
    await addWork('denied-at-work')
    await hub.merge(MANAGED_CLUSTERS, { name: 'denied-at-work' }, { spec: { hubAcceptsClient: false } })
    await untilHubAccepted('denied-at-work', 'False')
    const binding = await hub.resource(ROLE_BINDINGS).get(workBindingOf('denied-at-work'))
    expect(binding.metadata.deletionTimestamp).toBeDefined()
    await hub.resource(MANIFEST_WORKS).delete({ namespace: 'denied-at-work', name: 'w' })
    await releaseWork('denied-at-work')
    await hub.untilGone(ROLE_BINDINGS, workBindingOf('denied-at-work'))
  })
})

describe('a cluster that is deleted', () => {
  it('takes along its add-ons, then its works, then the right to clean them up, and goes', async () => {
    await accepted('leaving')
    await addWork('leaving')
    await hub.create(MANAGED_CLUSTER_ADD_ONS, {
      metadata: { namespace: 'leaving', name: 'a', finalizers: ['example.com/agent'] },
      spec: {},
    })
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'leaving' })
    const held = await hub.untilOne(
      MANAGED_CLUSTERS,
      { name: 'leaving' },
      (each) => conditionText(each, 'Deleting')?.includes('managedclusteraddons') ?? false,
    )
    expect(conditionText(held, 'Deleting')).toBe(
      'False ResourceRemaining: The resource managedclusteraddons is remaning, the remaining count is 1, the finalizer pending count is 1',
    )
    const work = await hub.resource(MANIFEST_WORKS).get({ namespace: 'leaving', name: 'w' })
    expect(work.metadata.deletionTimestamp).toBeUndefined()

    await hub.merge(
      MANAGED_CLUSTER_ADD_ONS,
      { namespace: 'leaving', name: 'a' },
      { metadata: { finalizers: null } },
    )
    await hub.untilOne(
      MANIFEST_WORKS,
      { namespace: 'leaving', name: 'w' },
      ({ metadata }) => metadata.deletionTimestamp !== undefined,
    )
    expect(await hub.resource(ROLE_BINDINGS).find(workBindingOf('leaving'))).toBeDefined()
    await releaseWork('leaving')
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'leaving' })
    expect(await hub.resource(ROLE_BINDINGS).find(workBindingOf('leaving'))).toBeUndefined()
    expect(await hub.resource(CLUSTER_ROLES).find({ name: `${PREFIX}:leaving` })).toBeUndefined()
    expect(await hub.resource(NAMESPACES).find({ name: 'leaving' })).toBeDefined()
  })

  it('goes although nobody was there to see it', async () => {
    await accepted('unseen')
    await hub.stopHub()
    await hub.resource(MANAGED_CLUSTERS).delete({ name: 'unseen' })
    hub.startHub()
    await hub.untilGone(MANAGED_CLUSTERS, { name: 'unseen' })
    await hub.untilGone(CLUSTER_ROLES, { name: `${PREFIX}:unseen` })
  })

  it('takes the shared roles along when it is the last', async () => {
    for (const { metadata } of (await hub.resource(MANAGED_CLUSTERS).list()).items)
      await hub.resource(MANAGED_CLUSTERS).delete({ name: metadata.name ?? '' })
    await hub.until(MANAGED_CLUSTERS, {}, (clusters) => clusters.size === 0)
    await hub.untilGone(CLUSTER_ROLES, { name: `${PREFIX}:registration` })
    await hub.untilGone(CLUSTER_ROLES, { name: `${PREFIX}:work` })
  })
})
