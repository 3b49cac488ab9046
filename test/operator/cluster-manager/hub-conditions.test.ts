import { describe, expect, it } from 'vitest'
import type { Deployment } from '../../../src/apis/apps/v1.ts'
import {
  notAppliedCondition,
  placementDegradedCondition,
  progressingCondition,
  registrationDegradedCondition,
} from '../../../src/operator/cluster-manager/hub-conditions.ts'

function deployment(name: string, ready: number, observedGeneration = 2): Deployment {
  return {
    metadata: { name, generation: 2 },
    spec: { replicas: 3, selector: {}, template: {} },
    status: { observedGeneration, readyReplicas: ready, availableReplicas: ready },
  }
}

describe('the conditions of a ClusterManager', () => {
  it('say which Deployments are still rolling', () => {
    const rolling = [deployment('a', 3), deployment('b', 2), deployment('c', 3, 1)]
    expect(progressingCondition(rolling)).toMatchObject({
      type: 'Progressing',
      status: 'True',
      reason: 'ClusterManagerDeploymentRolling',
      message: 'Deployments b,c is still rolling',
    })
    expect(progressingCondition([deployment('a', 3)])).toMatchObject({
      status: 'False',
      reason: 'ClusterManagerUpToDate',
      message: 'Components of cluster manager are up to date',
    })
  })

  it('say which component is degraded, and why', () => {
    const all = ['cm-registration-controller', 'cm-registration-webhook', 'cm-placement-controller']
    const find = (missing: string, unready: string) => (name: string) =>
      name === missing || !all.includes(name) ? undefined : deployment(name, name === unready ? 1 : 3)
    expect(registrationDegradedCondition('cm', find('', ''))).toMatchObject({
      type: 'HubRegistrationDegraded',
      status: 'False',
      reason: 'RegistrationFunctional',
    })
    expect(registrationDegradedCondition('cm', find('cm-registration-webhook', ''))).toMatchObject({
      status: 'True',
      reason: 'GetRegistrationDeploymentFailed',
      message:
        'Failed to get registration deployment "open-cluster-management-hub" "cm-registration-webhook": deployments.apps "cm-registration-webhook" not found',
    })
    expect(placementDegradedCondition('cm', find('', 'cm-placement-controller'))).toMatchObject({
      type: 'HubPlacementDegraded',
      status: 'True',
      reason: 'UnavailablePlacementPod',
      message:
        '2 of requested instances are unavailable of placement deployment "open-cluster-management-hub" "cm-placement-controller"',
    })
    expect(placementDegradedCondition('cm', find('cm-placement-controller', ''))).toMatchObject({
      reason: 'GetPlacementDeploymentFailed',
    })
  })

  it.each([
    ['crds', 'CRDApplyFailed', 'Failed to apply crd: no'],
    [
      'secrets',
      'HubResourceApplyFailed',
      'Failed to sync secrets to clusterManager namespace open-cluster-management-hub: no',
    ],
    ['hub', 'HubResourceApplyFailed', 'Failed to apply hub resources: no'],
    ['runtime', 'RuntimeResourceApplyFailed', 'Failed to apply runtime resources: no'],
    ['webhooks', 'WebhookApplyFailed', 'Failed to apply webhook resources: no'],
  ] as const)('say that %s could not be applied: %s', (step, reason, message) => {
    expect(notAppliedCondition(step, new Error('no'))).toEqual({
      type: 'Applied',
      status: 'False',
      reason,
      message,
    })
  })
})
