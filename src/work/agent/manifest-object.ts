import type { KubeObject } from '../../apis/meta/v1.ts'
import type { JsonObject, JsonValue } from '../../common/json.ts'

/** An object of any kind, as a manifest or the API has it. Shared: never changed, but copied. */
export interface ManifestObject extends KubeObject {
  readonly [field: string]: unknown
}

/** The same object, for those who look at JSON. */
export function asJson(object: ManifestObject): JsonObject {
  return object as unknown as JsonObject
}

/** A member of an object, as JSON. Its own only: names come from others. */
export function fieldOf(object: ManifestObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? (object[name] as JsonValue) : undefined
}

/** Group and version of an apiVersion; of the core group the first is empty. */
export function groupVersionOf(apiVersion: string): { readonly group: string; readonly version: string } {
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1) }
}
