import type { FieldError } from '../../api/field-error.ts'
import type { KubeObject } from '../../registry/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { podTemplateDefaults } from '../pod/index.ts'
import { immutableErrors, statusStrategy, strategyWithStatus } from '../strategy/index.ts'
import { replicatedTemplateErrors } from './deployments.ts'
import {
  countErrors,
  partErrors,
  requiredSelectorErrors,
  type WorkloadSpec,
  type WorkloadStatus,
} from './workload.ts'

interface ReplicaSet extends KubeObject {
  readonly spec: WorkloadSpec
  readonly status: WorkloadStatus
}

function withReplicaSetDefaults(set: ReplicaSet): ReplicaSet {
  const { replicas = 1, template } = set.spec
  return { ...set, spec: { ...set.spec, replicas, template: podTemplateDefaults(template) } }
}

function replicaSetErrors({ spec }: ReplicaSet): FieldError[] {
  return [
    ...nonNegativeErrors(spec.replicas, 'spec.replicas'),
    ...nonNegativeErrors(spec.minReadySeconds, 'spec.minReadySeconds'),
    // The original calls it a deployment, too.
    ...requiredSelectorErrors(spec.selector, 'deployment'),
    ...replicatedTemplateErrors(spec),
  ]
}

const PARTS = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']

function replicaSetStatusErrors({ status }: ReplicaSet): FieldError[] {
  return [
    ...countErrors(status, ['replicas', ...PARTS, 'observedGeneration'], 'status'),
    ...partErrors(status, PARTS, 'replicas', 'status.replicas'),
    ...partErrors(status, ['availableReplicas'], 'readyReplicas', 'readyReplicas'),
  ]
}

export const REPLICA_SET_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  withDefaults: (set) => withReplicaSetDefaults(set as ReplicaSet),
  validate: (set) => replicaSetErrors(set as ReplicaSet),
  validateUpdate: (updated, old) => {
    const [set, before] = [updated as ReplicaSet, old as ReplicaSet]
    return [
      ...replicaSetErrors(set),
      ...immutableErrors(set.spec.selector, before.spec.selector, 'spec.selector'),
    ]
  },
})

export const REPLICA_SET_STATUS_STRATEGY = statusStrategy(REPLICA_SET_STRATEGY, {
  validateUpdate: (set) => replicaSetStatusErrors(set as ReplicaSet),
})
