import type { FieldError } from '../api/field-error.ts'
import type { JsonObject } from '../api/json.ts'
import type { GroupKind, GroupResource } from '../api/status.ts'
import type { KubeObject } from './kube-object.ts'

/** What is special about the objects of one resource. All are pure. */
export interface Strategy {
  /** Objects count in `metadata.generation` the changes of what is wanted of them. */
  readonly countsGenerations: boolean
  /** The part of an object whose changes are counted. @default all but metadata and status */
  wanted?(object: KubeObject): JsonObject
  /** An update need not say which version it replaces. */
  readonly allowsUnconditionalUpdate: boolean
  /** A PUT of a name that is not there creates it. */
  readonly allowsCreateOnUpdate: boolean
  /** Fills in what a client may leave out; applied to whatever a client has sent or patched, before it is looked at. */
  withDefaults(object: KubeObject): KubeObject
  /** What is wrong with a name; empty when nothing is. */
  validateName(name: string): readonly string[]
  /** Fills in what the server decides about a new object. */
  prepareForCreate(object: KubeObject): KubeObject
  /** Puts back what may not be changed in this way, such as the status. */
  prepareForUpdate(object: KubeObject, old: KubeObject): KubeObject
  validate(object: KubeObject): readonly FieldError[]
  validateUpdate(object: KubeObject, old: KubeObject): readonly FieldError[]
  /** @default an object goes at once, unless it has finalizers */
  readonly deletion?: DeletionRules
}

/** How objects end that do not just go. */
export interface DeletionRules {
  /** What else is said of an object that begins to be deleted; `old` is how it was before. */
  begin?(object: KubeObject, old: KubeObject): KubeObject
  /** Something besides the finalizers in its metadata keeps it. */
  isHeld?(object: KubeObject): boolean
  /** How long it is given; `requested` is what the client says of that. */
  graceSeconds?(object: KubeObject, requested: number | undefined): number
  /** What becomes of its dependents when a client does not say. @default Background */
  readonly propagationPolicy?: 'Background' | 'Orphan'
}

/** A resource that is served: `deployments` of `apps/v1`. */
export interface ResourceType extends GroupResource, GroupKind {
  readonly version: string
  readonly namespaced: boolean
  readonly strategy: Strategy
}
