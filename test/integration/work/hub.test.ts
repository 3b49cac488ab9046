import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManifestWork } from '../../../src/apis/work/v1.ts'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { type KubeClient, Manager } from '../../../src/kube/index.ts'
import type { AdmissionRequest } from '../../../src/kube/webhook/index.ts'
import { addCompletedWorkCleanup } from '../../../src/work/hub/index.ts'
import { validateWork } from '../../../src/work/webhook/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import { CLUSTER, configMap, WorkBench } from './work-bench.ts'

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start([])
})
afterAll(() => bench.close())

const work = (manifests: readonly object[], executor?: object): ManifestWork =>
  ({
    metadata: { namespace: CLUSTER, name: 'work' },
    spec: { workload: { manifests }, ...(executor && { executor }) },
  }) as unknown as ManifestWork

function request(object: ManifestWork, oldObject?: ManifestWork): AdmissionRequest<ManifestWork> {
  return {
    uid: '1',
    kind: { group: 'work.open-cluster-management.io', version: 'v1', kind: 'ManifestWork' },
    resource: { group: 'work.open-cluster-management.io', version: 'v1', resource: 'manifestworks' },
    subResource: '',
    name: 'work',
    namespace: CLUSTER,
    operation: oldObject ? 'UPDATE' : 'CREATE',
    userInfo: { username: 'jane', uid: '', groups: ['system:authenticated'], extra: {} },
    object,
    oldObject,
    dryRun: false,
  }
}

const { signal } = new AbortController()
const answer = (object: ManifestWork, oldObject?: ManifestWork, options = {}) =>
  validateWork(bench.hub as KubeClient, options)(request(object, oldObject), signal)
const account = (name: string) => ({
  subject: { type: 'ServiceAccount', serviceAccount: { namespace: 'default', name } },
})

describe('the admission of works', () => {
  it.each<[string, readonly object[], string]>([
    ['no manifests', [], 'manifests should not be empty'],
    [
      'too large manifests',
      [configMap('big', { a: 'x'.repeat(500 * 1024) })],
      'the size of manifests is 512103 bytes which exceeds the 512000 limit',
    ],
    [
      'a manifest without a name',
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }],
      'name must be set in manifest',
    ],
    [
      'a manifest whose name is to be made up',
      [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', generateName: 'a-' } }],
      'generateName must not be set in manifest',
    ],
    [
      'the same object twice',
      [configMap('a'), configMap('a')],
      'duplicate manifest for resource apps/a with resource type v1.ConfigMap',
    ],
    [
      'a manifest without a kind',
      [{ apiVersion: 'v1', metadata: { name: 'a' } }],
      `Object 'Kind' is missing in '{"apiVersion":"v1","metadata":{"name":"a"}}'`,
    ],
  ])('refuses %s', async (_, manifests, message) => {
    expect(await answer(work(manifests))).toMatchObject({
      allowed: false,
      status: { code: 400, reason: 'BadRequest', message },
    })
  })

  it('lets works through that make sense', async () => {
    expect(await answer(work([configMap('a'), configMap('b')]))).toMatchObject({ allowed: true })
  })

  it('lets nobody use an executor without the right to', async () => {
    const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true } as const
    const refused = (name: string) => ({
      allowed: false,
      status: {
        message: `user jane cannot manipulate the Manifestwork with executor default/${name} in namespace ${CLUSTER}`,
      },
    })
    expect(await answer(work([configMap('a')], account('one')))).toMatchObject(refused('one'))
    const metadata = { namespace: CLUSTER, name: 'execute' }
    await bench.hub.resource({ ...RBAC, plural: 'roles' }).create({
      metadata,
      rules: [
        {
          apiGroups: ['work.open-cluster-management.io'],
          resources: ['manifestworks'],
          verbs: ['execute-as'],
          resourceNames: ['system:serviceaccount:default:one'],
        },
      ],
    } as never)
    await bench.hub.resource({ ...RBAC, plural: 'rolebindings' }).create({
      metadata,
      roleRef: { apiGroup: RBAC.group, kind: 'Role', name: 'execute' },
      subjects: [{ kind: 'User', apiGroup: RBAC.group, name: 'jane' }],
    } as never)
    expect(await answer(work([configMap('a')], account('one')))).toMatchObject({ allowed: true })
    expect(
      await answer(work([configMap('a')], account('two')), work([configMap('a')], account('one'))),
    ).toMatchObject(refused('two'))
    const same = work([configMap('a')], account('two'))
    expect(await answer(same, same)).toMatchObject({ allowed: true })
    expect(await answer(work([configMap('a')]), undefined, { checksAbsentExecutor: true })).toMatchObject({
      status: {
        message: `user jane cannot manipulate the Manifestwork with executor /klusterlet-work-sa in namespace ${CLUSTER}`,
      },
    })
  })
})

describe('complete works', () => {
  it('go when they have been complete for as long as they ask for', async () => {
    const clock = new ManualClock()
    const client = bench.hubClient(clock)
    const manager = new Manager({ client })
    addCompletedWorkCleanup(manager)
    const ending = new AbortController()
    const running = manager.run(ending.signal)
    const time = new Date(clock.now()).toISOString().replace('.000Z', 'Z')
    const create = async (name: string, ttl: number | undefined, status: 'True' | 'False', labels = {}) => {
      const deleteOption = {
        propagationPolicy: 'Foreground',
        ...(ttl !== undefined && { ttlSecondsAfterFinished: ttl }),
      } as const
      await bench.createWork(name, [configMap(name)], { deleteOption }, labels)
      const condition = { type: 'Complete', status, reason: 'Done', message: '', lastTransitionTime: time }
      await bench.works.patchStatus(
        { namespace: CLUSTER, name },
        { type: 'merge', body: { status: { conditions: [condition] } } },
      )
    }
    await create('unset', undefined, 'True')
    await create('incomplete', 1, 'False')
    await create('replica', 1, 'True', { 'work.open-cluster-management.io/manifestworkreplicaset': 'a.b' })
    await create('later', 60, 'True')
    await create('now', 0, 'True')
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'now')
    const names = async () =>
      (await bench.works.list({ namespace: CLUSTER })).items.map(({ metadata }) => metadata.name ?? '').sort()
    expect(await names()).toEqual(['incomplete', 'later', 'replica', 'unset'])
    await until(async () => (await clock.asleep()) > 0, 'somebody waits')
    clock.advance(60_000)
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'later')
    expect(await names()).toEqual(['incomplete', 'replica', 'unset'])
    ending.abort()
    await running
  })
})
