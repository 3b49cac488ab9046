import { isDeepStrictEqual } from 'node:util'
import { type FieldError, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, withMeta } from '../../registry/index.ts'
import { labelSelectorErrors } from '../../selectors/index.ts'
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
  emptySelectorErrors,
  lastingPodErrors,
  unmatchedTemplateErrors,
  type WorkloadSpec,
  type WorkloadStatus,
} from './workload.ts'

interface RollingUpdate extends JsonObject {
  readonly maxUnavailable: IntOrString
  readonly maxSurge: IntOrString
}

interface DaemonSetSpec extends WorkloadSpec {
  readonly updateStrategy: JsonObject & { readonly type?: string; readonly rollingUpdate?: RollingUpdate }
}

interface DaemonSet extends KubeObject {
  readonly spec: DaemonSetSpec
  readonly status: WorkloadStatus
}

/** Where apps/v1 keeps what was a field of the spec before: how often the template has changed. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

function withDaemonSetDefaults(set: DaemonSet): DaemonSet {
  const { spec } = set
  const type = spec.updateStrategy?.type || 'RollingUpdate'
  const rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...spec.updateStrategy?.rollingUpdate }
  return {
    ...set,
    spec: {
      ...spec,
      template: podTemplateDefaults(spec.template),
      updateStrategy: {
        ...spec.updateStrategy,
        type,
        ...(type === 'RollingUpdate' ? { rollingUpdate } : {}),
      },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    },
  }
}

function daemonSetErrors({ spec }: DaemonSet): FieldError[] {
  const { selector, template } = spec
  return [
    ...(selector ? labelSelectorErrors(selector, 'spec.selector') : []),
    ...unmatchedTemplateErrors(selector, template.metadata?.labels),
    ...(selector ? emptySelectorErrors(selector, 'daemonset') : []),
    ...podTemplateErrors(template, 'spec.template'),
    ...lastingPodErrors(template, 'DaemonSet'),
    ...nonNegativeErrors(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...updateStrategyErrors(spec.updateStrategy),
    ...nonNegativeErrors(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ]
}

function updateStrategyErrors(strategy: DaemonSetSpec['updateStrategy']): FieldError[] {
  const { type, rollingUpdate } = strategy
  const path = 'spec.updateStrategy'
  if (type === 'OnDelete') return []
  if (type !== 'RollingUpdate') return [notSupported(path, strategy, ['RollingUpdate', 'OnDelete'])]
  if (!rollingUpdate) return [required(`${path}.rollingUpdate`)]
  return rollingUpdateErrors(rollingUpdate, `${path}.rollingUpdate`)
}

/** A node's pod is replaced either after its old one has gone, or before. */
function rollingUpdateErrors({ maxUnavailable, maxSurge }: RollingUpdate, path: string): FieldError[] {
  const [unavailable, surge] = [`${path}.maxUnavailable`, `${path}.maxSurge`]
  const hasUnavailable = amountOf(maxUnavailable) !== 0
  const hasSurge = amountOf(maxSurge) !== 0
  return [
    ...positiveIntOrPercentErrors(maxUnavailable, unavailable),
    ...positiveIntOrPercentErrors(maxSurge, surge),
    ...atMost100PercentErrors(maxUnavailable, unavailable),
    ...atMost100PercentErrors(maxSurge, surge),
    ...(hasUnavailable && hasSurge
      ? [invalid(surge, maxSurge, 'may not be set when maxUnavailable is non-zero')]
      : []),
    ...(hasUnavailable || hasSurge ? [] : [required(unavailable, 'cannot be 0 when maxSurge is 0')]),
  ]
}

function templateGenerationOf({ metadata }: KubeObject): number {
  const text = metadata.annotations?.[TEMPLATE_GENERATION] ?? ''
  return /^[0-9]{1,15}$/.test(text) ? Number(text) : 0
}

function withTemplateGeneration(set: KubeObject, generation: number): KubeObject {
  const { annotations } = set.metadata
  return withMeta(set, { annotations: { ...annotations, [TEMPLATE_GENERATION]: String(generation) } })
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
]

export const DAEMON_SET_STRATEGY = strategyWithStatus({
  countsGenerations: true,
  withDefaults: (set) => withDaemonSetDefaults(set as DaemonSet),
  prepareForCreate: (set) => withTemplateGeneration(set, Math.max(templateGenerationOf(set), 1)),
  prepareForUpdate: (updated, old) => {
    const [set, before] = [updated as DaemonSet, old as DaemonSet]
    const isSame = isDeepStrictEqual(set.spec.template, before.spec.template)
    return withTemplateGeneration(set, templateGenerationOf(before) + (isSame ? 0 : 1))
  },
  validate: (set) => daemonSetErrors(set as DaemonSet),
  validateUpdate: (updated, old) => {
    const [set, before] = [updated as DaemonSet, old as DaemonSet]
    return [
      ...daemonSetErrors(set),
      ...immutableErrors(set.spec.selector, before.spec.selector, 'spec.selector'),
    ]
  },
})

export const DAEMON_SET_STATUS_STRATEGY = statusStrategy(DAEMON_SET_STRATEGY, {
  validateUpdate: (set, old) => [
    ...countErrors((set as DaemonSet).status, COUNTS, 'status'),
    ...collisionErrors((set as DaemonSet).status, (old as DaemonSet).status),
  ],
})
