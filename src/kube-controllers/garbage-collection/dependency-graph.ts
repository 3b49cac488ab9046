import type { KubeObject, OwnerReference } from '../../apis/meta/v1.ts'
import type { ServerResource } from '../discovery/server-resources.ts'
import type { AbsentOwners } from './absent-owners.ts'
import {
  addDependent,
  FOREGROUND_FINALIZER,
  type GraphNode,
  hasFinalizerOfDeletion,
  isBeingDeleted,
  ORPHAN_FINALIZER,
  type Place,
  removeDependent,
  virtualNode,
} from './graph-node.ts'
import { identityText, referredIdentity } from './identity.ts'

/** What the graph has found to be worth a look. */
export interface GraphListener {
  /** Perhaps the object has to go, or is an owner that is not there, or waits for dependents that have gone. */
  attemptToDelete(node: GraphNode): void
  /** The object is to go, and its dependents are to stay. */
  attemptToOrphan(node: GraphNode): void
  /** The reference names an object that cannot own this one, since it is in another namespace. */
  invalidNamespace(dependent: GraphNode, reference: OwnerReference): void
}

/**
 * Who owns whom, of all objects (kubernetes, pkg/controller/garbagecollector).
 *
 * Invariant: a node is among the dependents of exactly the nodes that it names as its owners. A virtual node has dependents:
 * it goes with the last of them.
 */
export class DependencyGraph {
  readonly #nodes = new Map<string, GraphNode>()
  readonly #absent: AbsentOwners
  readonly #listener: GraphListener

  constructor(components: { readonly absent: AbsentOwners; readonly listener: GraphListener }) {
    this.#absent = components.absent
    this.#listener = components.listener
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  get size(): number {
    return this.#nodes.size
  }

  /** The object is there, in this state. */
  observe(resource: ServerResource, object: KubeObject): void {
    const { uid, namespace = '', name = '', ownerReferences = [] } = object.metadata
    if (!uid) return
    const existing = this.#nodes.get(uid)
    const node = existing ?? virtualNode(uid)
    if (!existing) this.#nodes.set(uid, node)
    const wasVirtual = existing?.place === undefined
    node.place = { resource, namespace, name }
    if (wasVirtual) this.#distrustReferencesTo(node)
    this.#changeOwners(node, ownerReferences)
    this.#changeDeletion(node, object)
  }

  /** The object is gone. */
  remove(uid: string): void {
    const node = this.#nodes.get(uid)
    if (!node) return
    if (node.place && node.dependents.size > 0) this.#absent.add(identityOf(node.uid, node.place))
    this.#makeVirtual(node)
    for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent)
  }

  /** Nobody tells any more whether the object is there: it has to be asked for. */
  loseSight(uid: string): void {
    const node = this.#nodes.get(uid)
    if (!node) return
    this.#makeVirtual(node)
    if (node.dependents.size > 0) this.#listener.attemptToDelete(node)
  }

  /** All that is left of it is that others name it. */
  #makeVirtual(node: GraphNode): void {
    this.#changeOwners(node, [])
    node.place = undefined
    node.beingDeleted = false
    node.deletingDependents = false
    node.orphaningDependents = false
    if (node.dependents.size === 0) this.#nodes.delete(node.uid)
  }

  #changeOwners(node: GraphNode, owners: readonly OwnerReference[]): void {
    const previous = node.owners
    if (previous.length === 0 && owners.length === 0) return
    node.owners = owners
    const uids = new Set(owners.map(({ uid }) => uid))
    for (const { uid } of previous) {
      const owner = this.#nodes.get(uid)
      if (!owner) continue
      if (!uids.has(uid)) this.#removeDependent(owner, node)
      else if (owner.deletingDependents) this.#listener.attemptToDelete(owner) // it may not be blocked any more
    }
    const known = new Set(previous.map(referenceText))
    for (const reference of owners)
      if (!known.has(referenceText(reference))) this.#addDependent(reference, node)
  }

  #addDependent(reference: OwnerReference, node: GraphNode): void {
    const owner = this.#nodes.get(reference.uid) ?? virtualNode(reference.uid)
    this.#nodes.set(reference.uid, owner)
    addDependent(owner, node)
    if (owner.place) this.#distrust(reference, node, owner.place)
    else this.#listener.attemptToDelete(owner)
    // It came after its owner's deletion had begun.
    if (owner.deletingDependents) this.#listener.attemptToDelete(node)
  }

  #removeDependent(owner: GraphNode, node: GraphNode): void {
    removeDependent(owner, node)
    if (!owner.place && owner.dependents.size === 0) this.#nodes.delete(owner.uid)
    else if (owner.deletingDependents) this.#listener.attemptToDelete(owner)
  }

  /** Those who have named an owner before it was seen may have meant another. */
  #distrustReferencesTo(node: GraphNode): void {
    for (const dependent of node.dependents) {
      for (const reference of dependent.owners) {
        if (reference.uid === node.uid && node.place) this.#distrust(reference, dependent, node.place)
      }
    }
  }

  #distrust(reference: OwnerReference, dependent: GraphNode, owner: Place): void {
    const isElsewhere = owner.namespace !== '' && owner.namespace !== dependent.place?.namespace
    const { group, kind, name } = referredIdentity(reference, '')
    const { definition, kind: ownerKind } = owner.resource
    const isSame = group === definition.group && kind === ownerKind && name === owner.name
    if (isElsewhere) this.#listener.invalidNamespace(dependent, reference)
    if (isElsewhere || !isSame) this.#listener.attemptToDelete(dependent)
  }

  #changeDeletion(node: GraphNode, object: KubeObject): void {
    node.beingDeleted ||= isBeingDeleted(object)
    const isOrphaning = hasFinalizerOfDeletion(object, ORPHAN_FINALIZER)
    const isDeletingDependents = hasFinalizerOfDeletion(object, FOREGROUND_FINALIZER)
    const startsOrphaning = isOrphaning && !node.orphaningDependents
    const startsDeletingDependents = isDeletingDependents && !node.deletingDependents
    node.orphaningDependents = isOrphaning
    node.deletingDependents = isDeletingDependents
    if (startsOrphaning) this.#listener.attemptToOrphan(node)
    else if (startsDeletingDependents) {
      for (const dependent of node.dependents) this.#listener.attemptToDelete(dependent)
      this.#listener.attemptToDelete(node)
    }
  }
}

function identityOf(uid: string, { resource, namespace, name }: Place) {
  return { group: resource.definition.group, kind: resource.kind, namespace, name, uid }
}

function referenceText(reference: OwnerReference): string {
  return identityText(referredIdentity(reference, ''))
}
