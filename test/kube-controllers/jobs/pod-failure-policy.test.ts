import { describe, expect, it } from 'vitest'
import type { PodFailurePolicyRule } from '../../../src/apis/batch/v1.ts'
import { podFailureVerdict } from '../../../src/kube-controllers/jobs/pod-failure-policy.ts'
import { jobPod } from './jobs.ts'

const failed = (exitCode: number) => jobPod('a', 'Failed', { exitCode })
const codes = (action: PodFailurePolicyRule['action'], operator: 'In' | 'NotIn', ...values: number[]) => ({
  action,
  onExitCodes: { operator, values },
})

describe('a policy for failed pods', () => {
  it.each([
    ['counts what no rule is about', [codes('Ignore', 'In', 2)], failed(1), undefined, true],
    ['ignores', [codes('Ignore', 'In', 1, 2)], failed(1), 'Ignore', false],
    ['takes the first rule', [codes('Count', 'In', 1), codes('FailJob', 'In', 1)], failed(1), 'Count', true],
    ['means all other codes', [codes('FailIndex', 'NotIn', 2)], failed(1), 'FailIndex', true],
    ['means no success', [codes('FailJob', 'NotIn', 2)], failed(0), undefined, true],
    [
      'means a container',
      [
        {
          action: 'FailJob' as const,
          onExitCodes: { containerName: 'other', operator: 'In' as const, values: [1] },
        },
      ],
      failed(1),
      undefined,
      true,
    ],
    [
      'looks at conditions',
      [{ action: 'Ignore' as const, onPodConditions: [{ type: 'Ready', status: 'True' as const }] }],
      failed(1),
      'Ignore',
      false,
    ],
  ])('%s', (_, rules, pod, action, counts) => {
    expect(podFailureVerdict({ rules }, pod)).toMatchObject({ action, counts })
  })

  it('says why the Job fails', () => {
    const { jobFailure } = podFailureVerdict(
      { rules: [codes('Count', 'In', 2), codes('FailJob', 'In', 42)] },
      failed(42),
    )
    expect(jobFailure).toBe(
      'Container main for pod default/a failed with exit code 42 matching FailJob rule at index 1',
    )
    const onPodConditions = [{ type: 'Ready', status: 'True' as const }]
    expect(podFailureVerdict({ rules: [{ action: 'FailJob', onPodConditions }] }, failed(1)).jobFailure).toBe(
      'Pod default/a has condition Ready matching FailJob rule at index 0',
    )
  })
})
