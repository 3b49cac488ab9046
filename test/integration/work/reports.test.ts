import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import {
  CONFIG_MAPS,
  conditionOf,
  configMap,
  DEPLOYMENTS,
  NAMESPACE,
  NAMESPACES,
  WorkBench,
} from './work-bench.ts'

const JOBS = { group: 'batch', version: 'v1', plural: 'jobs', namespaced: true } as const

let bench: WorkBench

beforeAll(async () => {
  bench = await WorkBench.start([])
  bench.startAgent()
})
afterAll(() => bench.close())

const key = (name: string) => ({ namespace: NAMESPACE, name })
const template = (name: string, restartPolicy = 'Always') => ({
  metadata: { labels: { app: name } },
  spec: { restartPolicy, containers: [{ name: 'main', image: 'image:1' }] },
})
const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: NAMESPACE, name },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template(name) },
})
const job = (name: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace: NAMESPACE, name },
  spec: { template: template(name, 'Never') },
})
const valuesOf = async (work: string) =>
  (await bench.getWork(work)).status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values

describe('feedback', () => {
  it.each(['Poll', 'Watch'] as const)(
    'tells well-known values as they change (%s)',
    async (feedbackScrapeType) => {
      const name = `feedback-${feedbackScrapeType.toLowerCase()}`
      await bench.createWork(name, [deployment(name)], {
        manifestConfigs: [
          {
            resourceIdentifier: {
              group: 'apps',
              resource: 'deployments',
              namespace: '*',
              name: 'feedback-*',
            },
            feedbackRules: [{ type: 'WellKnownStatus' }],
            feedbackScrapeType,
          },
        ],
      })
      await bench.untilApplied(name)
      await bench.objects(DEPLOYMENTS).patchStatus(key(name), {
        type: 'merge',
        body: { status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 } },
      })
      await until(async () => ((await valuesOf(name)) ?? []).length === 3, 'values are reported')
      expect(await valuesOf(name)).toEqual([
        { name: 'ReadyReplicas', fieldValue: { type: 'Integer', integer: 1 } },
        { name: 'Replicas', fieldValue: { type: 'Integer', integer: 1 } },
        { name: 'AvailableReplicas', fieldValue: { type: 'Integer', integer: 1 } },
      ])
      expect(conditionOf(await bench.getWork(name), 0, 'StatusFeedbackSynced')).toMatchObject({
        status: 'True',
        reason: 'StatusFeedbackSynced',
      })
    },
  )

  it('tells well-known values of DaemonSets, and of what is in no namespace', async () => {
    const daemon = { ...deployment('daemon'), kind: 'DaemonSet' }
    const { replicas: _, ...spec } = daemon.spec
    const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'watched' } }
    await bench.createWork('daemon', [space, { ...daemon, spec }], {
      manifestConfigs: [
        {
          resourceIdentifier: { resource: 'namespaces', name: 'watched' },
          feedbackRules: [
            { type: 'JSONPaths', jsonPaths: [{ name: 'color', path: '.metadata.labels.color' }] },
          ],
          feedbackScrapeType: 'Watch',
        },
        {
          resourceIdentifier: { group: 'apps', resource: 'daemonsets', namespace: '*', name: '*' },
          feedbackRules: [{ type: 'WellKnownStatus' }],
        },
      ],
    })
    await bench.untilApplied('daemon')
    await bench.objects({ ...DEPLOYMENTS, plural: 'daemonsets' }).patchStatus(key('daemon'), {
      type: 'merge',
      body: { status: { numberReady: 2, desiredNumberScheduled: 3, numberAvailable: 1 } },
    })
    await bench
      .objects(NAMESPACES)
      .patch({ name: 'watched' }, { type: 'merge', body: { metadata: { labels: { color: 'red' } } } })
    const told = async () =>
      (await bench.getWork('daemon')).status?.resourceStatus?.manifests?.map(({ statusFeedback }) =>
        (statusFeedback?.values ?? []).map(({ name, fieldValue }) => [
          name,
          fieldValue.integer ?? fieldValue.string,
        ]),
      )
    const wanted = [
      [['color', 'red']],
      [
        ['NumberReady', 2],
        ['DesiredNumberScheduled', 3],
        ['NumberAvailable', 1],
      ],
    ]
    await until(async () => JSON.stringify(await told()) === JSON.stringify(wanted), 'all is told')
  })

  it('says what it cannot tell', async () => {
    await bench.createWork('unknown', [configMap('unknown')], {
      manifestConfigs: [
        {
          resourceIdentifier: { resource: 'configmaps', namespace: NAMESPACE, name: 'unknown' },
          feedbackRules: [
            { type: 'WellKnownStatus' },
            { type: 'JSONPaths', jsonPaths: [{ name: 'all', path: '.data' }] },
          ],
        },
      ],
    })
    const work = await bench.untilApplied('unknown')
    expect(conditionOf(work, 0, 'StatusFeedbackSynced')).toMatchObject({
      status: 'False',
      reason: 'StatusFeedbackSyncFailed',
      message:
        'Sync status feedback failed with error [cannot find the wellknown statuses for resource with gvk /v1, Kind=ConfigMap, the type map[string]interface {} of the value for all is not found]',
    })
  })
})

