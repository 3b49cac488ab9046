import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER, CONFIG_MAPS, configMap, NAMESPACE, WorkBench } from './work-bench.ts'

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true } as const

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start([])
  bench.startAgent({ cachesExecutorRights: true })
})
afterAll(() => bench.close())

describe('an agent that remembers the rights of executors', () => {
  it('asks anew when rights have changed', async () => {
    const executor = {
      subject: { type: 'ServiceAccount', serviceAccount: { namespace: NAMESPACE, name: 'late' } },
    } as const
    await bench.createWork('late', [configMap('late')], { executor })
    await bench.untilCondition('late', 'Applied', { status: 'False' })
    const metadata = { namespace: NAMESPACE, name: 'late' }
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }]
    await bench.managed.resource({ ...RBAC, plural: 'roles' }).create({ metadata, rules } as never)
    await bench.managed.resource({ ...RBAC, plural: 'rolebindings' }).create({
      metadata,
      roleRef: { apiGroup: RBAC.group, kind: 'Role', name: 'late' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    } as never)
    await bench.patchWork('late', { workload: { manifests: [configMap('late', { a: '2' })] } })
    await bench.untilApplied('late')
    expect(await bench.objects(CONFIG_MAPS).find(metadata)).toBeDefined()
    expect((await bench.works.get({ namespace: CLUSTER, name: 'late' })).metadata.generation).toBe(2)
  })
})
