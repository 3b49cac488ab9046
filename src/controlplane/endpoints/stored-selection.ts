import type { DecodeItems, Selection } from '../collection/index.ts'
import { decodeItem } from '../registry/index.ts'
import { convertedHere, type ServedResource } from '../resources/served-resource.ts'

/** What of what is kept a client's selection selects, which is about the fields of the version that it asks for. */
export interface StoredSelection {
  readonly selection: Selection
  /** Where it is not of what is kept. */
  readonly decode: DecodeItems | undefined
}

export function storedSelection(resource: ServedResource, selection: Selection): StoredSelection {
  if (!selection || resource.isStoredVersion) return { selection, decode: undefined }
  if (resource.isConvertedElsewhere)
    return { selection, decode: async (items) => resource.fromStored(items.map(decodeItem)) }
  return { selection: (stored) => selection(convertedHere(resource, stored)), decode: undefined }
}
