import type { KubeObject, ObjectKey } from '../../apis/meta/v1.ts'

/** Which requests an object is a reason for. */
export type MapFunction<T> = (object: T) => readonly ObjectKey[]

/** Which events are worth a request; what is absent lets all pass. */
export interface Predicate<T> {
  onAdd?(object: T): boolean
  onUpdate?(previous: T, object: T): boolean
  onDelete?(object: T): boolean
}

/** The object itself. */
export function enqueueSelf({ metadata }: KubeObject): readonly ObjectKey[] {
  return [{ namespace: metadata.namespace, name: metadata.name ?? '' }]
}

export interface OwnerKind {
  /** Empty for the core group. Its version does not count. */
  readonly group: string
  readonly kind: string
  /** Whether owners are found in the object's namespace; else they are of the cluster. @default true */
  readonly namespaced?: boolean
}

/** The object's controller, if it is of the kind; with `all`, every owner of the kind. */
export function enqueueOwner(
  { group, kind, namespaced = true }: OwnerKind,
  { all = false } = {},
): MapFunction<KubeObject> {
  return ({ metadata }) =>
    (metadata.ownerReferences ?? [])
      .filter((owner) => owner.kind === kind && groupOf(owner.apiVersion) === group)
      .filter(({ controller }) => all || controller === true)
      .map(({ name }) => ({ namespace: namespaced ? metadata.namespace : undefined, name }))
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}

/** The spec has changed: a status alone is no reason. */
export const generationChanged: Predicate<KubeObject> = {
  onUpdate: (previous, { metadata }) => previous.metadata.generation !== metadata.generation,
}

/** The object itself has changed: not so at a resync. */
export const resourceVersionChanged: Predicate<KubeObject> = {
  onUpdate: (previous, { metadata }) => previous.metadata.resourceVersion !== metadata.resourceVersion,
}

/** Before and after: an object that leaves the selection is worth a last look. */
export function objectPredicate<T>(isWorthIt: (object: T) => boolean): Predicate<T> {
  return {
    onAdd: isWorthIt,
    onUpdate: (previous, object) => isWorthIt(previous) || isWorthIt(object),
    onDelete: isWorthIt,
  }
}
