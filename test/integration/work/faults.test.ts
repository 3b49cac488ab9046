import { afterEach, describe, expect, it, vi } from 'vitest'
import { APPLIED_MANIFEST_WORKS, MANIFEST_WORKS, type ManifestWork } from '../../../src/apis/work/v1.ts'
import { hubHashOf } from '../../../src/work/agent/work-agent.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import { AgentLife } from './agent-life.ts'
import {
  CLUSTER,
  CONFIG_MAPS,
  CRDS,
  conditionOf,
  configMap,
  NAMESPACE,
  WIDGET_CRD,
  WorkBench,
} from './work-bench.ts'

/** Each test has two API servers of its own. */
vi.setConfig({ testTimeout: 60_000 })

let bench: WorkBench

afterEach(() => bench.close())

const many = (count: number, data: Record<string, string> = { a: '1' }) =>
  Array.from({ length: count }, (_, index) => configMap(`many-${index}`, data))
const countOf = async () =>
  (await bench.objects(CONFIG_MAPS).list({ namespace: NAMESPACE })).items.filter(({ metadata }) =>
    metadata.name?.startsWith('many-'),
  ).length

const widget = (name: string) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { namespace: NAMESPACE, name },
  spec: { size: 1 },
})

describe('a manifest of a kind that is not known', () => {
  it('is applied as soon as it is, in the same work and in others', async () => {
    bench = await WorkBench.start([])
    bench.startAgent()
    await bench.createWork('early', [widget('early')])
    await bench.untilCondition('early', 'Applied', { status: 'False' })
    await bench.createWork('both', [widget('both'), WIDGET_CRD])
    const both = await bench.untilApplied('both')
    expect(both.status?.resourceStatus?.manifests?.map(({ resourceMeta }) => resourceMeta.resource)).toEqual([
      'widgets',
      'customresourcedefinitions',
    ])
    await bench.untilApplied('early')
  })

  it.each([
    ['under another name', { plural: 'gadgets', scope: 'Namespaced' }],
    ['in another scope', { plural: 'widgets', scope: 'Cluster' }],
  ] as const)('any more, and comes again %s, is applied there', async (_, { plural, scope }) => {
    bench = await WorkBench.start(['garbage-collector-controller'])
    bench.startAgent()
    await bench.objects(CRDS).create(WIDGET_CRD)
    await bench.createWork('moved', [widget('moved')])
    await bench.untilApplied('moved')
    await bench.objects(CRDS).delete({ name: WIDGET_CRD.metadata.name })
    await bench.untilCondition('moved', 'Applied', { status: 'False' })
    await bench.untilGone(CRDS, bench.managed, undefined, WIDGET_CRD.metadata.name)
    await bench.objects(CRDS).create({
      ...WIDGET_CRD,
      metadata: { name: `${plural}.example.com` },
      spec: { ...WIDGET_CRD.spec, scope, names: { ...WIDGET_CRD.spec.names, plural } },
    })
    const work = await bench.untilApplied('moved')
    expect(work.status?.resourceStatus?.manifests?.[0]?.resourceMeta.resource).toBe(plural)
    const definition = { group: 'example.com', version: 'v1', plural, namespaced: scope === 'Namespaced' }
    await bench.untilObject(definition, 'moved', ({ spec }) => spec.size === 1)
    await until(async () => {
      const { items } = await bench.appliedWorks.list()
      const [listed, ...others] = items[0]?.status?.appliedResources ?? []
      const isThere = listed?.resource === plural && Boolean(listed.namespace) === definition.namespaced
      return isThere && others.length === 0
    }, 'only that is listed')
    await bench.works.delete({ namespace: CLUSTER, name: 'moved' })
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'moved')
    expect((await bench.objects(definition).list()).items).toEqual([])
  })
})

describe('a work of 100 manifests', () => {
  const asked = ({ requests }: AgentLife, verb = '') => {
    const pattern = new RegExp(`^${verb}.* /api/v1/namespaces/${NAMESPACE}/configmaps/`)
    return requests.filter((each) => pattern.test(each)).length
  }
  const isListed = async () => {
    const name = `${hubHashOf('https://hub:6443')}-large`
    return (await bench.appliedWorks.get({ name })).status?.appliedResources?.length === 100
  }

  it('is applied, reported in one write, read with one watch by the next agent, and deleted with a request each', async () => {
    bench = await WorkBench.start()
    const first = bench.startAgent()
    let writes = 0
    const ending = new AbortController()
    const watching = (async () => {
      for await (const { object } of await bench.works.watch({ namespace: CLUSTER, signal: ending.signal }))
        if ((object as ManifestWork).status?.conditions) writes += 1
    })().catch((error) => {
      if (!ending.signal.aborted) throw error
    })
    await bench.createWork('large', many(100))
    const work = await bench.untilApplied('large')
    expect(work.status?.resourceStatus?.manifests).toHaveLength(100)
    await until(isListed, 'all are listed')
    expect(writes).toBe(1)
    await bench.stopAgent(first)

    const key = { namespace: NAMESPACE, name: 'many-7' }
    await bench.objects(CONFIG_MAPS).patch(key, { type: 'merge', body: { data: { a: '2' } } })
    const life = new AgentLife()
    bench.startAgent({ life })
    await bench.untilObject(CONFIG_MAPS, 'many-7', ({ data }) => data.a === '1')
    await bench.createWork('later', [configMap('later')])
    await bench.untilApplied('later')
    expect([asked(life), asked(life, 'GET'), asked(life, 'PUT')]).toEqual([2, 1, 1])

    await bench.works.delete({ namespace: CLUSTER, name: 'large' })
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'large')
    ending.abort()
    await watching
    expect(await countOf()).toBe(0)
    expect(asked(life, 'DELETE')).toBeGreaterThanOrEqual(100)
    expect(asked(life)).toBeLessThan(110)
  })
})

