import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import type { AnyObject } from '../kube-controllers/controllers-bench.ts'
import {
  CLUSTER,
  CONFIG_MAPS,
  conditionOf,
  configMap,
  DEPLOYMENTS,
  NAMESPACE,
  NAMESPACES,
  WIDGET_CRD,
  WorkBench,
} from './work-bench.ts'

const RBAC = 'rbac.authorization.k8s.io'
const rbac = (plural: string) => ({
  group: RBAC,
  version: 'v1',
  plural,
  namespaced: !plural.startsWith('cluster'),
})
const SERVICE_ACCOUNTS = { group: '', version: 'v1', plural: 'serviceaccounts', namespaced: true } as const
const WIDGETS = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: true } as const

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start(['garbage-collector-controller', 'namespace-controller'])
  bench.startAgent()
})
afterAll(() => bench.close())

const key = (name: string) => ({ namespace: NAMESPACE, name })
const named = (
  apiVersion: string,
  kind: string,
  name: string,
  fields: object = {},
  metadata: object = {},
) => ({
  apiVersion,
  kind,
  metadata: { namespace: NAMESPACE, name, ...metadata },
  ...fields,
})
const roleBinding = (name: string, role: string) =>
  named(`${RBAC}/v1`, 'RoleBinding', name, {
    roleRef: { apiGroup: RBAC, kind: 'Role', name: role },
    subjects: [{ kind: 'ServiceAccount', namespace: NAMESPACE, name }],
  })
const remove = async (name: string) => {
  await bench.works.delete({ namespace: CLUSTER, name })
  await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, name)
}

describe('a work', () => {
  it('of an account, its rights and a Deployment is applied, changed and deleted as one', async () => {
    const app = (image: string, pullSecret: string) => [
      named('apps/v1', 'Deployment', 'app', {
        spec: {
          selector: { matchLabels: { app: 'app' } },
          template: {
            metadata: { labels: { app: 'app' } },
            spec: { serviceAccountName: 'app', containers: [{ name: 'main', image }] },
          },
        },
      }),
      roleBinding('app', 'app'),
      named(`${RBAC}/v1`, 'Role', 'app', {
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
      }),
      named('v1', 'ServiceAccount', 'app', {}, { annotations: { pull: pullSecret } }),
      { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: 'app' }, rules: [] },
    ]
    await bench.createWork('app', app('image:1', 'one'))
    const work = await bench.untilApplied('app')
    expect(work.status?.resourceStatus?.manifests?.map(({ resourceMeta }) => resourceMeta.resource)).toEqual([
      'deployments',
      'rolebindings',
      'roles',
      'serviceaccounts',
      'clusterroles',
    ])
    await bench.patchWork('app', { workload: { manifests: app('image:2', 'two') } })
    await bench.untilApplied('app')
    await bench.untilObject(
      DEPLOYMENTS,
      'app',
      ({ spec }) => spec.template.spec.containers[0].image === 'image:2',
    )
    await bench.untilObject(SERVICE_ACCOUNTS, 'app', ({ metadata }) => metadata.annotations?.pull === 'two')
    await remove('app')
    for (const definition of [DEPLOYMENTS, SERVICE_ACCOUNTS, rbac('roles'), rbac('rolebindings')])
      expect(await bench.objects(definition).find(key('app'))).toBeUndefined()
    expect(await bench.objects(rbac('clusterroles')).find({ name: 'app' })).toBeUndefined()
  })

  it('says what cannot be changed, while what is there stays available', async () => {
    await bench.createWork('bound', [roleBinding('one', 'role'), roleBinding('two', 'role')])
    await bench.untilApplied('bound')
    for (const [index, manifests] of [
      [roleBinding('one', 'other'), roleBinding('two', 'role')],
      [roleBinding('one', 'other'), roleBinding('two', 'other')],
    ].entries()) {
      await bench.patchWork('bound', { workload: { manifests } })
      await bench.untilCondition('bound', 'Available', { status: 'True' })
      const work = await bench.untilCondition('bound', 'Applied', { status: 'False' })
      expect(conditionOf(work, index, 'Applied')?.message).toMatch(/^Failed to apply manifest: .*roleRef/)
      expect(conditionOf(work, index, 'Available')?.status).toBe('True')
    }
    await remove('bound')
  })

  it('takes over objects of its CustomResourceDefinition, with their annotations and finalizers', async () => {
    const widget = (size: number, metadata: object) =>
      named('example.com/v1', 'Widget', 'w', { spec: { size } }, metadata)
    await bench.createWork('definition', [WIDGET_CRD], { deleteOption: { propagationPolicy: 'Orphan' } })
    await bench.untilApplied('definition')
    const theirs = { annotations: { theirs: '1' }, finalizers: ['example.com/f'] }
    await bench.objects(WIDGETS).create(widget(1, theirs) as AnyObject)
    await bench.createWork('widgets', [widget(2, { annotations: { ours: '1' } }), WIDGET_CRD])
    await bench.untilApplied('widgets')
    expect(await bench.objects(WIDGETS).get(key('w'))).toMatchObject({
      metadata: { annotations: { theirs: '1', ours: '1' }, finalizers: ['example.com/f'] },
      spec: { size: 2 },
    })
    await remove('definition')
    await bench.works.delete({ namespace: CLUSTER, name: 'widgets' })
    await bench.untilObject(WIDGETS, 'w', ({ metadata }) => metadata.deletionTimestamp !== undefined)
    await bench.objects(WIDGETS).patch(key('w'), { type: 'merge', body: { metadata: { finalizers: null } } })
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'widgets')
  })

  it('makes a namespace again that others delete, with what was in it', async () => {
    const inside = configMap('inside', {}, { namespace: 'shaky' })
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shaky' } }
    await bench.createWork('shaky', [inside, space])
    await bench.untilApplied('shaky')
    const { metadata } = await bench.objects(NAMESPACES).get({ name: 'shaky' })
    await bench.objects(NAMESPACES).delete({ name: 'shaky' })
    await bench.untilObject(NAMESPACES, 'shaky', (each) => each.metadata.uid !== metadata.uid)
    await bench.untilObject(CONFIG_MAPS, 'inside', () => true, 'shaky')
    await bench.untilApplied('shaky')
    await remove('shaky')
  })
})
