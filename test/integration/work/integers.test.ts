import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MANIFEST_WORKS } from '../../../src/apis/work/v1.ts'
import { CLUSTER, conditionOf, NAMESPACE, WIDGET_CRD, WorkBench } from './work-bench.ts'

const WIDGETS = { group: 'example.com', version: 'v1', plural: 'widgets', namespaced: true } as const
const LARGE = 1700000000123456789n
const MOST = 2n ** 63n - 1n

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start()
  bench.startAgent()
  await bench.createWork('definition', [WIDGET_CRD])
  await bench.untilApplied('definition')
})
afterAll(() => bench.close())

const widget = (name: string, spec: object) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { namespace: NAMESPACE, name },
  spec,
})
const config = (name: string, fields: object) => ({
  manifestConfigs: [
    {
      resourceIdentifier: { group: 'example.com', resource: 'widgets', namespace: NAMESPACE, name },
      ...fields,
    },
  ],
})
const specOf = async (name: string) => (await bench.objects(WIDGETS).get({ namespace: NAMESPACE, name })).spec

describe('an integer beyond 2^53 of a manifest', () => {
  it.each([
    ['update', {}],
    ['create', { updateStrategy: { type: 'CreateOnly' } }],
    ['apply', { updateStrategy: { type: 'ServerSideApply' } }],
    [
      'ignore',
      {
        updateStrategy: {
          type: 'ServerSideApply',
          serverSideApply: {
            ignoreFields: [
              { jqPathExpressions: [`.spec.list[] | select(. == ${MOST})`], condition: 'OnSpokePresent' },
            ],
          },
        },
      },
    ],
  ] as const)('is applied to the last digit (%s)', async (name, fields) => {
    const spec = { at: LARGE, list: [MOST, -LARGE, 1] }
    await bench.createWork(name, [widget(name, spec)], config(name, fields))
    await bench.untilApplied(name)
    expect(await specOf(name)).toEqual(spec)
    const { metadata } = await bench.objects(WIDGETS).get({ namespace: NAMESPACE, name })
    if (name === 'create') return
    await bench.patchWork(name, { workload: { manifests: [widget(name, { ...spec, at: LARGE + 1n })] } })
    const changed = await bench.untilObject(WIDGETS, name, ({ spec: { at } }) => at === LARGE + 1n)
    expect(changed.metadata.generation).toBe((metadata.generation ?? 0) + 1)
  })

  it('is not what it was once its last digit has changed', async () => {
    await bench.createWork('drift', [widget('drift', { at: LARGE })])
    await bench.untilApplied('drift')
    await bench
      .objects(WIDGETS)
      .patch({ namespace: NAMESPACE, name: 'drift' }, { type: 'merge', body: { spec: { at: LARGE + 1n } } })
    await bench.untilObject(WIDGETS, 'drift', ({ spec }) => spec.at === LARGE)
  })

  it('is told to the hub, and can be asked for by rules', async () => {
    const feedback = { type: 'JSONPaths', jsonPaths: [{ name: 'at', path: `.spec.list[?(@ == ${LARGE})]` }] }
    const conditionRules = [
      { condition: 'Larger', type: 'CEL', celExpressions: [`object.spec.list[0] > ${LARGE}`] },
    ]
    await bench.createWork(
      'told',
      [widget('told', { list: [LARGE + 1n, LARGE] })],
      config('told', { feedbackRules: [feedback], conditionRules }) as never,
    )
    const work = await bench.untilCondition('told', 'Larger', { status: 'True' })
    const [manifest] = work.status?.resourceStatus?.manifests ?? []
    expect(conditionOf(work, 0, 'StatusFeedbackSynced')?.status).toBe('True')
    expect(manifest?.statusFeedback?.values).toEqual([
      { name: 'at', fieldValue: { type: 'Integer', integer: LARGE } },
    ])
    await bench.works.delete({ namespace: CLUSTER, name: 'told' })
    await bench.untilGone(MANIFEST_WORKS, bench.hub, CLUSTER, 'told')
  })
})
