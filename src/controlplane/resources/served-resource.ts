import type { ManagedType } from '../apply/index.ts'
import type { BodyFormat, DecodedBody, FieldValidation } from '../codec/index.ts'
import type { ResourceInfo } from '../discovery/index.ts'
import type { MergeType } from '../patch/index.ts'
import type { KubeObject, ResourceType } from '../registry/index.ts'
import type { SelectableFields } from '../selectors/index.ts'
import type { TableColumns } from '../tables/index.ts'

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
  /** From the version in which it is kept to this one, and back. */
  fromStored(object: KubeObject): KubeObject
  toStored(object: KubeObject): KubeObject
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
