import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import { labelProblems, pathSegmentProblems } from '../../registry/index.ts'
import { compareQuantities, nonNegativeErrors } from '../field-checks/index.ts'
import { nameErrors } from '../strategy/index.ts'
import type {
  Autoscaler,
  Metric,
  MetricSource,
  MetricTarget,
  ObjectReference,
  ScalingRules,
} from './hpa-shape.ts'

/** What is wrong with HorizontalPodAutoscalers, in Kubernetes' words (kubernetes, apis/autoscaling/validation). */

const LONGEST_PERIOD_SECONDS = 1800
const LONGEST_WINDOW_SECONDS = 3600
const SELECT_POLICIES = ['Disabled', 'Max', 'Min']
const POLICY_TYPES = ['Percent', 'Pods']

/** The field of each type, in the order in which they are looked at. */
const SOURCES = new Map([
  ['Object', 'object'],
  ['External', 'external'],
  ['Pods', 'pods'],
  ['Resource', 'resource'],
  ['ContainerResource', 'containerResource'],
] as const)
const SOURCE_TYPES = [...SOURCES.keys()].sort()

type SourceName = typeof SOURCES extends ReadonlyMap<string, infer Name> ? Name : never

export function autoscalerErrors({ spec }: Autoscaler): FieldError[] {
  const { minReplicas, maxReplicas } = spec
  const errors: FieldError[] = []
  if (minReplicas !== undefined && minReplicas < 1)
    errors.push(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'))
  if (maxReplicas < 1) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'))
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    const detail = 'must be greater than or equal to `minReplicas`'
    errors.push(invalid('spec.maxReplicas', maxReplicas, detail))
  }
  return [
    ...errors,
    ...referenceErrors(spec.scaleTargetRef, 'spec.scaleTargetRef'),
    ...(spec.metrics ?? []).flatMap((metric, index) => metricErrors(metric, `spec.metrics[${index}]`)),
    ...rulesErrors(spec.behavior?.scaleUp, 'spec.behavior.scaleUp'),
    ...rulesErrors(spec.behavior?.scaleDown, 'spec.behavior.scaleDown'),
  ]
}

export function autoscalerStatusErrors({ status }: Autoscaler): FieldError[] {
  return [
    ...nonNegativeErrors(status.currentReplicas, 'status.currentReplicas'),
    ...nonNegativeErrors(status.desiredReplicas, 'status.desiredReplicas'),
  ]
}

function referenceErrors({ kind, name }: ObjectReference, path: string): FieldError[] {
  const part = (value: string, field: string) =>
    value === '' ? [required(field)] : nameErrors(value, field, pathSegmentProblems)
  return [...part(kind, `${path}.kind`), ...part(name, `${path}.name`)]
}

function rulesErrors(rules: ScalingRules | undefined, path: string): FieldError[] {
  if (!rules) return []
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules
  const field = `${path}.stabilizationWindowSeconds`
  const errors: FieldError[] = []
  if (window < 0) errors.push(invalid(field, window, 'must be greater than or equal to zero'))
  if (window > LONGEST_WINDOW_SECONDS)
    errors.push(invalid(field, window, `must be less than or equal to ${LONGEST_WINDOW_SECONDS}`))
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy))
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, SELECT_POLICIES))
  if (policies.length === 0) errors.push(required(`${path}.policies`, 'must specify at least one Policy'))
  policies.forEach(({ type, value, periodSeconds }, index) => {
    const policy = `${path}.policies[${index}]`
    const period = `${policy}.periodSeconds`
    if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`${policy}.type`, type, POLICY_TYPES))
    if (value <= 0) errors.push(invalid(`${policy}.value`, value, 'must be greater than zero'))
    if (periodSeconds <= 0) errors.push(invalid(period, periodSeconds, 'must be greater than zero'))
    if (periodSeconds > LONGEST_PERIOD_SECONDS)
      errors.push(invalid(period, periodSeconds, `must be less than or equal to ${LONGEST_PERIOD_SECONDS}`))
  })
  if (tolerance !== undefined && compareQuantities(tolerance, '0') < 0)
    errors.push(invalid(`${path}.tolerance`, tolerance, 'must be greater than or equal to 0'))
  return errors
}

