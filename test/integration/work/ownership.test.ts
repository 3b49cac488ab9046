import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { CLUSTER, CONFIG_MAPS, conditionOf, configMap, NAMESPACE, WorkBench } from './work-bench.ts'

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
  bench.startAgent()
})
afterAll(() => bench.close())

const key = (name: string) => ({ namespace: NAMESPACE, name })
const remove = async (name: string) => {
  await bench.works.delete({ namespace: CLUSTER, name })
  await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, name)
}
const exists = async (name: string) => (await bench.objects(CONFIG_MAPS).find(key(name))) !== undefined
const ownersOf = async (name: string) =>
  ((await bench.objects(CONFIG_MAPS).get(key(name))).metadata.ownerReferences ?? []).map((owner) =>
    owner.name.slice(65),
  )

describe('a delete option', () => {
  it('leaves all that was applied (Orphan)', async () => {
    await bench.createWork('orphans', [configMap('orphan')], {
      deleteOption: { propagationPolicy: 'Orphan' },
    })
    await bench.untilApplied('orphans')
    expect(await ownersOf('orphan')).toEqual([])
    await remove('orphans')
    expect(await exists('orphan')).toBe(true)
  })

  it('leaves what its rules name (SelectivelyOrphan)', async () => {
    const orphaningRules = [{ group: '', resource: 'configmaps', namespace: NAMESPACE, name: 'spared' }]
    await bench.createWork('some', [configMap('spared'), configMap('taken')], {
      deleteOption: { propagationPolicy: 'SelectivelyOrphan', selectivelyOrphans: { orphaningRules } },
    })
    await bench.untilApplied('some')
    await remove('some')
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'taken')
    expect(await exists('spared')).toBe(true)
  })

  it('leaves what is taken out of the manifests, too', async () => {
    await bench.createWork('fewer', [configMap('dropped'), configMap('remaining')], {
      deleteOption: { propagationPolicy: 'Orphan' },
    })
    await bench.untilApplied('fewer')
    await bench.patchWork('fewer', { workload: { manifests: [configMap('remaining')] } })
    await bench.untilApplied('fewer')
    await remove('fewer')
    expect([await exists('dropped'), await exists('remaining')]).toEqual([true, true])
  })

  it('can be taken back', async () => {
    await bench.createWork('changed', [configMap('changed')], {
      deleteOption: { propagationPolicy: 'Orphan' },
    })
    await bench.untilApplied('changed')
    await bench.patchWork('changed', { deleteOption: null })
    await bench.untilApplied('changed')
    await bench.untilObject(CONFIG_MAPS, 'changed', ({ metadata }) => metadata.ownerReferences?.length === 1)
    await remove('changed')
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'changed')
  })
})

describe('an object of two works', () => {
  it('stays until both are gone', async () => {
    await bench.createWork('one', [configMap('shared')])
    await bench.createWork('two', [configMap('shared')])
    await Promise.all([bench.untilApplied('one'), bench.untilApplied('two')])
    await bench.untilObject(CONFIG_MAPS, 'shared', ({ metadata }) => metadata.ownerReferences?.length === 2)
    await remove('one')
    expect(await ownersOf('shared')).toEqual(['two'])
    await bench.patchWork('two', { workload: { manifests: [configMap('instead')] } })
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'shared')
  })

  it('is fought for ever more slowly where they disagree', async () => {
    await bench.createWork('left', [configMap('fought', { side: 'left' })])
    await bench.createWork('right', [configMap('fought', { side: 'right' })])
    await Promise.all([bench.untilApplied('left'), bench.untilApplied('right')])
    let changes = 0
    const ending = new AbortController()
    const watching = (async () => {
      const events = await bench.objects(CONFIG_MAPS).watch({
        namespace: NAMESPACE,
        fieldSelector: 'metadata.name=fought',
        signal: ending.signal,
      })
      for await (const { type } of events) if (type === 'MODIFIED') changes += 1
    })().catch((error) => {
      if (!ending.signal.aborted) throw error
    })
    await bench.createWork(
      'meanwhile',
      Array.from({ length: 60 }, (_, index) => configMap(`meanwhile-${index}`)),
    )
    await bench.untilApplied('meanwhile')
    ending.abort()
    await watching
    expect(changes).toBeLessThan(20)
    await Promise.all([remove('left'), remove('right')])
  })
})

