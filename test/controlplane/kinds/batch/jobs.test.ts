import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { JsonObject } from '../../../../src/controlplane/api/json.ts'
import { scheduleProblem } from '../../../../src/controlplane/kinds/batch/cron-schedule.ts'
import { parseIndexes } from '../../../../src/controlplane/kinds/batch/job-indexes.ts'
import type { Job } from '../../../../src/controlplane/kinds/batch/job-shape.ts'
import { templateChangeErrors } from '../../../../src/controlplane/kinds/batch/job-template-change.ts'
import { causesOf, causesOfCreating, causesOfMerging, createdAs, KindWriter } from '../kind-writer.ts'

const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1' }] } }
const job = (spec: object = {}) => ({ metadata: { name: 'j' }, spec: { template, ...spec } })
const changed = ({ spec, ...job }: { spec: object }) =>
  ({
    ...job,
    spec: { ...spec, template: { spec: { ...template.spec, nodeSelector: { a: 'b' } } } },
  }) as unknown as Job
const cronJob = (spec: object = {}) => ({
  metadata: { name: 'j' },
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } }, ...spec },
})

describe('a new job', () => {
  it('runs one pod, which it selects by its own uid', async () => {
    const { metadata, spec } = await createdAs('jobs.batch', job())
    const { uid } = metadata as JsonObject
    const own = {
      'batch.kubernetes.io/controller-uid': uid,
      'batch.kubernetes.io/job-name': 'j',
      'controller-uid': uid,
      'job-name': 'j',
    }
    expect(spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: { metadata: { labels: own } },
    })
  })

  it('takes over the labels of its pods', async () => {
    const labelled = { ...template, metadata: { labels: { a: 'b' } } }
    const { metadata } = await createdAs('jobs.batch', job({ template: labelled }))
    expect(metadata).toMatchObject({ labels: { a: 'b' } })
  })

  it('never gives up on the whole where it counts failures of each index', async () => {
    const indexed = { completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1 }
    const { spec } = await createdAs('jobs.batch', job(indexed))
    expect(spec).toMatchObject({ backoffLimit: 2_147_483_647, parallelism: 1 })
  })

  it.each([
    [{ completions: -1 }, ['spec.completions: Invalid value: -1: must be greater than or equal to 0']],
    [
      { template: { spec: { ...template.spec, restartPolicy: 'Always' } } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      { completionMode: 'Indexed', parallelism: 1 },
      ['spec.completions: Required value: when completion mode is Indexed'],
    ],
    [
      { maxFailedIndexes: 1 },
      [
        'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
      ],
    ],
    [
      { podReplacementPolicy: 'Other' },
      [
        'spec.podReplacementPolicy: Unsupported value: "Other": supported values: "Failed", "TerminatingOrFailed"',
      ],
    ],
    [
      { managedBy: 'me' },
      ['spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      { manualSelector: true },
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      ],
    ],
    [
      { podFailurePolicy: { rules: [{ action: 'Ignore' }] } },
      [
        'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
      ],
    ],
    [
      {
        podFailurePolicy: {
          rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [2, 0, 2] } }],
        },
      },
      [
        'spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 2',
        'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,0,2]: must be ordered',
      ],
    ],
    [
      {
        completionMode: 'Indexed',
        completions: 3,
        successPolicy: { rules: [{ succeededIndexes: '0-3' }, {}] },
      },
      [
        'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-3": error parsing succeededIndexes: too large index: "3"',
        'spec.successPolicy.rules[1]: Required value: at least one of succeededCount or succeededIndexes must be specified',
      ],
    ],
  ])('is refused: %j', async (spec, causes) => {
    expect(await causesOfCreating('jobs.batch', job(spec))).toEqual(causes)
  })

  it('is refused with labels that another job would have', async () => {
    const labelled = { ...template, metadata: { labels: { 'job-name': 'other' } } }
    const causes = await causesOfCreating('jobs.batch', job({ template: labelled }))
    expect(causes).toEqual([
      expect.stringMatching(/^spec\.template\.metadata\.labels\[job-name\]: Invalid value: .*: must be 'j'$/),
    ])
  })
})

