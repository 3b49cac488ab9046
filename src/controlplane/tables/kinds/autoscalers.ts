import type { JsonObject } from '../../api/json.ts'
import { column, type TableColumns, tableOf } from '../column.ts'
import { AGE, NAME } from '../common-columns.ts'
import { numberAt, objectAt, objectsAt, textAt, valueAt } from '../members.ts'
import { shortList } from '../short-list.ts'

const MAX_METRICS = 2

export const HORIZONTAL_POD_AUTOSCALERS: TableColumns = tableOf(
  NAME,
  column('Reference', 'string', 'What is scaled', (autoscaler) => {
    const target = valueAt(autoscaler, 'spec', 'scaleTargetRef')
    return `${textAt(target, 'kind')}/${textAt(target, 'name')}`
  }),
  column('Targets', 'string', 'What is measured, and what it should be', targets),
  column('MinPods', 'string', 'The least number of replicas', (autoscaler) => {
    const least = valueAt(autoscaler, 'spec', 'minReplicas')
    return typeof least === 'number' ? String(least) : '<unset>'
  }),
  column('MaxPods', 'string', 'The greatest number of replicas', (autoscaler) =>
    numberAt(autoscaler, 'spec', 'maxReplicas'),
  ),
  column('Replicas', 'string', 'How many replicas there are', (autoscaler) =>
    numberAt(autoscaler, 'status', 'currentReplicas'),
  ),
  AGE,
)

function targets(autoscaler: JsonObject): string {
  const specs = objectsAt(autoscaler, 'spec', 'metrics')
  const statuses = objectsAt(autoscaler, 'status', 'currentMetrics')
  const texts = specs.map((spec, index) => metricText(spec, statuses[index]))
  const all = [...cpuTarget(autoscaler), ...texts]
  return all.length === 0 ? '<none>' : shortList(all, MAX_METRICS, ', ')
}

/** In `autoscaling/v1` the only target has fields of its own. */
function cpuTarget(autoscaler: JsonObject): readonly string[] {
  const target = valueAt(autoscaler, 'spec', 'targetCPUUtilizationPercentage')
  if (typeof target !== 'number') return []
  const current = percentage(valueAt(autoscaler, 'status', 'currentCPUUtilizationPercentage'))
  return [`cpu: ${current ?? '<unknown>'}/${target}%`]
}

function metricText(spec: JsonObject, status: JsonObject | undefined): string {
  switch (textAt(spec, 'type')) {
    case 'External':
      return valueText(objectAt(spec, 'external'), objectAt(status, 'external'))
    case 'Object':
      return valueText(objectAt(spec, 'object'), objectAt(status, 'object'))
    case 'Pods':
      return averageText(objectAt(spec, 'pods'), objectAt(status, 'pods'))
    case 'Resource':
      return resourceText(objectAt(spec, 'resource'), objectAt(status, 'resource'))
    case 'ContainerResource':
      return resourceText(objectAt(spec, 'containerResource'), objectAt(status, 'containerResource'))
    default:
      return '<unknown type>'
  }
}

function valueText(source: JsonObject | undefined, status: JsonObject | undefined): string {
  if (textAt(source, 'target', 'averageValue') === '') {
    const current = status ? quantity(status, 'current', 'value') : '<unknown>'
    return `${current}/${quantity(source, 'target', 'value')}`
  }
  const current = textAt(status, 'current', 'averageValue') || '<unknown>'
  return `${current}/${quantity(source, 'target', 'averageValue')} (avg)`
}

function averageText(source: JsonObject | undefined, status: JsonObject | undefined): string {
  const current = status ? quantity(status, 'current', 'averageValue') : '<unknown>'
  return `${current}/${quantity(source, 'target', 'averageValue')}`
}

function resourceText(source: JsonObject | undefined, status: JsonObject | undefined): string {
  const name = textAt(source, 'name')
  if (textAt(source, 'target', 'averageValue') !== '') return `${name}: ${averageText(source, status)}`
  const current = percentage(valueAt(status, 'current', 'averageUtilization'))
  const target = percentage(valueAt(source, 'target', 'averageUtilization'))
  return `${name}: ${current ?? '<unknown>'}/${target ?? '<auto>'}`
}

function percentage(value: unknown): string | undefined {
  return typeof value === 'number' ? `${value}%` : undefined
}

/** Go prints a quantity that is not there as it prints any nothing. */
function quantity(object: JsonObject | undefined, ...path: readonly string[]): string {
  return textAt(object, ...path) || '<nil>'
}
