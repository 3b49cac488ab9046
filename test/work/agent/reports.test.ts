import { describe, expect, it } from 'vitest'
import type { ConditionRule, FeedbackRule } from '../../../src/apis/work/v1.ts'
import { type ManifestObject, manifestOf } from '../../../src/work/agent/manifest-object.ts'
import { ManifestTask, metaOf } from '../../../src/work/agent/manifest-task.ts'
import { evaluateRules } from '../../../src/work/agent/status/condition-rules.ts'
import { readFeedback } from '../../../src/work/agent/status/feedback.ts'
import { ManifestReader, type Reading } from '../../../src/work/agent/status/reading.ts'
import { workStatus } from '../../../src/work/agent/work-status.ts'

const OPTIONS = { allowsRawJson: false, maxRawJsonLength: 1024 }
const NOW = Date.parse('2026-01-01T00:00:00Z')

const object = (fields: object = {}, metadata: object = {}): ManifestObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'n', name: 'o', uid: 'u', resourceVersion: '1', ...metadata },
  ...fields,
})
const paths = (...texts: readonly (readonly [name: string, path: string])[]): FeedbackRule => ({
  type: 'JSONPaths',
  jsonPaths: texts.map(([name, path]) => ({ name, path })),
})
const cel = (condition: string, ...celExpressions: readonly string[]): ConditionRule => ({
  condition,
  type: 'CEL',
  celExpressions: [...celExpressions],
})
const config = (conditionRules: readonly ConditionRule[], feedbackRules: readonly FeedbackRule[] = []) => ({
  conditionRules,
  feedbackRules,
  updateStrategy: undefined,
  feedbackScrapeType: 'Poll' as const,
})
const taskOf = (seen: ManifestObject, ordinal = 0) => {
  const task = new ManifestTask('w')
  task.meta = { ...metaOf(ordinal, seen), resource: 'configmaps' }
  task.target = {
    definition: { group: '', version: 'v1', plural: 'configmaps', namespaced: true },
    key: { namespace: 'n', name: seen.metadata.name ?? '' },
  }
  task.sighting = seen
  return task
}

describe('feedback', () => {
  it('tells of each name once: a list with two of them would be refused', () => {
    const { values, condition } = readFeedback(
      object({ data: { a: '1', b: '2' } }),
      [paths(['x', '.data.a']), paths(['x', '.data.b'], ['y', '.data.b'])],
      OPTIONS,
    )
    expect(values.map(({ name, fieldValue }) => [name, fieldValue.string])).toEqual([
      ['x', '1'],
      ['y', '2'],
    ])
    expect(condition).toMatchObject({
      status: 'False',
      message: 'Sync status feedback failed with error there is more than one value for x',
    })
  })

  it.each([1e300, 2 ** 63, 1.5, Number.POSITIVE_INFINITY])('does not tell %d as an integer', (n) => {
    expect(readFeedback(object({ n }), [paths(['n', '.n'])], OPTIONS).condition.message).toContain(
      'the type float64 of the value for n is not found',
    )
  })

  it('ends for any number of costly paths', () => {
    const nested = Array.from({ length: 100 }).reduce<object>((inner) => ({ inner, list: [1, 2] }), {})
    const costly = Array.from({ length: 1000 }, (_, index): [string, string] => [`p${index}`, '..list[*]'])
    const { condition } = readFeedback(object({ nested }), [paths(...costly)], OPTIONS)
    expect(condition.message).toContain('the path leads to too many values')
  })

  it('fits its message into a condition', () => {
    const many = Array.from({ length: 2000 }, (_, index): [string, string] => [`p${index}`, '.spec['])
    expect(readFeedback(object(), [paths(...many)], OPTIONS).condition.message).toHaveLength(32_768)
  })
})

describe('condition rules', () => {
  it.each(['', 'two words', 'Applied', 'StatusFeedbackSynced', 'x'.repeat(317)])(
    'say nothing of what cannot be theirs to say: %j',
    (type) => {
      expect(evaluateRules(object(), [cel(type, 'true'), cel('Fine', 'true')])).toMatchObject([
        { type: 'Fine', status: 'True' },
      ])
    },
  )

  it('end, however many and however costly they are', () => {
    const list = `[${Array.from({ length: 60 }, (_, index) => index).join(',')}]`
    const heavy = `${list}.all(a, ${list}.all(b, ${list}.all(c, ${list}.all(d, a + b + c + d >= 0))))`
    const rules = Array.from({ length: 64 }, (_, index) => cel(`Heavy${index}`, heavy))
    const conditions = evaluateRules(object(), rules)
    expect(conditions).toHaveLength(64)
    expect(conditions[0]?.message).toBe('operation cancelled: actual cost limit exceeded')
    expect(conditions.at(-1)).toMatchObject({
      status: 'False',
      reason: 'ConditionRuleExpressionError',
      message: 'CEL evaluation budget exceeded',
    })
  })

  it('are not read when they are longer than anybody writes', () => {
    expect(evaluateRules(object(), [cel('Long', `1 == 1${' && 1 == 1'.repeat(5000)}`)])).toMatchObject([
      { status: 'False', message: 'the expression is longer than 16384 characters' },
    ])
  })
})

