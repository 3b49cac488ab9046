import { describe, expect, it } from 'vitest'
import { schedule } from '../../src/placement/schedule.ts'
import { type ClusterFacts, cluster, NOW_MS, type ViewFacts, view } from './fixture.ts'

type Tolerations = NonNullable<NonNullable<ViewFacts['spec']>['tolerations']>
type Selector = NonNullable<
  NonNullable<NonNullable<ViewFacts['spec']>['predicates']>[number]['requiredClusterSelector']
>

const chosen = (facts: ViewFacts, ...clusters: [string, ClusterFacts?][]) =>
  schedule(
    clusters.map(([name, each]) => cluster(name, each)),
    view(facts),
  )
const names = (facts: ViewFacts, ...clusters: [string, ClusterFacts?][]) =>
  chosen(facts, ...clusters).chosen.map(({ metadata }) => metadata.name)

describe('predicates', () => {
  const matching = (...selectors: Selector[]) =>
    names(
      { spec: { predicates: selectors.map((requiredClusterSelector) => ({ requiredClusterSelector })) } },
      ['east', { labels: { region: 'east', tier: 'gold' }, claims: { platform: 'aws', __proto__: 'x' } }],
      ['north', { labels: { region: 'north' }, claims: { platform: 'gcp' } }],
      ['west', { labels: { region: 'west', tier: '' } }],
    )

  it.each<[string, Selector[], string[]]>([
    ['none', [], ['east', 'north', 'west']],
    ['an empty one', [{}], ['east', 'north', 'west']],
    ['a label', [{ labelSelector: { matchLabels: { region: 'east' } } }], ['east']],
    [
      'either of two',
      [
        { labelSelector: { matchLabels: { region: 'east' } } },
        { labelSelector: { matchLabels: { tier: '' } } },
      ],
      ['east', 'west'],
    ],
    [
      'a set of values',
      [
        {
          labelSelector: {
            matchExpressions: [{ key: 'region', operator: 'NotIn', values: ['east', 'west'] }],
          },
        },
      ],
      ['north'],
    ],
    [
      'a claim',
      [{ claimSelector: { matchExpressions: [{ key: 'platform', operator: 'In', values: ['gcp'] }] } }],
      ['north'],
    ],
    [
      'a claim that is not there',
      [{ claimSelector: { matchExpressions: [{ key: 'platform', operator: 'DoesNotExist' }] } }],
      ['west'],
    ],
    [
      'a label and a claim, of which both are needed',
      [
        {
          labelSelector: { matchExpressions: [{ key: 'tier', operator: 'Exists' }] },
          claimSelector: { matchExpressions: [{ key: 'platform', operator: 'Exists' }] },
        },
      ],
      ['east'],
    ],
    [
      'an expression',
      [{ celSelector: { celExpressions: ['managedCluster.metadata.labels["region"].startsWith("no")'] } }],
      ['north'],
    ],
    [
      'expressions, of which all are needed, and one fails for want of a label',
      [
        {
          celSelector: {
            celExpressions: [
              'managedCluster.metadata.labels.tier == "gold"',
              'managedCluster.metadata.name != "x"',
            ],
          },
        },
      ],
      ['east'],
    ],
    ['an expression that is no truth value', [{ celSelector: { celExpressions: ['1 + 1'] } }], []],
    [
      'JSON in an expression',
      [{ celSelector: { celExpressions: [`parseJSON('{"a": [1, 2]}').a.size() == 2`] } }],
      ['east', 'north', 'west'],
    ],
    ['JSON that is none', [{ celSelector: { celExpressions: ["parseJSON('{').a == 1"] } }], []],
  ])('select by %s', (_what, selectors, expected) => {
    expect(matching(...selectors).sort()).toEqual(expected)
  })

  it('look at scores in expressions', () => {
    const celExpressions = ['managedCluster.scores("usage").filter(s, s.name == "cpu").all(s, s.value > 10)']
    const spec = { predicates: [{ requiredClusterSelector: { celSelector: { celExpressions } } }] }
    const scores = {
      a: { scores: [{ name: 'cpu', value: 11 }] },
      b: { scores: [{ name: 'cpu', value: 10 }] },
    }
    expect(names({ spec, scores }, ['a'], ['b'], ['without'])).toEqual(['a'])
  })

  it.each<[Selector, RegExp]>([
    [{ celSelector: { celExpressions: ['managedCluster.'] } }, /^compilation failed: ERROR: <input>:1:/],
    [{ celSelector: { celExpressions: ['other == 1'] } }, /undeclared reference to 'other'/],
    [
      {
        labelSelector: { matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] },
      } as unknown as Selector,
      /"Like" is not a valid label selector operator/,
    ],
    [
      { labelSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] } },
      /values set can't be empty/,
    ],
    [
      { claimSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
      /values set must be empty for exists/,
    ],
  ])('say what is wrong with %j', (requiredClusterSelector, message) => {
    const { problem, chosen: clusters } = chosen({ spec: { predicates: [{ requiredClusterSelector }] } }, [
      'a',
    ])
    expect(problem).toMatchObject({
      code: 'misconfigured',
      plugin: 'Predicate',
      message: expect.stringMatching(message),
    })
    expect(clusters).toEqual([])
  })
})