describe('an agent that is killed', () => {
  it('while it applies, ends what it has begun in its next life', async () => {
    bench = await WorkBench.start()
    const first = bench.startAgent({ workers: 1 })
    await bench.createWork('killed', many(200))
    await until(async () => (await countOf()) > 5, 'some are there')
    await bench.stopAgent(first)
    expect(await countOf()).toBeLessThan(200)
    const second = bench.startAgent()
    await bench.untilApplied('killed')
    expect(await countOf()).toBe(200)
    await bench.stopAgent(second)
  })

  it('and whose work is deleted before it has listed anything, leaves nothing behind', async () => {
    bench = await WorkBench.start()
    const first = bench.startAgent({ workers: 1 })
    await bench.createWork('lost', many(200))
    await until(async () => (await countOf()) > 5, 'some are there')
    await bench.stopAgent(first)
    await bench.works.delete({ namespace: CLUSTER, name: 'lost' })
    bench.startAgent()
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'lost')
    await until(async () => (await countOf()) === 0, 'the cluster has collected the rest')
  })
})

describe('a hub that is away', () => {
  it('does not matter to what was applied, which is kept as it should be', async () => {
    bench = await WorkBench.start([])
    bench.startAgent()
    await bench.createWork('before', [configMap('before', { a: '1' })])
    await bench.untilApplied('before')
    await bench.hubServer.stop()
    const key = { namespace: NAMESPACE, name: 'before' }
    await bench.objects(CONFIG_MAPS).patch(key, { type: 'merge', body: { data: { a: '2' } } })
    await bench.untilObject(CONFIG_MAPS, 'before', ({ data }) => data.a === '1')
  })
})

describe('what a work has applied that is no longer on the hub', () => {
  const name = (server: string, work: string) => `${hubHashOf(server)}-${work}`

  it('is evicted after the grace period, and not if the work comes again', async () => {
    bench = await WorkBench.start()
    const clock = new ManualClock()
    const agent = bench.startAgent({ clock, agentId: 'agent', evictionGracePeriodMs: 3_600_000 })
    await bench.createWork('evicted', [configMap('evicted')])
    await bench.createWork('again', [configMap('again')])
    await Promise.all([bench.untilApplied('evicted'), bench.untilApplied('again')])
    await bench.stopAgent(agent)
    for (const work of ['evicted', 'again']) {
      const key = { namespace: CLUSTER, name: work }
      await bench.works.patch(key, { type: 'merge', body: { metadata: { finalizers: null } } })
      await bench.works.delete(key)
    }
    bench.startAgent({ clock, agentId: 'agent', evictionGracePeriodMs: 3_600_000 })
    const startOf = async (work: string) =>
      (await bench.appliedWorks.find({ name: name('https://hub:6443', work) }))?.status?.evictionStartTime
    await until(async () => (await startOf('evicted')) !== undefined, 'the eviction begins')
    await until(async () => (await startOf('again')) !== undefined, 'the eviction begins')
    await bench.createWork('again', [configMap('again')])
    await bench.untilApplied('again')
    await until(async () => (await startOf('again')) === undefined, 'the eviction ends')
    clock.advance(3_600_000)
    await bench.untilGone(
      APPLIED_MANIFEST_WORKS,
      bench.managed,
      undefined,
      name('https://hub:6443', 'evicted'),
    )
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'evicted')
    expect(await bench.objects(CONFIG_MAPS).find({ namespace: NAMESPACE, name: 'again' })).toBeDefined()
  })

  it('is evicted by an agent of the same id at another hub, and by no other', async () => {
    bench = await WorkBench.start()
    const options = { evictionGracePeriodMs: 0 }
    const first = bench.startAgent({ ...options, agentId: 'one' })
    await bench.createWork('moved', [configMap('moved')])
    await bench.untilApplied('moved')
    await bench.stopAgent(first)
    const stranger = bench.startAgent({ ...options, agentId: 'two', hubServer: 'https://third:6443' })
    await bench.createWork('marker', [configMap('marker')])
    await bench.untilApplied('marker')
    await bench.stopAgent(stranger)
    expect(await bench.appliedWorks.find({ name: name('https://hub:6443', 'moved') })).toBeDefined()
    bench.startAgent({ ...options, agentId: 'one', hubServer: 'https://other:6443' })
    await bench.untilGone(APPLIED_MANIFEST_WORKS, bench.managed, undefined, name('https://hub:6443', 'moved'))
    const owner = name('https://other:6443', 'moved')
    await bench.untilObject(CONFIG_MAPS, 'moved', ({ metadata }) =>
      (metadata.ownerReferences ?? []).some((each) => each.name === owner),
    )
  })

  it('is never evicted where that is turned off', async () => {
    bench = await WorkBench.start()
    const first = bench.startAgent({ agentId: 'one' })
    await bench.createWork('kept', [configMap('kept')])
    await bench.untilApplied('kept')
    await bench.stopAgent(first)
    await bench.appliedWorks.patchStatus(
      { name: name('https://hub:6443', 'kept') },
      { type: 'merge', body: { status: { evictionStartTime: '2020-01-01T00:00:00Z' } } },
    )
    bench.startAgent({
      agentId: 'one',
      hubServer: 'https://other:6443',
      evictionGracePeriodMs: 100 * 365 * 24 * 3_600_000,
    })
    await until(
      async () =>
        (await bench.appliedWorks.get({ name: name('https://hub:6443', 'kept') })).status
          ?.evictionStartTime === undefined,
      'the eviction ends',
    )
    expect(conditionOf(await bench.getWork('kept'), 0, 'Applied')).toMatchObject({ status: 'True' })
  })
})
