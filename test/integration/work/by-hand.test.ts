import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { APPLIED_MANIFEST_WORKS, MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { hubHashOf } from '../../../src/work/agent/work-agent.ts'
import { until } from '../../support/until.ts'
import { CLUSTER, CONFIG_MAPS, configMap, NAMESPACE, WorkBench } from './work-bench.ts'

const HASH = hubHashOf('https://hub:6443')
const FINALIZER = 'cluster.open-cluster-management.io/manifest-work-cleanup'

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
  bench.startAgent()
})
afterAll(() => bench.close())

const key = (name: string) => ({ namespace: NAMESPACE, name })
const recordOf = (work: string) => bench.appliedWorks.find({ name: `${HASH}-${work}` })
const listed = async (work: string) =>
  ((await recordOf(work))?.status?.appliedResources ?? []).map(({ name }) => name)

describe('what people do by hand', () => {
  it('to the AppliedManifestWork, which they delete, is undone', async () => {
    await bench.createWork('record', [configMap('recorded')])
    await bench.untilApplied('record')
    const before = await bench.objects(CONFIG_MAPS).get(key('recorded'))
    await bench.appliedWorks.delete({ name: `${HASH}-record` })
    const after = await bench.untilObject(
      CONFIG_MAPS,
      'recorded',
      ({ metadata }) => metadata.uid !== before.metadata.uid && metadata.deletionTimestamp === undefined,
    )
    await until(async () => (await listed('record')).length === 1, 'it is listed again')
    const record = await recordOf('record')
    expect(after.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual([record?.metadata.uid])
  })

  it('to the list of what was applied, does not matter', async () => {
    await bench.createWork('list', [configMap('listed')])
    await bench.untilApplied('list')
    await until(async () => (await listed('list')).length === 1, 'it is listed')
    await bench.objects(CONFIG_MAPS).create(configMap('stranger'))
    const claim = { group: '', version: 'v1', resource: 'configmaps', namespace: NAMESPACE, uid: 'x' }
    await bench.appliedWorks.patchStatus(
      { name: `${HASH}-list` },
      {
        type: 'merge',
        body: {
          status: {
            appliedResources: [
              { ...claim, name: 'stranger' },
              { ...claim, name: '' },
            ],
          },
        },
      },
    )
    await bench.works.delete({ namespace: CLUSTER, name: 'list' })
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'list')
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'listed')
    expect(await bench.objects(CONFIG_MAPS).find(key('stranger'))).toBeDefined()
  })

  it('to the finalizer of a work, is undone', async () => {
    await bench.createWork('finalizer', [configMap('finalized')])
    await bench.untilApplied('finalizer')
    await bench.works.patch(
      { namespace: CLUSTER, name: 'finalizer' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    )
    await until(
      async () => (await bench.getWork('finalizer')).metadata.finalizers?.includes(FINALIZER) === true,
      'the finalizer is back',
    )
  })

  it('to the status of a work, is undone', async () => {
    await bench.createWork('status', [configMap('told')])
    const { status } = await bench.untilApplied('status')
    await bench.works.patchStatus(
      { namespace: CLUSTER, name: 'status' },
      { type: 'merge', body: { status: { conditions: [], resourceStatus: null } } },
    )
    const again = await bench.untilApplied('status')
    expect(again.status?.resourceStatus?.manifests).toHaveLength(1)
    expect(again.status?.conditions?.map(({ type }) => type)).toEqual(
      status?.conditions?.map(({ type }) => type),
    )
  })

  it('by deleting a work and making it again at once, leaves the later one', async () => {
    for (let round = 0; round < 5; round += 1) {
      await bench.createWork('again', [configMap(`again-${round}`)])
      await bench.works.patch(
        { namespace: CLUSTER, name: 'again' },
        { type: 'merge', body: { metadata: { finalizers: null } } },
      )
      await bench.works.delete({ namespace: CLUSTER, name: 'again' })
      await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'again')
    }
    await bench.createWork('again', [configMap('again-last')])
    await bench.untilApplied('again')
    await until(async () => (await listed('again')).join() === 'again-last', 'only the last one is listed')
    for (let round = 0; round < 5; round += 1)
      await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, `again-${round}`)
    await bench.works.delete({ namespace: CLUSTER, name: 'again' })
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'again')
    await bench.untilGone(APPLIED_MANIFEST_WORKS, bench.managed, undefined, `${HASH}-again`)
    await bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, 'again-last')
  })

  it('by asking for something else while an old object is on its way out, waits for it in the list', async () => {
    await bench.createWork('stale', [configMap('stale', {}, { finalizers: ['example.com/hold'] })])
    await bench.untilApplied('stale')
    await bench.patchWork('stale', { workload: { manifests: [configMap('fresh')] } })
    await bench.untilApplied('stale')
    await bench.untilObject(CONFIG_MAPS, 'stale', ({ metadata }) => metadata.deletionTimestamp !== undefined)
    await until(async () => (await listed('stale')).join() === 'fresh,stale', 'both are listed')
    await bench
      .objects(CONFIG_MAPS)
      .patch(key('stale'), { type: 'merge', body: { metadata: { finalizers: null } } })
    await until(async () => (await listed('stale')).join() === 'fresh', 'it is listed no more')
  })
})
