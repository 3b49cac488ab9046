import type { JsonObject, JsonValue } from '../../api/json.ts'
import { column, type TableColumns, tableOf, wideColumn } from '../column.ts'
import { NAME } from '../common-columns.ts'
import { elapsedSince, timeOf } from '../elapsed-time.ts'
import { numberAt, objectAt, textAt, valueAt } from '../members.ts'

/** Of the core's events, and of those of `events.k8s.io`, which are the same under other names. */
export const EVENTS: TableColumns = tableOf(
  column(
    'Last Seen',
    'string',
    'The time at which the most recent occurrence of this event was recorded.',
    (event, now) => elapsedSince(lastSeen(event), now),
  ),
  column(
    'Type',
    'string',
    'Type of this event (Normal, Warning), new types could be added in the future',
    (event) => textAt(event, 'type'),
  ),
  column(
    'Reason',
    'string',
    "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    (event) => textAt(event, 'reason'),
  ),
  column('Object', 'string', 'The object that this event is about.', (event) => {
    const involved = involvedObject(event)
    const name = textAt(involved, 'name')
    return textAt(involved, 'kind').toLowerCase() + (name && `/${name}`)
  }),
  wideColumn(
    'Subobject',
    'string',
    'If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where "name" refers to the name of the container that triggered the event) or if no container name is specified "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.',
    (event) => textAt(involvedObject(event), 'fieldPath'),
  ),
  wideColumn(
    'Source',
    'string',
    'The component reporting this event. Should be a short machine understandable string.',
    source,
  ),
  column('Message', 'string', 'A human-readable description of the status of this operation.', (event) =>
    (textAt(event, 'message') || textAt(event, 'note')).trim(),
  ),
  wideColumn(
    'First Seen',
    'string',
    'The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)',
    (event, now) => elapsedSince(firstSeen(event), now),
  ),
  wideColumn('Count', 'string', 'The number of times this event has occurred.', (event) => {
    if (objectAt(event, 'series')) return numberAt(event, 'series', 'count')
    // An event that happened once has no count in the newer API.
    return numberAt(event, 'count') || numberAt(event, 'deprecatedCount') || 1
  }),
  { ...NAME, definition: { ...NAME.definition, priority: 1 } },
)

function involvedObject(event: JsonObject): JsonObject | undefined {
  return objectAt(event, 'involvedObject') ?? objectAt(event, 'regarding')
}

function firstSeen(event: JsonObject): JsonValue | undefined {
  return firstTime(event, 'firstTimestamp', 'deprecatedFirstTimestamp', 'eventTime')
}

function lastSeen(event: JsonObject): JsonValue | undefined {
  if (objectAt(event, 'series')) return valueAt(event, 'series', 'lastObservedTime')
  return firstTime(event, 'lastTimestamp', 'deprecatedLastTimestamp') ?? firstSeen(event)
}

function firstTime(event: JsonObject, ...members: readonly string[]): JsonValue | undefined {
  return members.map((member) => valueAt(event, member)).find((time) => timeOf(time) !== undefined)
}

function source(event: JsonObject): string {
  const { component, host } = objectAt(event, 'source') ?? objectAt(event, 'deprecatedSource') ?? {}
  const reporter = component || textAt(event, 'reportingComponent') || textAt(event, 'reportingController')
  const instance = host || textAt(event, 'reportingInstance')
  return instance ? `${reporter}, ${instance}` : String(reporter)
}
