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
  /** Those that name it as an owner. */
  readonly dependents: Set<GraphNode>
  beingDeleted: boolean
  /** Its deletion waits for the dependents that block it. */
  deletingDependents: boolean
  /** Its deletion waits until its dependents have been told that it is no owner of theirs any more. */
  orphaningDependents: boolean
  /** Attempts that came to nothing yet. */
  attempts: number
}

export interface Place {
  readonly resource: ServerResource
  /** Empty for an object of the cluster. */
  readonly namespace: string
  readonly name: string
}

export function virtualNode(uid: string): GraphNode {
  return {
    uid,
    place: undefined,
    owners: [],
    dependents: new Set(),
    beingDeleted: false,
    deletingDependents: false,
    orphaningDependents: false,
    attempts: 0,
  }
}

export function isBeingDeleted({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined
}

export function hasFinalizerOfDeletion(object: KubeObject, finalizer: string): boolean {
  return isBeingDeleted(object) && (object.metadata.finalizers?.includes(finalizer) ?? false)
}