describe('feedback of structures', () => {
  it('is JSON where that is asked for', async () => {
    const structured = await WorkBench.start([])
    try {
      structured.startAgent({ reportsRawJson: true, maxRawJsonLength: 20 })
      const path = (name: string, text: string) => ({ name, path: text })
      await structured.createWork('raw', [configMap('raw', { a: 'b', long: 'x'.repeat(20) })], {
        manifestConfigs: [
          {
            resourceIdentifier: { resource: 'configmaps', namespace: NAMESPACE, name: 'raw' },
            feedbackRules: [
              {
                type: 'JSONPaths',
                jsonPaths: [
                  path('all', '.data'),
                  path('name', "['kind','apiVersion']"),
                  path('a', '.data.a'),
                ],
              },
            ],
          },
        ],
      })
      const work = await structured.untilApplied('raw')
      expect(work.status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values).toEqual([
        { name: 'name', fieldValue: { type: 'JsonRaw', jsonRaw: '["ConfigMap","v1"]' } },
        { name: 'a', fieldValue: { type: 'String', string: 'b' } },
      ])
      expect(conditionOf(work, 0, 'StatusFeedbackSynced')?.message).toContain(
        'the length of returned json raw string for name all is larger than the maximum length 20',
      )
    } finally {
      await structured.close()
    }
  })
})

describe('condition rules', () => {
  it('speak of all that a wildcard matches, the first rules only, and not of kinds that nothing is known of', async () => {
    const wildcard = (name: string, condition: string, type: 'CEL' | 'WellKnownConditions') => ({
      resourceIdentifier: { resource: 'configmaps', namespace: '*', name },
      conditionRules: [
        { condition, type, ...(type === 'CEL' && { celExpressions: ['object.data.a == "b"'] }) },
      ],
    })
    await bench.createWork(
      'wild',
      [configMap('wild-1'), configMap('wild-2', { a: 'c' }), configMap('tame')],
      {
        manifestConfigs: [
          wildcard('wild-*', 'First', 'CEL'),
          wildcard('*', 'Second', 'CEL'),
          wildcard('tame', 'Third', 'CEL'),
        ],
      },
    )
    const work = await bench.untilCondition('wild', 'First', {
      status: 'False',
      message: 'Aggregated from 2 manifest conditions',
    })
    const types = work.status?.resourceStatus?.manifests?.map(({ conditions }) =>
      conditions.map(({ type }) => type).filter((type) => /First|Second|Third/.test(type)),
    )
    expect(types).toEqual([['First'], ['First'], ['Second']])
    await bench.createWork('unknown-rule', [configMap('unknown-rule')], {
      manifestConfigs: [wildcard('*', 'Complete', 'WellKnownConditions')],
    })
    const { status } = await bench.untilApplied('unknown-rule')
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['Applied', 'Available'])
  })

  it('make a work complete, which is then left alone', async () => {
    await bench.createWork('job', [job('job'), configMap('beside-job')], {
      manifestConfigs: [
        {
          resourceIdentifier: { group: 'batch', resource: 'jobs', namespace: NAMESPACE, name: 'job' },
          conditionRules: [{ condition: 'Complete', type: 'WellKnownConditions' }],
        },
      ],
    })
    const before = await bench.untilCondition('job', 'Complete', { status: 'False' })
    expect(conditionOf(before, 0, 'Complete')).toMatchObject({
      reason: 'ConditionRuleEvaluated',
      message: 'Job is not finished',
      observedGeneration: 1,
    })
    const time = '2026-01-01T00:00:00Z'
    const condition = (type: string) => ({
      type,
      status: 'True',
      lastProbeTime: time,
      lastTransitionTime: time,
    })
    await bench.objects(JOBS).patchStatus(key('job'), {
      type: 'merge',
      body: {
        status: {
          startTime: time,
          completionTime: time,
          succeeded: 1,
          conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
        },
      },
    })
    await bench.untilCondition('job', 'Complete', {
      status: 'True',
      reason: 'ConditionRulesAggregated',
      message: 'Job is finished',
    })
    await bench.objects(CONFIG_MAPS).delete(key('beside-job'))
    await bench.untilCondition('job', 'Available', { status: 'False' })
    expect(await bench.objects(CONFIG_MAPS).find(key('beside-job'))).toBeUndefined()
  })

  it('are expressions with messages of their own, and go with their rules', async () => {
    const rules = [
      {
        condition: 'Big',
        type: 'CEL' as const,
        celExpressions: [
          'object.data.size.matches("^[0-9]+$")',
          'quantity(object.data.size).isGreaterThan(quantity("5"))',
        ],
        messageExpression: '"size " + object.data.size + (result ? " is" : " is not") + " big"',
      },
      { condition: 'Broken', type: 'CEL' as const, celExpressions: ['object.data.none == "x"'] },
      { condition: 'Wrong', type: 'CEL' as const, celExpressions: ['nothing(object)'] },
      { condition: 'Endless', type: 'CEL' as const, celExpressions: [heavy()] },
    ]
    const config = (conditionRules: readonly object[]) => ({
      manifestConfigs: [
        {
          resourceIdentifier: { resource: 'configmaps', namespace: NAMESPACE, name: 'ruled' },
          conditionRules,
        },
      ],
    })
    await bench.createWork('ruled', [configMap('ruled', { size: '7' })], config(rules) as never)
    const work = await bench.untilCondition('ruled', 'Big', { status: 'True', message: 'size 7 is big' })
    expect(conditionOf(work, 0, 'Broken')).toMatchObject({
      status: 'False',
      reason: 'ConditionRuleExpressionError',
      message: 'no such key: none',
    })
    expect(conditionOf(work, 0, 'Wrong')?.message).toMatch(/undeclared reference to 'nothing'/)
    expect(conditionOf(work, 0, 'Endless')?.message).toMatch(/actual cost limit exceeded/)
    await bench.patchWork('ruled', config(rules.slice(0, 1)))
    const later = await bench.untilCondition('ruled', 'Big', { status: 'True' })
    expect(later.status?.conditions?.map(({ type }) => type)).toEqual(['Applied', 'Available', 'Big'])
    expect(conditionOf(later, 0, 'Broken')).toBeUndefined()
  })
})