describe('the reading of an object', () => {
  it('is done once, until the object or its rules change', () => {
    const reader = new ManifestReader(OPTIONS)
    const rules = [cel('Fine', 'object.data.a == "1"')]
    const user = {}
    const read = (a: string, resourceVersion: string, by = rules) =>
      reader.read(user, object({ data: { a } }, { resourceVersion }), config(by))
    const first = read('1', '1')
    expect(read('1', '1')).toBe(first)
    expect(read('1', '1', [...rules])).toBe(first)
    expect(read('2', '2').conditions).toMatchObject([{ type: 'Fine', status: 'False' }])
    expect(read('2', '2', [cel('Other', 'true')]).conditions).toMatchObject([{ type: 'Other' }])
  })
})

describe('the status of a work', () => {
  const reading = (
    rules: readonly ConditionRule[],
    seen: ManifestObject,
    feedback: FeedbackRule[] = [],
  ): Reading => new ManifestReader(OPTIONS).read({}, seen, config(rules, feedback))

  it('changes only when something does, though a rule overrules what the agent says', () => {
    const seen = object()
    const task = taskOf(seen)
    const rules = [cel('Available', 'false')]
    const manifests = [{ task, reading: reading(rules, seen) }]
    const first = workStatus({ metadata: { generation: 1 } }, manifests, NOW)
    expect(first.conditions).toMatchObject([{ type: 'Applied' }, { type: 'Available', status: 'False' }])
    const second = workStatus({ metadata: { generation: 1 }, status: first }, manifests, NOW + 60_000)
    expect(second).toEqual(first)
  })

  it('leaves out values that would make the work too large to be stored', () => {
    const manifests = Array.from({ length: 4 }, (_, ordinal) => {
      const seen = object({ data: { a: 'x'.repeat(200_000) } }, { name: `o${ordinal}` })
      return { task: taskOf(seen, ordinal), reading: reading([], seen, [paths(['a', '.data.a'])]) }
    })
    const { resourceStatus } = workStatus({ metadata: { generation: 1 } }, manifests, NOW)
    const told = resourceStatus?.manifests ?? []
    expect(told.map(({ statusFeedback }) => statusFeedback?.values?.length ?? 0)).toEqual([1, 1, 0, 0])
    expect(told[3]?.conditions.find(({ type }) => type === 'StatusFeedbackSynced')).toMatchObject({
      status: 'False',
      reason: 'StatusFeedbackSyncFailed',
    })
  })

  it('fits the reason of a failure into a condition', () => {
    const task = taskOf(object())
    task.error = new Error('x'.repeat(100_000))
    task.sighting = null
    const { resourceStatus } = workStatus(
      { metadata: { generation: 1 } },
      [{ task, reading: undefined }],
      NOW,
    )
    expect(resourceStatus?.manifests?.[0]?.conditions[0]?.message).toHaveLength(32_768)
  })
})

describe('a manifest', () => {
  const INVALID_NAME = `invalid resource name "a/%": [may not contain '/' may not contain '%']`
  const nested = (levels: number) =>
    Array.from({ length: levels }).reduce<object>((inner) => ({ inner }), { kind: 'Thing' })

  it.each<[string, unknown, string | undefined]>([
    ['with a name', object(), undefined],
    ['without a name', { metadata: { generateName: 'a-' } }, 'resource name may not be empty'],
    ['with a name that is none', { metadata: { name: 5 } }, 'resource name may not be empty'],
    ['without metadata', {}, 'resource name may not be empty'],
    ['that is no object', 'text', 'resource name may not be empty'],
    ['with a name that is a path', object({}, { name: 'a/%' }), INVALID_NAME],
    [
      'with a namespace that is a path',
      object({}, { namespace: '..' }),
      `invalid namespace "..": [may not be '..']`,
    ],
    ['with numbers of any size', object({ n: [2 ** 53 - 1, 9007199254740993n, 0.5, 1e20] }), undefined],
    ['of many levels', object({ spec: nested(300) }), undefined],
    [
      'of too many levels',
      object({ spec: nested(9000) }),
      'the manifest is nested more than 500 levels deep',
    ],
  ])('%s has the problem that it has', (_, value, problem) => {
    expect(manifestOf(value).problem).toBe(problem)
  })

  it('is in no namespace if what it says of it is no text, which nobody could be told of', () => {
    const { object: manifest, problem } = manifestOf(object({}, { namespace: 5 }))
    expect([manifest.metadata.namespace, problem]).toEqual([undefined, undefined])
    expect(metaOf(0, manifest).namespace).toBe('')
  })
})
