import { type FieldError, invalid, required } from '../../api/field-error.ts'
import type { JsonObject } from '../../api/json.ts'
import { type KubeObject, pathSegmentProblems } from '../../registry/index.ts'
import { selectableFields, valueAt } from '../../selectors/index.ts'
import { qualifiedNameErrors, subdomainErrors } from '../field-checks/index.ts'
import { immutableErrors, type KindEntry, type KindTable, strategyOf } from '../strategy/index.ts'
import type { CoreEvent } from './event-conversion.ts'

const LONGEST_TEXT = 128
const LONGEST_MESSAGE = 1024

/** Of `v1`, in which events are kept. */
export function eventKind(table: KindTable): KindEntry {
  const errors = (object: KubeObject) => eventErrors(object as CoreEvent)
  const strategy = strategyOf({
    allowsCreateOnUpdate: true,
    validateName: pathSegmentProblems,
    validate: errors,
    validateUpdate: errors,
  })
  return table.namespaced('events', 'Event', strategy, {
    selectableFields: selectableFields(
      [
        'involvedObject.kind',
        'involvedObject.namespace',
        'involvedObject.name',
        'involvedObject.uid',
        'involvedObject.apiVersion',
        'involvedObject.resourceVersion',
        'involvedObject.fieldPath',
        'reason',
        'reportingComponent',
        'source',
        'type',
        'metadata.namespace',
        'metadata.name',
      ],
      { source: sourceOf },
    ),
  })
}

/** Events of the newer API only say which controller has reported them. */
function sourceOf(object: JsonObject): string {
  return valueAt('source.component', '')(object) || valueAt('reportingComponent', '')(object)
}

/** What is wrong with an event, whatever API it came by (kubernetes, apis/core/validation, events.go). */
export function eventErrors(event: CoreEvent): FieldError[] {
  const { namespace = '' } = event.metadata
  return [
    ...(event.eventTime ? newEventErrors(event) : namespaceErrors(event)),
    ...subdomainErrors(namespace, 'namespace'),
  ]
}

/** What `events.k8s.io/v1` asks of a new event besides. */
export function strictEventErrors(event: CoreEvent): FieldError[] {
  const { type = '', eventTime, firstTimestamp, lastTimestamp, count = 0, source = {} } = event
  const unset = (field: string, isSet: boolean) => (isSet ? [invalid(field, '', 'needs to be unset')] : [])
  return [
    ...seriesErrors(event),
    ...(eventTime ? [] : [required('eventTime')]),
    ...(type === 'Normal' || type === 'Warning' ? [] : [invalid('type', '', `has invalid value: ${type}`)]),
    ...unset('firstTimestamp', Boolean(firstTimestamp)),
    ...unset('lastTimestamp', Boolean(lastTimestamp)),
    ...unset('count', count !== 0),
    ...unset('source', Boolean(source.component || source.host)),
  ]
}

/** What `events.k8s.io/v1` asks of a change of an event besides: only that it goes on. */
export function strictEventUpdateErrors(event: CoreEvent, old: CoreEvent): FieldError[] {
  const fixed = [
    'involvedObject',
    'reason',
    'message',
    'source',
    'firstTimestamp',
    'lastTimestamp',
    'count',
    'reason',
    'type',
    'eventTime',
    'action',
    'related',
  ] as const
  const isSameSeries = immutableErrors(event.series, old.series, 'series').length === 0
  return [
    ...(isSameSeries ? [] : seriesErrors(event)),
    ...fixed.flatMap((field) => immutableErrors(event[field], old[field], field)),
    ...immutableErrors(event.reportingComponent, old.reportingComponent, 'reportingController'),
    ...immutableErrors(event.reportingInstance, old.reportingInstance, 'reportingInstance'),
  ]
}

function namespaceErrors({ metadata, involvedObject }: CoreEvent): FieldError[] {
  const { namespace = '' } = metadata
  const about = involvedObject.namespace ?? ''
  const agrees = about === '' ? namespace === '' || namespace === 'default' : about === namespace
  return agrees ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')]
}

function newEventErrors(event: CoreEvent): FieldError[] {
  const { namespace = '' } = event.metadata
  const { reportingComponent, reportingInstance, action = '', reason = '', message = '' } = event
  const about = event.involvedObject.namespace ?? ''
  const tooLong = (field: string, text: string, most: number) =>
    Buffer.byteLength(text) > most ? [invalid(field, '', `can have at most ${most} characters`)] : []
  return [
    ...(about === '' && namespace !== 'default' && namespace !== 'kube-system'
      ? [invalid('involvedObject.namespace', about, 'does not match event.namespace')]
      : []),
    ...(reportingComponent === '' ? [required('reportingController')] : []),
    ...qualifiedNameErrors(reportingComponent, 'reportingController'),
    ...(reportingInstance === '' ? [required('reportingInstance')] : []),
    ...tooLong('reportingInstance', reportingInstance, LONGEST_TEXT),
    ...(action === '' ? [required('action')] : []),
    ...tooLong('action', action, LONGEST_TEXT),
    ...(reason === '' ? [required('reason')] : []),
    ...tooLong('reason', reason, LONGEST_TEXT),
    ...tooLong('message', message, LONGEST_MESSAGE),
  ]
}

function seriesErrors({ series }: CoreEvent): FieldError[] {
  if (!series) return []
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ]
}
