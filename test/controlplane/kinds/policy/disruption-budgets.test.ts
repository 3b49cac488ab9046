import { describe, expect, it } from 'vitest'
import { causesOfCreating, causesOfMerging } from '../kind-writer.ts'

const KEY = 'poddisruptionbudgets.policy'
const budget = (spec: object) => ({ metadata: { name: 'b' }, spec })

describe('a disruption budget', () => {
  it.each([
    [{ minAvailable: '50%' }, []],
    [{ minAvailable: '101%' }, ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%']],
    [{ maxUnavailable: -1 }, ['spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0']],
    [
      { minAvailable: 1, maxUnavailable: 1 },
      [
        'spec: Invalid value: {"minAvailable":1,"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
      ],
    ],
    [
      { maxUnavailable: 'some' },
      [
        `spec.maxUnavailable: Invalid value: "some": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
      ],
    ],
    [
      { unhealthyPodEvictionPolicy: 'Never' },
      [
        'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
      ],
    ],
  ])('of %j: %j', async (spec, causes) => {
    expect(await causesOfCreating(KEY, budget(spec))).toEqual(causes)
  })

  it('is told in counts', async () => {
    const causes = await causesOfMerging(KEY, budget({}), { status: { expectedPods: -1 } }, 'status')
    expect(causes).toEqual(['status.expectedPods: Invalid value: -1: must be greater than or equal to 0'])
  })
})
