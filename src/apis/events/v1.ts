import type { KubeObject, MicroTime } from '../meta/v1.ts'

export interface ObjectReference {
  readonly apiVersion?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly fieldPath?: string
}

/** How often the same has happened since, and when last. */
export interface EventSeries {
  readonly count: number
  readonly lastObservedTime: MicroTime
}

export type EventType = 'Normal' | 'Warning'

export interface Event extends KubeObject {
  readonly eventTime: MicroTime
  readonly series?: EventSeries
  readonly reportingController: string
  readonly reportingInstance: string
  readonly action: string
  readonly reason: string
  readonly regarding: ObjectReference
  readonly related?: ObjectReference
  readonly note?: string
  readonly type: EventType
}