/** Of several sources only the first is looked into. */
function metricErrors(metric: Metric, path: string): FieldError[] {
  const { type } = metric
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'))
  if (!SOURCE_TYPES.includes(type as never)) errors.push(notSupported(`${path}.type`, type, SOURCE_TYPES))
  const present = [...SOURCES.values()].filter((name) => metric[name] !== undefined)
  const [first] = present
  const source = first && metric[first]
  if (first && source) errors.push(...sourceErrors(first, source, `${path}.${first}`))
  const expected = (SOURCES as ReadonlyMap<string, SourceName>).get(type)
  if (expected && metric[expected] === undefined) {
    const detail = 'must populate information for the given metric source'
    errors.push(required(`${path}.${expected}`, detail))
  }
  if (present.length === 1) return errors
  const others = present.filter((name) => name !== expected)
  return [
    ...errors,
    ...others.map((name) => forbidden(`${path}.${name}`, 'must populate the given metric source only')),
  ]
}

function sourceErrors(name: SourceName, source: MetricSource, path: string): FieldError[] {
  const { describedObject, metric, target, name: resource = '', container = '' } = source
  const targetErrors = metricTargetErrors(target, `${path}.target`)
  switch (name) {
    case 'object':
      return [
        ...(describedObject ? referenceErrors(describedObject, `${path}.describedObject`) : []),
        ...metricNameErrors(metric?.name ?? '', `${path}.metric.name`),
        ...targetErrors,
        ...missingTarget(
          target,
          ['value', 'averageValue'],
          'must set either a target value or averageValue',
          path,
        ),
      ]
    case 'external':
      return [
        ...metricNameErrors(metric?.name ?? '', `${path}.metric.name`),
        ...targetErrors,
        ...missingTarget(
          target,
          ['value', 'averageValue'],
          'must set either a target value for metric or a per-pod target',
          path,
        ),
        ...(target.value !== undefined && target.averageValue !== undefined
          ? [
              forbidden(
                `${path}.target.value`,
                'may not set both a target value for metric and a per-pod target',
              ),
            ]
          : []),
      ]
    case 'pods':
      return [
        ...metricNameErrors(metric?.name ?? '', `${path}.metric.name`),
        ...targetErrors,
        ...missingTarget(target, ['averageValue'], 'must specify a positive target averageValue', path),
      ]
    case 'resource':
      return [...resourceNameErrors(resource, path), ...targetErrors, ...utilizationErrors(target, path)]
    case 'containerResource':
      return [
        ...resourceNameErrors(resource, path),
        ...(container === ''
          ? [required(`${path}.container`, 'must specify a container')]
          : nameErrors(container, `${path}.container`, labelProblems)),
        ...targetErrors,
        ...utilizationErrors(target, path),
      ]
  }
}

function resourceNameErrors(name: string, path: string): FieldError[] {
  return name === '' ? [required(`${path}.name`, 'must specify a resource name')] : []
}

function metricNameErrors(name: string, field: string): FieldError[] {
  if (name === '') return [required(field, 'must specify a metric name')]
  return nameErrors(name, field, pathSegmentProblems)
}

function missingTarget(
  target: MetricTarget,
  names: readonly string[],
  detail: string,
  path: string,
): FieldError[] {
  return names.some((name) => target[name] !== undefined)
    ? []
    : [required(`${path}.target.averageValue`, detail)]
}

function utilizationErrors({ averageUtilization, averageValue }: MetricTarget, path: string): FieldError[] {
  if (averageUtilization === undefined && averageValue === undefined) {
    const detail = 'must set either a target raw value or a target utilization'
    return [required(`${path}.target.averageUtilization`, detail)]
  }
  if (averageUtilization === undefined || averageValue === undefined) return []
  const detail = 'may not set both a target raw value and a target utilization'
  return [forbidden(`${path}.target.averageValue`, detail)]
}

function metricTargetErrors(target: MetricTarget, path: string): FieldError[] {
  const { type, value, averageValue, averageUtilization } = target
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'))
  if (!['Utilization', 'Value', 'AverageValue'].includes(type))
    errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'))
  for (const [name, quantity] of Object.entries({ value, averageValue }))
    if (quantity !== undefined && compareQuantities(quantity, '0') <= 0)
      errors.push(invalid(`${path}.${name}`, quantity, 'must be positive'))
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.push(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'))
  return errors
}
