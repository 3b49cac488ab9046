import type { KubeObject, ObjectMeta, OwnerReference } from '../../apis/meta/v1.ts'
import { AppError } from '../../common/errors.ts'

/** An object has a controller already, and it is another one. */
export class AlreadyOwnedError extends AppError {
  constructor(owned: KubeObject, owner: OwnerReference) {
    super(
      'ERR_ALREADY_OWNED',
      `object ${owned.metadata.namespace ?? ''}/${owned.metadata.name} is already owned by another ${owner.kind} controller ${owner.name}`,
    )
  }
}

/** A reference to an owner as the API has it: with its kind and uid. */
export function ownerReferenceTo(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner
  if (!apiVersion || !kind || !metadata.name || !metadata.uid) {
    throw new Error('an owner needs its apiVersion, kind, name and uid')
  }
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid }
}

/** The object's metadata with this owner as its controller. Throws an AlreadyOwnedError if there is another. */
export function withController(object: KubeObject, owner: KubeObject): ObjectMeta {
  const reference = { ...ownerReferenceTo(owner), controller: true, blockOwnerDeletion: true }
  const other = controllerOf(object)
  if (other && !isSameOwner(other, reference)) throw new AlreadyOwnedError(object, other)
  return withOwner(object, owner, reference)
}

/** The object's metadata with this owner among its owners; it goes when they have all gone. */
export function withOwner(
  object: KubeObject,
  owner: KubeObject,
  reference: OwnerReference = ownerReferenceTo(owner),
): ObjectMeta {
  verifyScope(object, owner)
  const others = (object.metadata.ownerReferences ?? []).filter((each) => !isSameOwner(each, reference))
  return { ...object.metadata, ownerReferences: [...others, reference] }
}

export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)
}

/** Versions of an API are no difference between owners. */
function isSameOwner(one: OwnerReference, other: OwnerReference): boolean {
  return (
    one.apiVersion.split('/').slice(0, -1)[0] === other.apiVersion.split('/').slice(0, -1)[0] &&
    one.kind === other.kind &&
    one.name === other.name &&
    one.uid === other.uid
  )
}

/** The garbage collector takes an owner in another namespace for one that has gone. */
function verifyScope({ metadata }: KubeObject, owner: KubeObject): void {
  const namespace = owner.metadata.namespace
  if (namespace && namespace !== metadata.namespace) {
    throw new Error(
      `an owner in namespace ${JSON.stringify(namespace)} cannot own an object in ${JSON.stringify(metadata.namespace ?? '')}`,
    )
  }
}
