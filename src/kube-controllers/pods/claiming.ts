import type { KubeObject, LabelSelector } from '../../apis/meta/v1.ts'
import {
  controllerOf,
  isInvalid,
  isNotFound,
  ownerReferenceTo,
  type ResourceClient,
  selects,
} from '../../kube/index.ts'

export interface Claim<T extends KubeObject, Owner extends KubeObject> {
  readonly resource: ResourceClient<T>
  /** As the store has it: with its apiVersion and kind. */
  readonly owner: Owner
  readonly selector: LabelSelector
  /** Reads the owner from the API. */
  readonly readOwner: () => Promise<Owner | undefined>
  /** What an adopted object gets besides its owner. */
  readonly finalizer?: string
  readonly signal: AbortSignal
}

/**
 * Those of the objects that are the owner's: what it controls and selects. Orphans that it selects are adopted, and what it
 * controls and does not select is let go (kubernetes, pkg/controller, ControllerRefManager). An owner that is being deleted
 * keeps what it has, and adopts and releases nothing.
 */
export async function claimed<T extends KubeObject, Owner extends KubeObject>(
  objects: readonly T[],
  claim: Claim<T, Owner>,
): Promise<T[]> {
  const { owner, selector } = claim
  let adoptable: Promise<void> | undefined
  const decide = async (object: T): Promise<T | undefined> => {
    const controller = controllerOf(object)
    const isSelected = selects(selector, object.metadata.labels ?? {})
    if (controller && controller.uid !== owner.metadata.uid) return undefined
    if (controller) {
      if (isSelected) return object
      if (!owner.metadata.deletionTimestamp) await release(object, claim)
      return undefined
    }
    if (!isSelected || owner.metadata.deletionTimestamp || object.metadata.deletionTimestamp) return undefined
    adoptable ??= verifyMayAdopt(claim)
    await adoptable
    return adopt(object, claim)
  }
  const mine: T[] = []
  for (const object of objects) {
    const decided = await decide(object)
    if (decided) mine.push(decided)
  }
  return mine
}

/** The store may be late: an owner that has gone, or is about to, must not get anything more. */
async function verifyMayAdopt<T extends KubeObject, Owner extends KubeObject>({
  owner,
  readOwner,
}: Claim<T, Owner>): Promise<void> {
  const { namespace, name, uid } = owner.metadata
  const fresh = await readOwner()
  if (fresh?.metadata.uid !== uid) throw new Error(`original ${owner.kind} ${namespace}/${name} is gone`)
  if (fresh?.metadata.deletionTimestamp)
    throw new Error(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
}

/** Resolves with undefined where it has gone meanwhile. */
async function adopt<T extends KubeObject, Owner extends KubeObject>(
  { metadata }: T,
  { resource, owner, finalizer, signal }: Claim<T, Owner>,
): Promise<T | undefined> {
  const { namespace, name = '', uid } = metadata
  const reference = { ...ownerReferenceTo(owner), controller: true, blockOwnerDeletion: true }
  const body = {
    metadata: {
      ownerReferences: [reference],
      ...(uid && { uid }),
      ...(finalizer && { finalizers: [finalizer] }),
    },
  }
  try {
    return await resource.patch({ namespace, name }, { type: 'strategic', body }, { signal })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function release<T extends KubeObject, Owner extends KubeObject>(
  { metadata }: T,
  { resource, owner, finalizer, signal }: Claim<T, Owner>,
): Promise<void> {
  const { namespace, name = '', uid } = metadata
  const body = {
    metadata: {
      ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }],
      ...(uid && { uid }),
      ...(finalizer && { '$deleteFromPrimitiveList/finalizers': [finalizer] }),
    },
  }
  try {
    await resource.patch({ namespace, name }, { type: 'strategic', body }, { signal })
  } catch (error) {
    // Invalid: it has no owners any more, or is another of its name.
    if (!isNotFound(error) && !isInvalid(error)) throw error
  }
}
