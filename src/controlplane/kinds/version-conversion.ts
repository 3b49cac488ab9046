import type { KubeObject } from '../registry/index.ts'
import { type SelectableFields, selectableFields } from '../selectors/index.ts'
import { fromAutoscalingV1, toAutoscalingV1 } from './autoscaling/index.ts'
import { coreEventToEventsV1, eventsV1ToCoreEvent } from './core/index.ts'

/** A version of a resource that is served, but is not the one in which its objects are kept. */
export interface VersionConversion {
  /** The resource whose objects it shows, as storage names it. */
  readonly storedResource: string
  /** The apiVersion in which they are kept. */
  readonly storedVersion: string
  toStored(object: KubeObject): KubeObject
  fromStored(object: KubeObject): KubeObject
  /** @default those of the version that is kept */
  readonly selectableFields?: SelectableFields
}

const CONVERSIONS = new Map<string, VersionConversion>([
  [
    'autoscaling/v1/horizontalpodautoscalers',
    {
      storedResource: 'horizontalpodautoscalers.autoscaling',
      storedVersion: 'autoscaling/v2',
      toStored: fromAutoscalingV1,
      fromStored: toAutoscalingV1,
    },
  ],
  [
    'events.k8s.io/v1/events',
    {
      storedResource: 'events',
      storedVersion: 'v1',
      toStored: eventsV1ToCoreEvent,
      fromStored: coreEventToEventsV1,
      selectableFields: selectableFields([
        'regarding.kind',
        'regarding.namespace',
        'regarding.name',
        'regarding.uid',
        'regarding.apiVersion',
        'regarding.resourceVersion',
        'regarding.fieldPath',
        'reason',
        'reportingController',
        'type',
        'metadata.namespace',
        'metadata.name',
      ]),
    },
  ],
])

/** Undefined for the versions in which objects are kept. */
export function versionConversion(
  group: string,
  version: string,
  resource: string,
): VersionConversion | undefined {
  return CONVERSIONS.get(`${group}/${version}/${resource}`)
}