describe('conditions', () => {
  it('tell since when they hold, of which generation', async () => {
    await bench.createWork('times', [configMap('times')])
    const first = await bench.untilApplied('times')
    await bench.patchWork('times', { workload: { manifests: [configMap('times', { a: 'c' })] } })
    const second = await bench.untilApplied('times')
    const [before, after] = [first, second].map((work) =>
      work.status?.conditions?.find(({ type }) => type === 'Applied'),
    )
    expect(after?.lastTransitionTime).toBe(before?.lastTransitionTime)
    expect([before?.observedGeneration, after?.observedGeneration]).toEqual([1, 2])
    expect(conditionOf(second, 0, 'Applied')?.observedGeneration).toBe(2)
  })
})

describe('the time of conditions', () => {
  it('is another one when values change, and stays when an object is put back', async () => {
    const clock = new ManualClock()
    const timed = await WorkBench.start([])
    try {
      timed.startAgent({ clock })
      await timed.createWork('timed', [configMap('timed', { a: '1' })], {
        manifestConfigs: [
          {
            resourceIdentifier: { resource: 'configmaps', namespace: NAMESPACE, name: 'timed' },
            feedbackRules: [
              { type: 'JSONPaths', jsonPaths: [{ name: 'color', path: '.metadata.labels.color' }] },
            ],
            feedbackScrapeType: 'Watch',
          },
        ],
      })
      const before = await timed.untilApplied('timed')
      clock.advance(10_000)
      await timed.objects(CONFIG_MAPS).patch(key('timed'), {
        type: 'merge',
        body: { data: { a: '2' }, metadata: { labels: { color: 'red' } } },
      })
      await timed.untilObject(CONFIG_MAPS, 'timed', ({ data }) => data.a === '1')
      await until(async () => {
        const { status } = await timed.getWork('timed')
        return status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values?.length === 1
      }, 'the value is told')
      const after = await timed.getWork('timed')
      const timeOf = (work: typeof after, type: string) =>
        conditionOf(work, 0, type)?.lastTransitionTime ?? ''
      for (const type of ['Applied', 'Available']) expect(timeOf(after, type)).toBe(timeOf(before, type))
      expect(Date.parse(timeOf(after, 'StatusFeedbackSynced'))).toBe(
        Date.parse(timeOf(before, 'StatusFeedbackSynced')) + 10_000,
      )
    } finally {
      await timed.close()
    }
  })
})

/** Loops in loops, far beyond what an expression may cost. */
function heavy(): string {
  const list = `[${Array.from({ length: 60 }, (_, index) => index).join(',')}]`
  return `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))`
}
