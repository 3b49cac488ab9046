import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import {
  CLUSTER,
  CONFIG_MAPS,
  conditionOf,
  configMap,
  DEPLOYMENTS,
  NAMESPACE,
  WorkBench,
} from './work-bench.ts'

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start(['garbage-collector-controller'])
  bench.startAgent()
})
afterAll(() => bench.close())

const remove = async (name: string) => {
  await bench.works.delete({ namespace: CLUSTER, name })
  await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, name)
}

describe('a manifest that can be applied nowhere', () => {
  it('without a name makes nothing, holds up nothing, and takes nothing with it', async () => {
    await bench.objects(CONFIG_MAPS).create(configMap('bystander'))
    const nameless = (metadata: object) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: NAMESPACE, ...metadata },
    })
    await bench.createWork('nameless', [
      nameless({ generateName: 'made-up-' }),
      nameless({}),
      configMap('named'),
    ])
    const work = await bench.untilCondition('nameless', 'Applied', { status: 'False' })
    for (const ordinal of [0, 1]) {
      expect(conditionOf(work, ordinal, 'Applied')?.message).toBe(
        'Failed to apply manifest: resource name may not be empty',
      )
      expect(conditionOf(work, ordinal, 'Available')?.reason).toBe('IncompleteResourceMeta')
    }
    expect(conditionOf(work, 2, 'Applied')?.status).toBe('True')
    await remove('nameless')
    const { items } = await bench.objects(CONFIG_MAPS).list({ namespace: NAMESPACE })
    expect(items.map(({ metadata }) => metadata.name)).toContain('bystander')
    expect(items.some(({ metadata }) => metadata.name?.startsWith('made-up-'))).toBe(false)
  })

  it('of too many levels is told of, and what it was before stays', async () => {
    await bench.createWork('deep', [configMap('deep'), configMap('beside-deep')])
    await bench.untilApplied('deep')
    const data = Array.from({ length: 550 }).reduce<object>((inner) => ({ inner }), {})
    await bench.patchWork('deep', {
      workload: { manifests: [{ ...configMap('deep'), data }, configMap('beside-deep', { a: 'c' })] },
    })
    const work = await bench.untilCondition('deep', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')?.message).toContain('nested more than 500 levels deep')
    expect(conditionOf(work, 1, 'Applied')?.status).toBe('True')
    expect((await bench.objects(CONFIG_MAPS).get({ namespace: NAMESPACE, name: 'deep' })).data).toEqual({
      a: 'b',
    })
    await remove('deep')
  })
})

describe('an object that two manifests of a work are about', () => {
  it('is as the remaining one wants it when the other goes', async () => {
    await bench.createWork('twice', [configMap('twice', { a: '1' }), configMap('twice', { a: '2' })])
    await bench.untilApplied('twice')
    const { data } = await bench.objects(CONFIG_MAPS).get({ namespace: NAMESPACE, name: 'twice' })
    const [loser, winner] = data.a === '1' ? ['2', '1'] : ['1', '2']
    for (const a of [loser, winner]) {
      await bench.patchWork('twice', { workload: { manifests: [configMap('twice', { a })] } })
      await bench.untilApplied('twice')
      await bench.untilObject(CONFIG_MAPS, 'twice', ({ data }) => data.a === a)
    }
    await remove('twice')
  })
})

describe('expressions that cost too much', () => {
  it('fail by themselves, and are not tried again and again', async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: NAMESPACE, name: 'costly' },
      spec: {
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { labels: { a: 'b' } },
          spec: { containers: [{ name: 'a', image: 'b' }] },
        },
      },
    }
    await bench.createWork('costly', [deployment, configMap('beside-costly')], {
      manifestConfigs: [
        {
          resourceIdentifier: {
            group: 'apps',
            resource: 'deployments',
            namespace: NAMESPACE,
            name: 'costly',
          },
          updateStrategy: {
            type: 'ServerSideApply',
            serverSideApply: {
              ignoreFields: [
                { condition: 'OnSpokePresent', jqPathExpressions: [`[1]${' | . + .'.repeat(60)} | empty`] },
              ],
            },
          },
        },
        {
          resourceIdentifier: { resource: 'configmaps', namespace: NAMESPACE, name: 'beside-costly' },
          feedbackRules: [{ type: 'JSONPaths', jsonPaths: [{ name: 'x', path: '.. range '.repeat(30) }] }],
        },
      ],
    })
    const work = await bench.untilCondition('costly', 'Applied', { status: 'False' })
    expect(conditionOf(work, 0, 'Applied')?.reason).toBe('AppliedManifestSSAIgnoreFieldError')
    expect(conditionOf(work, 1, 'Applied')?.status).toBe('True')
    expect(conditionOf(work, 1, 'StatusFeedbackSynced')?.message).toContain('too many values')
    expect(await bench.objects(DEPLOYMENTS).find({ namespace: NAMESPACE, name: 'costly' })).toBeUndefined()
    await remove('costly')
  })
})