describe('an executor', () => {
  const account = (name: string) => ({
    executor: {
      subject: { type: 'ServiceAccount', serviceAccount: { namespace: NAMESPACE, name } },
    } as const,
  })
  const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const
  const allow = async (name: string, rules: readonly object[]) => {
    const metadata = { namespace: NAMESPACE, name }
    await bench.managed
      .resource({ ...RBAC, plural: 'roles', namespaced: true })
      .create({ metadata, rules } as never)
    await bench.managed.resource({ ...RBAC, plural: 'rolebindings', namespaced: true }).create({
      metadata,
      roleRef: { apiGroup: RBAC.group, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', namespace: NAMESPACE, name }],
    } as never)
  }

  it('without rights applies nothing', async () => {
    await bench.createWork('nobody', [configMap('forbidden')], account('nobody'))
    const work = await bench.untilCondition('nobody', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')).toMatchObject({
      message: `Failed to apply manifest: not allowed to apply the resource  configmaps, ${NAMESPACE} forbidden, will try again in 1m0s`,
    })
    expect(await exists('forbidden')).toBe(false)
  })

  it('applies what it has rights to, and no more', async () => {
    await allow('partial', [
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['permitted'],
        verbs: ['create', 'update', 'patch', 'get', 'delete'],
      },
    ])
    await bench.createWork('partial', [configMap('permitted'), configMap('refused')], account('partial'))
    const work = await bench.untilCondition('partial', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')?.status).toBe('True')
    expect(conditionOf(work, 1, 'Applied')?.message).toContain(`configmaps, ${NAMESPACE} refused`)
    expect([await exists('permitted'), await exists('refused')]).toEqual([true, false])
    await bench.patchWork('partial', { workload: { manifests: [configMap('permitted', { a: 'c' })] } })
    await bench.untilApplied('partial')
  })

  it('needs no right to delete what stays', async () => {
    await allow('writer', [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'update', 'patch', 'get'] },
    ])
    await bench.createWork('writes', [configMap('goes-with-work')], account('writer'))
    await bench.untilCondition('writes', 'Applied', { status: 'False' })
    await bench.createWork('leaves', [configMap('stays')], {
      ...account('writer'),
      deleteOption: { propagationPolicy: 'Orphan' },
    })
    await bench.untilApplied('leaves')
    const orphaningRules = [{ group: '', resource: 'configmaps', namespace: NAMESPACE, name: 'spared' }]
    await bench.createWork('leaves-some', [configMap('spared'), configMap('not-spared')], {
      ...account('writer'),
      deleteOption: { propagationPolicy: 'SelectivelyOrphan', selectivelyOrphans: { orphaningRules } },
    })
    const work = await bench.untilCondition('leaves-some', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')?.status).toBe('True')
    expect(conditionOf(work, 1, 'Applied')?.status).toBe('False')
  })

  it('gives away no rights that it does not have', async () => {
    await allow('climber', [
      {
        apiGroups: [RBAC.group],
        resources: ['roles'],
        verbs: ['create', 'update', 'patch', 'get', 'delete'],
      },
      { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
    ])
    const role = (name: string, verb: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { namespace: NAMESPACE, name },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: [verb] }],
    })
    await bench.objects({ ...RBAC, plural: 'roles', namespaced: true }).create(role('there', 'list'))
    await bench.createWork(
      'climbs',
      [role('more', 'delete'), role('same', 'get'), role('there', 'delete')],
      account('climber'),
    )
    const work = await bench.untilCondition('climbs', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')?.message).toContain(
      'error: permission escalation, will try again in 1m0s',
    )
    expect(conditionOf(work, 1, 'Applied')).toMatchObject({ status: 'True' })
    expect(conditionOf(work, 2, 'Applied')?.message).toContain('error: permission escalation')
    const there = await bench.objects({ ...RBAC, plural: 'roles', namespaced: true }).get(key('there'))
    expect(there.rules[0].verbs).toEqual(['list'])
  })
})
