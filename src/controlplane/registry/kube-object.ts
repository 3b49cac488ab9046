import type { JsonObject } from '../api/json.ts'

/** What every object says of itself, in the order in which it is written. */
export interface ObjectMeta extends JsonObject {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly JsonObject[]
  readonly finalizers?: readonly string[]
  readonly managedFields?: readonly JsonObject[]
}

/** An object whose shape has been checked, as far as this goes. */
export interface KubeObject extends JsonObject {
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: ObjectMeta
}

export type MetaChanges = {
  readonly [Name in keyof ObjectMeta]?: ObjectMeta[Name] | undefined
}

/** The same object with other metadata; what is undefined is left out when it is written. */
export function withMeta(object: KubeObject, changes: MetaChanges): KubeObject {
  return { ...object, metadata: { ...object.metadata, ...changes } as ObjectMeta }
}

/** Seconds, as Kubernetes writes times. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