describe('taints', () => {
  const taint = (effect: 'NoSelect' | 'PreferNoSelect' | 'NoSelectIfNew', value?: string) => ({
    taints: [
      {
        key: 'gpu',
        effect,
        timeAdded: new Date(NOW_MS - 10_000).toISOString(),
        ...(value !== undefined && { value }),
      },
    ],
  })
  const tainted = (facts: ClusterFacts, tolerations: Tolerations, decided: string[] = []) =>
    names({ spec: { tolerations }, decided }, ['plain'], ['tainted', facts]).includes('tainted')

  it.each<[string, ClusterFacts, Tolerations, boolean]>([
    ['nothing tolerates', taint('NoSelect'), [], false],
    ['of PreferNoSelect count for nothing', taint('PreferNoSelect'), [], true],
    ['of NoSelectIfNew keep new ones away', taint('NoSelectIfNew'), [], false],
    ['are tolerated by their key', taint('NoSelect', 'a'), [{ key: 'gpu', operator: 'Exists' }], true],
    ['are tolerated by no key at all', taint('NoSelect', 'a'), [{ operator: 'Exists' }], true],
    [
      'are tolerated by their value',
      taint('NoSelect', 'a'),
      [{ key: 'gpu', operator: 'Equal', value: 'a' }],
      true,
    ],
    ['are tolerated without a value', taint('NoSelect'), [{ key: 'gpu' }], true],
    ['are not tolerated for another value', taint('NoSelect', 'a'), [{ key: 'gpu', value: 'b' }], false],
    [
      'are not tolerated for another effect',
      taint('NoSelect'),
      [{ key: 'gpu', operator: 'Exists', effect: 'NoSelectIfNew' }],
      false,
    ],
    [
      'are tolerated for a time',
      taint('NoSelect'),
      [{ key: 'gpu', operator: 'Exists', tolerationSeconds: 11 }],
      true,
    ],
    [
      'are tolerated no longer',
      taint('NoSelect'),
      [{ key: 'gpu', operator: 'Exists', tolerationSeconds: 10 }],
      false,
    ],
    [
      'are tolerated by the toleration that lasts',
      taint('NoSelect'),
      [{ key: 'gpu', operator: 'Exists', tolerationSeconds: 1 }, { operator: 'Exists' }],
      true,
    ],
  ])('%s', (_what, facts, tolerations, expected) => {
    expect(tainted(facts, tolerations)).toBe(expected)
  })

  it('of NoSelectIfNew let those stay that are decided on', () => {
    expect(tainted(taint('NoSelectIfNew'), [], ['tainted'])).toBe(true)
  })

  it('are looked at again when a toleration ends', () => {
    const tolerations: Tolerations = [{ key: 'gpu', operator: 'Exists', tolerationSeconds: 60 }]
    expect(chosen({ spec: { tolerations } }, ['tainted', taint('NoSelect')]).againAtMs).toBe(NOW_MS + 50_000)
    expect(chosen({ spec: { tolerations } }, ['plain']).againAtMs).toBeUndefined()
  })

  it.each<[Tolerations[number], string]>([
    [{ value: 'a' }, 'If the key is empty, operator must be Exists.'],
    [{ key: 'a', operator: 'Exists', value: 'b' }, 'If the operator is Exists, the value should be empty.'],
  ])('say what is wrong with %j', (toleration, message) => {
    expect(chosen({ spec: { tolerations: [toleration] } }, ['a']).problem).toEqual({
      code: 'misconfigured',
      plugin: 'TaintToleration',
      message,
    })
  })
})
