import type { JsonObject, JsonValue } from '../../api/json.ts'
import { normalize } from '../../codec/normalize.ts'
import type { KubeObject } from '../../registry/index.ts'

/** An event as `v1` has it, which is how it is kept. */
export interface CoreEvent extends KubeObject {
  readonly involvedObject: JsonObject & { readonly namespace?: string }
  readonly reason?: string
  readonly message?: string
  readonly source?: JsonObject & { readonly component?: string; readonly host?: string }
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly count?: number
  readonly type?: string
  readonly eventTime?: string | null
  readonly series?: JsonObject & { readonly count?: number; readonly lastObservedTime?: string | null }
  readonly action?: string
  readonly related?: JsonObject
  readonly reportingComponent: string
  readonly reportingInstance: string
}

const EVENTS_V1 = 'events.k8s.io/v1'

/** What the fields are called that have another name in `events.k8s.io/v1`. */
const NEW_NAMES = new Map<string, string>([
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
])
const OLD_NAMES = new Map([...NEW_NAMES].map(([name, newName]) => [newName, name]))

/** The same event as `events.k8s.io/v1` has it. */
export function coreEventToEventsV1(event: KubeObject): KubeObject {
  return converted(event, NEW_NAMES, EVENTS_V1, 'events/v1.Event')
}

/** An event of `events.k8s.io/v1` as it is kept. */
export function eventsV1ToCoreEvent(event: KubeObject): KubeObject {
  return converted(event, OLD_NAMES, 'v1', 'core/v1.Event')
}

function converted(
  event: KubeObject,
  names: ReadonlyMap<string, string>,
  apiVersion: string,
  typeId: string,
): KubeObject {
  const { kind, apiVersion: _, ...fields } = event
  const renamed: Record<string, JsonValue> = Object.create(null)
  for (const [name, value] of Object.entries(fields)) renamed[names.get(name) ?? name] = value ?? null
  return { kind, apiVersion, ...normalize(typeId, renamed).object } as KubeObject
}
