import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { until } from '../../support/until.ts'
import { AgentLife } from './agent-life.ts'
import { CLUSTER, CONFIG_MAPS, configMap, NAMESPACE, WorkBench } from './work-bench.ts'

let bench: WorkBench
/** Parts of the paths of PATCHes that fail, of those to objects and to what is listed. */
const failing = new Set<'owner' | 'list'>()
const life = new AgentLife({
  fails: ({ method, path, headers }) => {
    const type = JSON.stringify(headers)
    if (method !== 'PATCH') return false
    if (path.includes('/appliedmanifestworks/')) return failing.has('list')
    return failing.has('owner') && path.includes('/configmaps/') && type.includes('merge-patch')
  },
})

beforeAll(async () => {
  bench = await WorkBench.start()
  bench.startAgent({ life })
})
afterAll(() => bench.close())

const SERVER_SIDE = {
  manifestConfigs: [
    {
      resourceIdentifier: { resource: 'configmaps', namespace: '*', name: '*' },
      updateStrategy: { type: 'ServerSideApply' as const },
    },
  ],
}
const applied = async (name: string) => {
  const object = await bench.untilObject(CONFIG_MAPS, name, () => true)
  await until(
    () => life.requests.includes(`PATCH /api/v1/namespaces/${NAMESPACE}/configmaps/${name}`),
    'it is applied',
  )
  return object
}
const isGone = (name: string) => bench.untilGone(CONFIG_MAPS, bench.managed, NAMESPACE, name)

describe('an object that was applied and could not be given its owner', () => {
  it('is deleted when its manifest goes', async () => {
    failing.add('owner')
    await bench.createWork('dropped', [configMap('dropped'), configMap('kept')], SERVER_SIDE)
    expect((await applied('dropped')).metadata.ownerReferences).toBeUndefined()
    await bench.untilCondition('dropped', 'Applied', { status: 'False' })
    await bench.patchWork('dropped', { workload: { manifests: [configMap('kept')] } })
    await bench.untilCondition('dropped', 'Applied', { status: 'False' })
    failing.clear()
    await isGone('dropped')
    await bench.untilApplied('dropped')
  })

  it('is deleted with its work', async () => {
    failing.add('owner')
    await bench.createWork('deleted', [configMap('deleted')], SERVER_SIDE)
    await applied('deleted')
    await bench.untilCondition('deleted', 'Applied', { status: 'False' })
    await bench.works.delete({ namespace: CLUSTER, name: 'deleted' })
    await bench.untilCondition('deleted', 'Deleting', { status: 'True' })
    failing.clear()
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'deleted')
    await isGone('deleted')
  })
})

it('an object that could not be listed before its manifest went is deleted', async () => {
  failing.add('list')
  await bench.createWork('unlisted', [configMap('unlisted')])
  await bench.untilApplied('unlisted')
  await bench.patchWork('unlisted', { workload: { manifests: [configMap('listed')] } })
  await bench.untilApplied('unlisted')
  failing.clear()
  await isGone('unlisted')
})
