import type { KubeObject, OwnerReference } from '../../apis/meta/v1.ts'
import type { ServerResource } from '../discovery/server-resources.ts'

export const FOREGROUND_FINALIZER = 'foregroundDeletion'
export const ORPHAN_FINALIZER = 'orphan'

/** An object as the graph knows it: as little as can be, since there is one for each object of the cluster. */
export interface GraphNode {
  readonly uid: string
  /** Undefined for an owner that somebody names, and that was not seen yet: a virtual node. */
  place: Place | undefined
  owners: readonly OwnerReference[]
  /** Those that name it as an owner; to be changed by the functions below alone. */
  dependents: ReadonlySet<GraphNode>
  beingDeleted: boolean
  /** Its deletion waits for the dependents that block it. */
  deletingDependents: boolean
  /** Its deletion waits until its dependents have been told that it is no owner of theirs any more. */
  orphaningDependents: boolean
  /** Attempts that came to nothing yet. */
  attempts: number
}

/** Of an object what the graph makes of it, so that the rest can go before all objects have been read. */
export function onlyGraphed({ metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, ownerReferences, finalizers, deletionTimestamp } = metadata
  return {
    metadata: {
      ...(name !== undefined && { name }),
      ...(namespace !== undefined && { namespace }),
      ...(uid !== undefined && { uid }),
      ...(ownerReferences && { ownerReferences }),
      ...(finalizers && { finalizers }),
      ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    },
  }
}

export interface Place {
  readonly resource: ServerResource
  /** Empty for an object of the cluster. */
  readonly namespace: string
  readonly name: string
}

/** Nearly all own nothing, and are owned by nobody: a set of its own for each would be more than all the rest of it. */
const NOBODY: ReadonlySet<GraphNode> = new Set()
const NO_OWNERS: readonly OwnerReference[] = []

export function virtualNode(uid: string): GraphNode {
  return {
    uid,
    place: undefined,
    owners: NO_OWNERS,
    dependents: NOBODY,
    beingDeleted: false,
    deletingDependents: false,
    orphaningDependents: false,
    attempts: 0,
  }
}

export function addDependent(owner: GraphNode, dependent: GraphNode): void {
  if (owner.dependents === NOBODY) owner.dependents = new Set()
  ;(owner.dependents as Set<GraphNode>).add(dependent)
}

export function removeDependent(owner: GraphNode, dependent: GraphNode): void {
  if (owner.dependents !== NOBODY) (owner.dependents as Set<GraphNode>).delete(dependent)
}

/** One object may have room for tens of thousands, and each of those owners looks for the reference to itself. */
const MANY_OWNERS = 16
const referencesByUid = new WeakMap<readonly OwnerReference[], ReadonlyMap<string, OwnerReference>>()

/** How a node names an owner; the first of its references where there are more. */
export function referenceTo({ owners }: GraphNode, uid: string): OwnerReference | undefined {
  if (owners.length <= MANY_OWNERS) return owners.find((reference) => reference.uid === uid)
  let byUid = referencesByUid.get(owners)
  if (!byUid) {
    byUid = new Map(owners.toReversed().map((reference) => [reference.uid, reference]))
    referencesByUid.set(owners, byUid)
  }
  return byUid.get(uid)
}

export function isBeingDeleted({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined
}

export function hasFinalizerOfDeletion(object: KubeObject, finalizer: string): boolean {
  return isBeingDeleted(object) && (object.metadata.finalizers?.includes(finalizer) ?? false)
}
