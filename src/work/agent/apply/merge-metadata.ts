import type { ObjectMeta, OwnerReference } from '../../../apis/meta/v1.ts'
import type { ManifestObject } from '../manifest-object.ts'
import { isRemoval, mergeOwner } from '../ownership.ts'

type Texts = Readonly<Record<string, string>>

const HYPHEN = '-'

/** The same map where nothing changes. */
export function mergeTexts(existing: Texts = {}, required: Texts = {}): Texts {
  const merged = new Map(Object.entries(existing))
  let isChanged = false
  for (const [key, value] of Object.entries(required)) {
    if (asksForRemoval(key)) isChanged = merged.delete(withoutHyphens(key)) || isChanged
    else if (merged.get(key) !== value) {
      merged.set(key, value)
      isChanged = true
    }
  }
  return isChanged ? Object.fromEntries(merged) : existing
}

/** A key that ends in a hyphen asks for the key before it to go, as in kubectl's label and annotate. */
function asksForRemoval(key: string): boolean {
  return key.endsWith(HYPHEN)
}

function withoutHyphens(key: string): string {
  let end = key.length
  while (end > 0 && key[end - 1] === HYPHEN) end -= 1
  return key.slice(0, end)
}

/** Labels, annotations and owners as required, beside those that others have set; the same metadata where nothing changes. */
export function mergeMetadata(existing: ObjectMeta, required: ObjectMeta, owner: OwnerReference): ObjectMeta {
  const labels = mergeTexts(existing.labels, required.labels)
  const annotations = mergeTexts(existing.annotations, required.annotations)
  const ownerReferences = mergeOwner(existing.ownerReferences, owner)
  const isSame =
    isSameOrAbsent(labels, existing.labels) &&
    isSameOrAbsent(annotations, existing.annotations) &&
    isSameOrAbsent(ownerReferences, existing.ownerReferences)
  return isSame ? existing : { ...existing, labels, annotations, ownerReferences }
}

function isSameOrAbsent(merged: object, existing: object | undefined): boolean {
  return merged === existing || (existing === undefined && Object.keys(merged).length === 0)
}

/** An object as it is created: without what asks for something to go, and with its owner. */
export function asCreated(required: ManifestObject, owner: OwnerReference): ManifestObject {
  const { labels, annotations, ...metadata } = required.metadata
  return {
    ...required,
    metadata: {
      ...metadata,
      ...(labels && { labels: withoutRemovals(labels) }),
      ...(annotations && { annotations: withoutRemovals(annotations) }),
      ...(isRemoval(owner) ? {} : { ownerReferences: [owner] }),
    },
  }
}

function withoutRemovals(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !asksForRemoval(key)))
}
