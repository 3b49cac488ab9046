import type { KubeObject } from '../../apis/meta/v1.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../common/json.ts'
import { pathSegmentProblems } from '../../common/name-rules.ts'

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

/** Far more than any object of Kubernetes has, and few enough to go down by recursion. */
const MOST_LEVELS = 500

/** Whether an object has more levels than those who look at all of it can go down. */
export function isTooDeep(object: object): boolean {
  return goesBelow(object, MOST_LEVELS)
}

function goesBelow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((each) => goesBelow(each, levels - 1))
}

/** A manifest as a work has it. */
export interface Manifest {
  readonly object: ManifestObject
  /** Why it cannot be applied anywhere. */
  readonly problem: string | undefined
}

/** A manifest may be anything that passed as an object; without a kind it has nowhere to go. */
export function manifestOf(value: unknown): Manifest {
  const given = isJsonObject(value) ? value : {}
  const { namespace, ...metadata } = isJsonObject(given.metadata) ? given.metadata : {}
  // As for Go, what is no text is no namespace.
  const named = typeof namespace === 'string' ? { ...metadata, namespace } : metadata
  const object = { ...given, metadata: named } as unknown as ManifestObject
  return { object, problem: problemOf(object) }
}

function problemOf(object: ManifestObject): string | undefined {
  const { name, namespace = '' } = object.metadata
  // Without a name a request would be about all objects of the kind, and with one that is a path, about something else.
  if (typeof name !== 'string' || name === '') return 'resource name may not be empty'
  for (const [what, text] of [
    ['resource name', name],
    ['namespace', namespace],
  ] as const) {
    const problems = pathSegmentProblems(text)
    if (problems.length > 0) return `invalid ${what} ${JSON.stringify(text)}: [${problems.join(' ')}]`
  }
  return isTooDeep(object) ? `the manifest is nested more than ${MOST_LEVELS} levels deep` : undefined
}
