import type { KeptConversion } from '../registry/index.ts'
import { type ServedResource, servedObject, storedObject } from '../resources/served-resource.ts'

/**
 * For resources whose objects a webhook converts: what their rules are about are objects in the version of the request, and only what
 * has become of them is converted. Undefined for all others, whose rules are those of what is kept.
 */
export function keptConversion(resource: ServedResource): KeptConversion | undefined {
  if (!resource.isConvertedElsewhere) return undefined
  return {
    fromKept: (object) => servedObject(resource, object),
    toKept: (object) => storedObject(resource, object),
  }
}
