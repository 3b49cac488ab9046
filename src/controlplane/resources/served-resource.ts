import { StatusError } from '../api/status.ts'
import type { ManagedType } from '../apply/index.ts'
import type { BodyFormat, DecodedBody, FieldValidation } from '../codec/index.ts'
import type { ResourceInfo } from '../discovery/index.ts'
import type { MergeType } from '../patch/index.ts'
import type { KubeObject, ResourceType } from '../registry/index.ts'
import type { SelectableFields } from '../selectors/index.ts'
import type { TableColumns } from '../tables/index.ts'

export type Awaitable<T> = T | Promise<T>

/** How many of something an object wants and has. */
export interface Scaling {
  /** Where the wanted number is in the object. */
  readonly replicasPath: readonly string[]
  replicas(object: KubeObject): number
  currentReplicas(object: KubeObject): number
  /** What selects those that it has, as text; empty when nothing is known of it. */
  selector(object: KubeObject): string
  withReplicas(object: KubeObject, replicas: number): KubeObject
}

/** A kept resource in one of the versions in which it is served. */
export interface ServedResource {
  readonly info: ResourceInfo
  readonly group: string
  readonly version: string
  /** `v1`, `apps/v1` */
  readonly apiVersion: string
  readonly kind: string
  readonly listKind: string
  readonly resource: string
  readonly namespaced: boolean
  /** As the store names it: `configmaps`, `deployments.apps`. */
  readonly storedResource: string
  /** Somebody has defined it, as against the kinds of Kubernetes itself. */
  readonly isCustom: boolean
  /** How its objects are answered, the preferred one first. */
  readonly formats: readonly BodyFormat[]
  readonly selectableFields: SelectableFields
  readonly tableColumns: TableColumns
  /** How strategic merge patches treat its fields; undefined where there are none. */
  readonly mergeType: MergeType | undefined
  /** Undefined for what cannot be scaled. */
  readonly scaling: Scaling | undefined
  /** What a write to the object, or to a part of it such as `status`, does. Undefined for a part that there is not. */
  typeOf(subresource: string): ResourceType | undefined
  managedType(subresource: string): ManagedType
  /** The bytes that are kept are those of an object of this version. */
  readonly isStoredVersion: boolean
  /**
   * From the version in which they are kept to this one, and back, in their order.
   *
   * @throws StatusError
   */
  fromStored(objects: readonly KubeObject[]): Awaitable<readonly KubeObject[]>
  toStored(objects: readonly KubeObject[]): Awaitable<readonly KubeObject[]>
  /**
   * A webhook converts them, so that there are promises. What is kept may then be anything, and what its schema says is said of objects
   * in this version.
   */
  readonly isConvertedElsewhere: boolean
  /** What clients are told who use it although it is going to be no more. */
  readonly deprecationWarning: string | undefined
  /** Its definition is being deleted, and its objects are: there can be no new ones. */
  readonly isEnding: boolean
  /** Aborted when it is served no more, or otherwise; watches end then. Undefined for what never changes. */
  readonly replaced: AbortSignal | undefined
  /**
   * An object out of the body of a request, with its defaults.
   *
   * @throws StatusError
   */
  decode(body: Buffer, contentType: string | undefined, fieldValidation: FieldValidation): DecodedBody
}

/** One object in this version. @throws StatusError */
export async function servedObject(resource: ServedResource, stored: KubeObject): Promise<KubeObject> {
  const [object] = await resource.fromStored([stored])
  return object as KubeObject
}

/** One object in the version in which it is kept. @throws StatusError */
export async function storedObject(resource: ServedResource, served: KubeObject): Promise<KubeObject> {
  const [object] = await resource.toStored([served])
  return object as KubeObject
}

/** At once. @throws StatusError InternalError when a webhook would have to be asked */
export function convertedHere(resource: ServedResource, stored: KubeObject): KubeObject {
  return atOnce(resource, resource.fromStored, stored)
}

/** At once. @throws StatusError InternalError when a webhook would have to be asked */
export function keptHere(resource: ServedResource, served: KubeObject): KubeObject {
  return atOnce(resource, resource.toStored, served)
}

function atOnce(
  resource: ServedResource,
  convert: ServedResource['fromStored'],
  object: KubeObject,
): KubeObject {
  if (!resource.isConvertedElsewhere) return (convert([object]) as readonly [KubeObject])[0]
  const what = `${resource.apiVersion}, Kind=${resource.kind}`
  throw new StatusError('InternalError', `a webhook converts objects of ${what}, and cannot be asked here`)
}