describe('a job that is there', () => {
  const other = { spec: { template: { spec: { nodeSelector: { a: 'b' } } } } }

  it.each([
    [{ spec: { completions: 2 } }, ['spec.completions: Invalid value: 2: field is immutable']],
    [
      { spec: { completionMode: 'Indexed' } },
      ['spec.completionMode: Invalid value: "Indexed": field is immutable'],
    ],
    [{ spec: { parallelism: 3, suspend: true } }, []],
  ])('may be changed by %j: %j', async (patch, causes) => {
    expect(await causesOfMerging('jobs.batch', job(), patch)).toEqual(causes)
  })

  it('keeps its pods, unless it has not started yet', async () => {
    expect(await causesOfMerging('jobs.batch', job(), other)).toEqual([
      expect.stringMatching(/^spec\.template: Invalid value: .*: field is immutable$/),
    ])
    expect(await causesOfMerging('jobs.batch', job({ suspend: true }), other)).toEqual([])
  })

  it('may be given other resources while it is suspended, but no other containers', async () => {
    const waiting = job({ suspend: true })
    const containers = (container: JsonObject) => ({
      spec: { template: { spec: { containers: [container] } } },
    })
    const larger = containers({ name: 'c', image: 'i:1', resources: { requests: { cpu: '2' } } })
    expect(await causesOfMerging('jobs.batch', waiting, larger)).toEqual([])
    expect(await causesOfMerging('jobs.batch', job(), larger)).toHaveLength(1)
    expect(await causesOfMerging('jobs.batch', waiting, containers({ name: 'c', image: 'i:2' }))).toEqual([
      expect.stringMatching(/^spec\.template\.spec: Invalid value: .*: field is immutable$/),
    ])
  })

  it('takes other nodes again once all that it had running has ended by its suspension', async () => {
    const suspended = { conditions: [{ type: 'Suspended', status: 'True' }] }
    const waiting = { ...job({ suspend: true }), status: { startTime: '2026-01-01T00:00:00Z', ...suspended } }
    expect(templateChangeErrors(changed(waiting), waiting as unknown as Job)).toEqual([])
    const running = { ...waiting, status: { ...waiting.status, active: 1 } }
    expect(templateChangeErrors(changed(running), running as unknown as Job)).toHaveLength(1)
  })

  it.each([
    [
      { failed: -1 },
      [
        'status.failed: Invalid value: -1: must be greater than or equal to 0',
        'status.failed: Invalid value: -1: cannot decrease the failed counter',
      ],
    ],
    [{ ready: 1 }, ['status.ready: Invalid value: 1: cannot set more ready pods than active']],
    [
      { conditions: [{ type: 'Failed', status: 'True' }], startTime: '2026-01-01T00:00:00Z' },
      [
        'status.conditions: Invalid value: cannot set Failed=True condition without the FailureTarget=true condition',
      ],
    ],
    [
      { completionTime: '2026-01-01T00:00:00Z' },
      [
        'status.completionTime: Invalid value: "2026-01-01T00:00:00Z": cannot set completionTime when there is no Complete=True condition',
      ],
    ],
    [
      { uncountedTerminatedPods: { succeeded: ['a'], failed: ['a'] } },
      ['status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"'],
    ],
  ])('is not said to have the status %j', async (status, causes) => {
    expect(await causesOfMerging('jobs.batch', job(), { status }, 'status')).toEqual(causes)
  })

  it.each([
    ['runs', undefined, undefined, false],
    ['was suspended and goes on', 'True', 'False', true],
    ['is still said to be suspended', 'True', 'True', false],
    ['has gone on before', 'False', 'False', false],
  ])('that %s: its time begins anew, from %s to %s: %s', async (_name, before, after, isAllowed) => {
    const statusAt = (startTime: string, suspended: string | undefined) => ({
      startTime,
      ...(suspended && { conditions: [{ type: 'Suspended', status: suspended }] }),
    })
    const jobs = await KindWriter.open('jobs.batch')
    onTestFinished(() => jobs.close())
    const { name } = job().metadata
    await jobs.create(job())
    await jobs.merge(name, { status: statusAt('2026-01-01T00:00:00Z', before) }, 'status')
    const answer = await jobs.merge(name, { status: statusAt('2026-01-01T00:01:00Z', after) }, 'status')
    const refusal =
      'status.startTime: Invalid value: "2026-01-01T00:01:00Z": field is immutable for unsuspended job once set'
    expect(causesOf(answer)).toEqual(isAllowed ? [] : [refusal])
  })
})

describe('a cron job', () => {
  it('lets its jobs overlap and keeps some of them', async () => {
    const { spec } = await createdAs('cronjobs.batch', cronJob())
    expect(spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    })
  })

  it.each([
    [{ schedule: '' }, ['spec.schedule: Required value']],
    [
      { schedule: 'TZ=UTC * * * * *' },
      [
        'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      { timeZone: 'Nowhere/City' },
      ['spec.timeZone: Invalid value: "Nowhere/City": unknown time zone Nowhere/City'],
    ],
    [{ timeZone: 'Europe/Berlin' }, []],
    [
      { concurrencyPolicy: 'Some' },
      ['spec.concurrencyPolicy: Unsupported value: "Some": supported values: "Allow", "Forbid", "Replace"'],
    ],
    [
      { jobTemplate: { spec: { template, selector: { matchLabels: { a: 'b' } } } } },
      [
        'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
      ],
    ],
  ])('with %j: %j', async (spec, causes) => {
    expect(await causesOfCreating('cronjobs.batch', cronJob(spec))).toEqual(causes)
  })

  it('leaves room in its name for the time', async () => {
    const named = { ...cronJob(), metadata: { name: 'n'.repeat(53) } }
    expect(await causesOfCreating('cronjobs.batch', named)).toEqual([
      `metadata.name: Invalid value: "${'n'.repeat(53)}": must be no more than 52 characters`,
    ])
  })
})

describe('schedules', () => {
  it.each([
    ['0 0 1 jan sun', undefined],
    ['@daily', undefined],
    ['@every 1h30m', undefined],
    ['*/15 0-6/2,12 ? * 1-5', undefined],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['@never', 'unrecognized descriptor: @never'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
  ])('%s', (schedule, problem) => {
    expect(scheduleProblem(schedule)).toBe(problem)
  })

  it('are judged, whatever they are', () => {
    fc.assert(
      fc.property(fc.string(), (text) => ['string', 'undefined'].includes(typeof scheduleProblem(text))),
    )
  })
})

describe('indexes', () => {
  it.each([
    ['', { count: 0 }],
    ['0,2-4', { count: 4 }],
    ['2,1', { problem: 'non-increasing order, previous: 2, current: 1' }],
    ['3-3', { problem: 'non-increasing order, previous: 3, current: 3' }],
    [
      '1-2-3',
      {
        problem: `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
      },
    ],
    ['a', { problem: 'cannot convert string to integer for index: "a"' }],
    ['5', { problem: 'too large index: "5"' }],
  ])('%j', (text, parsed) => {
    expect(parseIndexes(text, 5)).toEqual(parsed)
  })
})
