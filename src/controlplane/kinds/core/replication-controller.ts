import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, withMeta } from '../../registry/index.ts'
import { type Labels, selectableFields, valueAt } from '../../selectors/index.ts'
import { nonNegativeErrors } from '../field-checks/index.ts'
import { type PodTemplateSpec, podTemplateDefaults, podTemplateErrors } from '../pod/index.ts'
import { type KindEntry, type KindTable, statusStrategy, strategyWithStatus } from '../strategy/index.ts'

interface ControllerSpec extends JsonObject {
  readonly replicas?: number
  readonly minReadySeconds?: number
  readonly selector?: Labels
  readonly template?: PodTemplateSpec
}

interface ControllerStatus extends JsonObject {
  readonly replicas?: number
  readonly fullyLabeledReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly observedGeneration?: number
}

interface ReplicationController extends KubeObject {
  readonly spec?: ControllerSpec
  readonly status?: ControllerStatus
}

/** Of `v1`. */
export function replicationControllerKind(table: KindTable): KindEntry {
  const errors = (object: KubeObject) => controllerErrors((object as ReplicationController).spec ?? {})
  const strategy = strategyWithStatus({
    countsGenerations: true,
    withDefaults: (object) => controllerDefaults(object as ReplicationController),
    validate: errors,
    validateUpdate: errors,
    deletion: { propagationPolicy: 'Orphan' },
  })
  const status = statusStrategy(strategy, {
    validateUpdate: (object) => statusErrors((object as ReplicationController).status ?? {}),
  })
  return table.namespaced('replicationcontrollers', 'ReplicationController', strategy, {
    subresources: { status },
    selectableFields: selectableFields(['metadata.name', 'metadata.namespace', 'status.replicas'], {
      'status.replicas': valueAt('status.replicas', '0'),
    }),
  })
}

/** It selects what it makes, and is called after it, if it does not say otherwise. */
function controllerDefaults(controller: ReplicationController): ReplicationController {
  const { spec = {}, metadata } = controller
  const { template, selector = {} } = spec
  const labels = template?.metadata?.labels
  const isUnlabelled = Object.keys(metadata.labels ?? {}).length === 0
  const named = labels && isUnlabelled ? withMeta(controller, { labels }) : controller
  return {
    ...named,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      ...(labels && Object.keys(selector).length === 0 ? { selector: labels } : {}),
      ...(template ? { template: podTemplateDefaults(template) } : {}),
    },
  }
}

function controllerErrors({
  minReadySeconds,
  selector = {},
  replicas,
  template,
}: ControllerSpec): FieldError[] {
  return [
    ...nonNegativeErrors(minReadySeconds, 'spec.minReadySeconds'),
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...nonNegativeErrors(replicas, 'spec.replicas'),
    ...(template ? templateErrors(template, selector) : [required('spec.template')]),
  ]
}

function templateErrors(template: PodTemplateSpec, selector: Labels): FieldError[] {
  const path = 'spec.template'
  const labels = template.metadata?.labels ?? {}
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec ?? {}
  const isSelected = Object.entries(selector).every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  )
  return [
    ...(isSelected
      ? []
      : [
          invalid(
            `${path}.metadata.labels`,
            template.metadata?.labels,
            '`selector` does not match template `labels`',
          ),
        ]),
    ...podTemplateErrors(template, path),
    ...(restartPolicy === 'Always'
      ? []
      : [notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [
          forbidden(
            `${path}.spec.activeDeadlineSeconds`,
            'activeDeadlineSeconds in ReplicationController is not Supported',
          ),
        ]),
  ]
}

function statusErrors(status: ControllerStatus): FieldError[] {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status
  const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const
  const tooMany = (name: (typeof counts)[number]) =>
    (status[name] ?? 0) > replicas
      ? [invalid(`status.${name}`, status[name] ?? 0, 'cannot be greater than status.replicas')]
      : []
  return [
    ...counts.flatMap((name) => nonNegativeErrors(status[name], `status.${name}`)),
    ...nonNegativeErrors(status.observedGeneration, 'status.observedGeneration'),
    ...tooMany('fullyLabeledReplicas'),
    ...tooMany('readyReplicas'),
    ...tooMany('availableReplicas'),
    ...(availableReplicas > readyReplicas
      ? [invalid('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')]
      : []),
  ]
}
