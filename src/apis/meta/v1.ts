/** What all Kubernetes objects share (`meta.k8s.io/v1`). Objects that were read are shared by their readers: all is read-only. */

/** RFC 3339 with seconds: `2026-01-31T12:00:00Z`. */
export type Time = string

/** RFC 3339 with microseconds: `2026-01-31T12:00:00.000000Z`. */
export type MicroTime = string

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  /** At most one owner is the controller. */
  readonly controller?: boolean
  /** Foreground deletion of the owner waits for this object. */
  readonly blockOwnerDeletion?: boolean
}

export interface ManagedFieldsEntry {
  readonly manager?: string
  readonly operation?: 'Apply' | 'Update'
  readonly apiVersion?: string
  readonly time?: Time
  readonly fieldsType?: 'FieldsV1'
  readonly fieldsV1?: object
  readonly subresource?: string
}

export interface ObjectMeta {
  readonly name?: string
  readonly generateName?: string
  /** Absent or empty for objects of the cluster. */
  readonly namespace?: string
  readonly uid?: string
  /** Opaque: to be compared for equality, and sent back. */
  readonly resourceVersion?: string
  /** Counts changes of the spec. */
  readonly generation?: number
  readonly creationTimestamp?: Time
  /** Set once somebody has deleted the object, which goes when it has no finalizers left. */
  readonly deletionTimestamp?: Time
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly OwnerReference[]
  readonly managedFields?: readonly ManagedFieldsEntry[]
}

/** Any object that is stored by a Kubernetes API. */
export interface KubeObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: ObjectMeta
}

/** Which objects are meant, by their labels. An empty one selects all. Go writes a list that is not there as null. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | null
  readonly matchExpressions?:
    | readonly {
        readonly key: string
        readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
        readonly values?: readonly string[] | null
      }[]
    | null
}

export interface ListMeta {
  readonly resourceVersion?: string
  /** Present when there are more pages. */
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** Names an object of a resource. An object of the cluster has no namespace. */
export interface ObjectKey {
  readonly namespace?: string | undefined
  readonly name: string
}

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  /** Path of the field, such as `spec.replicas`. */
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

/** What the API answers when there is no object to answer with. */
export interface Status {
  readonly kind: 'Status'
  readonly apiVersion?: string
  readonly status?: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  /** The HTTP status. */
  readonly code?: number
}

export type ConditionStatus = 'True' | 'False' | 'Unknown'

/** One aspect of an object's state, as it was last observed. */
export interface Condition {
  readonly type: string
  readonly status: ConditionStatus
  /** When `status` changed last. */
  readonly lastTransitionTime: Time
  /** One word in CamelCase. */
  readonly reason: string
  readonly message: string
  /** The generation of the object that this was said of. */
  readonly observedGeneration?: number
}

export type PropagationPolicy = 'Orphan' | 'Background' | 'Foreground'

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: PropagationPolicy
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly 'All'[]
}

/** What a built-in kind or a CRD is called in a path. */
export interface APIResource {
  readonly name: string
  readonly singularName?: string
  readonly namespaced: boolean
  readonly kind: string
  readonly group?: string
  readonly version?: string
  readonly verbs: readonly string[]
}
