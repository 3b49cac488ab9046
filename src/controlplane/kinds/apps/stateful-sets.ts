import { isDeepStrictEqual } from 'node:util'
import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, labelProblems } from '../../registry/index.ts'
import { labelsErrors } from '../../selectors/index.ts'
import { nonNegativeErrors, subdomainErrors } from '../field-checks/index.ts'
import { podTemplateDefaults } from '../pod/index.ts'
import {
  amountOf,
  atMost100PercentErrors,
  type IntOrString,
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
  readonly partition?: number
  readonly maxUnavailable?: IntOrString
}

interface StatefulSetSpec extends WorkloadSpec {
  readonly serviceName?: string
  readonly podManagementPolicy?: string
  readonly updateStrategy?: JsonObject & { readonly type?: string; readonly rollingUpdate?: RollingUpdate }
  readonly persistentVolumeClaimRetentionPolicy?: JsonObject & {
    readonly whenDeleted?: string
    readonly whenScaled?: string
  }
  readonly ordinals?: JsonObject & { readonly start?: number }
  readonly volumeClaimTemplates?: readonly JsonObject[]
}

interface StatefulSet extends KubeObject {
  readonly spec: StatefulSetSpec
  readonly status: WorkloadStatus
}

function withStatefulSetDefaults(set: StatefulSet): StatefulSet {
  const { spec } = set
  const { updateStrategy, volumeClaimTemplates } = spec
  const { whenDeleted, whenScaled } = spec.persistentVolumeClaimRetentionPolicy ?? {}
  const type = updateStrategy?.type || 'RollingUpdate'
  const rollingUpdate = { partition: 0, ...updateStrategy?.rollingUpdate }
  return {
    ...set,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      template: podTemplateDefaults(spec.template),
      podManagementPolicy: spec.podManagementPolicy || 'OrderedReady',
      updateStrategy: { ...updateStrategy, type, ...(type === 'RollingUpdate' ? { rollingUpdate } : {}) },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: whenDeleted || 'Retain',
        whenScaled: whenScaled || 'Retain',
      },
      ...(volumeClaimTemplates ? { volumeClaimTemplates: volumeClaimTemplates.map(withClaimDefaults) } : {}),
    },
  }
}

/** A template of a claim says of itself what it is, and what a claim would be when it is new. */
function withClaimDefaults(claim: JsonObject): JsonObject {
  return {
    ...claim,
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    spec: { volumeMode: 'Filesystem', ...(claim.spec as JsonObject | undefined) },
    status: { phase: 'Pending', ...(claim.status as JsonObject | undefined) },
  }
}

function statefulSetErrors({ spec }: StatefulSet): FieldError[] {
  const { podManagementPolicy = '', persistentVolumeClaimRetentionPolicy: retention, selector } = spec
  return [
    ...(['OrderedReady', 'Parallel'].includes(podManagementPolicy)
      ? []
      : [invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")]),
    ...updateStrategyErrors(spec.updateStrategy ?? {}),
    ...(['whenDeleted', 'whenScaled'] as const).flatMap((name) =>
      retentionErrors(retention?.[name], `spec.persistentVolumeClaimRetentionPolicy.${name}`),
    ),
    ...nonNegativeErrors(spec.replicas, 'spec.replicas'),
    ...nonNegativeErrors(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegativeErrors(spec.ordinals?.start, 'spec.ordinals.start'),
    ...(spec.serviceName ? subdomainErrors(spec.serviceName, 'spec.serviceName') : []),
    ...requiredSelectorErrors(selector, 'statefulset'),
    ...(isUnusable(selector) ? [invalid('spec.selector', selector, '')] : templateErrors(spec)),
    ...lastingPodErrors(spec.template, 'StatefulSet'),
  ]
}

/** The pods' volumes come from the claims, so that the template alone says little of them. */
function templateErrors({ selector, template }: StatefulSetSpec): FieldError[] {
  const labels = template.metadata?.labels
  return [...unmatchedTemplateErrors(selector, labels), ...labelsErrors(labels ?? {}, 'spec.template.labels')]
}

function updateStrategyErrors(strategy: NonNullable<StatefulSetSpec['updateStrategy']>): FieldError[] {
  const { type, rollingUpdate } = strategy
  const path = 'spec.updateStrategy.rollingUpdate'
  switch (type) {
    case 'OnDelete':
      return rollingUpdate
        ? [invalid(path, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
        : []
    case 'RollingUpdate':
      return rollingUpdate ? rollingUpdateErrors(rollingUpdate, path) : []
    case undefined:
      return [required('spec.updateStrategy')]
    default:
      return [invalid('spec.updateStrategy', strategy, "must be 'RollingUpdate' or 'OnDelete'")]
  }
}

function rollingUpdateErrors({ partition, maxUnavailable }: RollingUpdate, path: string): FieldError[] {
  const field = `${path}.maxUnavailable`
  return [
    ...nonNegativeErrors(partition, `${path}.partition`),
    ...(maxUnavailable === undefined
      ? []
      : [
          ...positiveIntOrPercentErrors(maxUnavailable, field),
          ...(amountOf(maxUnavailable) === 0 ? [invalid(field, maxUnavailable, 'cannot be 0')] : []),
          ...atMost100PercentErrors(maxUnavailable, field),
        ]),
  ]
}

function retentionErrors(policy: string | undefined, field: string): FieldError[] {
  const policies = ['Retain', 'Delete']
  return policy === undefined || policies.includes(policy) ? [] : [notSupported(field, policy, policies)]
}

const CHANGEABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

function changeErrors(set: StatefulSet, old: StatefulSet): FieldError[] {
  const fixed = ({ spec }: StatefulSet) =>
    Object.fromEntries(Object.entries(spec).filter(([name]) => !CHANGEABLE.includes(name)))
  if (isDeepStrictEqual(fixed(set), fixed(old))) return []
  return [
    forbidden(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ]
}

const PARTS = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']

function statefulSetStatusErrors({ status }: StatefulSet, old: StatefulSet): FieldError[] {
  return [
    ...countErrors(status, ['replicas', ...PARTS, 'observedGeneration', 'collisionCount'], 'status'),
    ...partErrors(status, PARTS, 'replicas', 'status.replicas'),
    ...partErrors(status, ['availableReplicas'], 'readyReplicas', 'status.readyReplicas'),
    ...collisionErrors(status, old.status),
  ]
}

export const STATEFUL_SET_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  validateName: labelProblems,
  withDefaults: (set) => withStatefulSetDefaults(set as StatefulSet),
  validate: (set) => statefulSetErrors(set as StatefulSet),
  validateUpdate: (set, old) => [
    ...statefulSetErrors(set as StatefulSet),
    ...changeErrors(set as StatefulSet, old as StatefulSet),
  ],
})

export const STATEFUL_SET_STATUS_STRATEGY = statusStrategy(STATEFUL_SET_STRATEGY, {
  validateUpdate: (set, old) => statefulSetStatusErrors(set as StatefulSet, old as StatefulSet),
})
