import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { podTemplateDefaults, podTemplateErrors } from '../pod/index.ts'
import {
  amountOf,
  atMost100PercentErrors,
  type IntOrString,
  immutableErrors,
  positiveIntOrPercentErrors,
  statusStrategy,
  strategyWithStatus,
} from '../strategy/index.ts'
import {
  collisionErrors,
  countErrors,
  isUnusable,
  lastingPodErrors,
  partErrors,
  requiredSelectorErrors,
  unmatchedTemplateErrors,
  type WorkloadSpec,
  type WorkloadStatus,
} from './workload.ts'

interface RollingUpdate extends JsonObject {
  readonly maxUnavailable: IntOrString
  readonly maxSurge: IntOrString
}

interface DeploymentSpec extends WorkloadSpec {
  readonly strategy: JsonObject & { readonly type?: string; readonly rollingUpdate?: RollingUpdate }
  readonly progressDeadlineSeconds?: number
}

interface Deployment extends KubeObject {
  readonly spec: DeploymentSpec
  readonly status: WorkloadStatus
}

function withDeploymentDefaults(deployment: Deployment): Deployment {
  const { spec } = deployment
  const type = spec.strategy?.type || 'RollingUpdate'
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy?.rollingUpdate }
  return {
    ...deployment,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      template: podTemplateDefaults(spec.template),
      strategy: { ...spec.strategy, type, ...(type === 'RollingUpdate' ? { rollingUpdate } : {}) },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
    },
  }
}

function deploymentErrors({ spec }: Deployment): FieldError[] {
  const { minReadySeconds = 0, progressDeadlineSeconds } = spec
  return [
    ...nonNegativeErrors(spec.replicas, 'spec.replicas'),
    ...requiredSelectorErrors(spec.selector, 'deployment'),
    ...replicatedTemplateErrors(spec),
    ...strategyErrors(spec.strategy),
    ...nonNegativeErrors(minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegativeErrors(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegativeErrors(progressDeadlineSeconds, 'spec.progressDeadlineSeconds'),
    ...(progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds
      ? [
          invalid(
            'spec.progressDeadlineSeconds',
            progressDeadlineSeconds,
            'must be greater than minReadySeconds',
          ),
        ]
      : []),
  ]
}

/** Of the template of a Deployment or a ReplicaSet, which are the same. */
export function replicatedTemplateErrors({ selector, template }: WorkloadSpec): FieldError[] {
  if (isUnusable(selector)) return [invalid('spec.selector', selector, 'invalid label selector')]
  return [
    ...unmatchedTemplateErrors(selector, template.metadata?.labels),
    ...podTemplateErrors(template, 'spec.template'),
    ...lastingPodErrors(template, 'ReplicaSet'),
  ]
}

function strategyErrors(strategy: DeploymentSpec['strategy']): FieldError[] {
  const { type, rollingUpdate } = strategy
  const path = 'spec.strategy.rollingUpdate'
  switch (type) {
    case 'Recreate':
      return rollingUpdate ? [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")] : []
    case 'RollingUpdate':
      return rollingUpdate
        ? rollingUpdateErrors(rollingUpdate, path)
        : [required(path, 'this should be defaulted and never be nil')]
    default:
      return [notSupported('spec.strategy', strategy, ['Recreate', 'RollingUpdate'])]
  }
}

function rollingUpdateErrors({ maxUnavailable, maxSurge }: RollingUpdate, path: string): FieldError[] {
  const field = `${path}.maxUnavailable`
  return [
    ...positiveIntOrPercentErrors(maxUnavailable, field),
    ...positiveIntOrPercentErrors(maxSurge, `${path}.maxSurge`),
    ...(amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0
      ? [invalid(field, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...atMost100PercentErrors(maxUnavailable, field),
  ]
}

const COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'collisionCount',
]

function deploymentStatusErrors({ status }: Deployment, old: Deployment): FieldError[] {
  const parts = ['updatedReplicas', 'readyReplicas', 'availableReplicas']
  return [
    ...countErrors(status, COUNTS, 'status'),
    ...partErrors(status, parts, 'replicas', 'status.replicas'),
    ...partErrors(status, ['availableReplicas'], 'readyReplicas', 'readyReplicas'),
    ...collisionErrors(status, old.status),
  ]
}

export const DEPLOYMENT_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  // Its annotations are those of its ReplicaSets.
  wanted: ({ spec, metadata: { annotations = {} } }) => ({ spec, annotations }),
  withDefaults: (deployment) => withDeploymentDefaults(deployment as Deployment),
  validate: (deployment) => deploymentErrors(deployment as Deployment),
  validateUpdate: (updated, old) => {
    const [deployment, before] = [updated as Deployment, old as Deployment]
    return [
      ...deploymentErrors(deployment),
      ...immutableErrors(deployment.spec.selector, before.spec.selector, 'spec.selector'),
    ]
  },
})

/** Labels stay with whoever writes the spec. */
export const DEPLOYMENT_STATUS_STRATEGY = statusStrategy(DEPLOYMENT_STRATEGY, {
  wanted: ({ spec }) => ({ spec }),
  prepareForUpdate: ({ metadata, status }, old) => {
    const { labels: _, ...others } = metadata
    const { labels } = old.metadata
    return { ...old, metadata: { ...others, ...(labels ? { labels } : {}) }, status }
  },
  validateUpdate: (deployment, old) => deploymentStatusErrors(deployment as Deployment, old as Deployment),
})
