import type { Selection } from '../collection/index.ts'
import type { ServedResource } from '../resources/served-resource.ts'

/** A client selects by the fields of the version that it asks for, and what is looked at is what is kept. */
export function storedSelection(resource: ServedResource, selection: Selection): Selection {
  if (!selection || resource.isStoredVersion) return selection
  return (stored) => selection(resource.fromStored(stored))
}
