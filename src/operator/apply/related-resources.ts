import type { RelatedResourceMeta } from '../../apis/operator/v1.ts'
import { definitionOf, type Manifest } from './manifest.ts'

/** How a status names an object that was made for its sake; in no namespace is in that of no name, as the original has it. */
export function relatedResourceOf(manifest: Manifest): RelatedResourceMeta {
  const { group, version, plural: resource } = definitionOf(manifest)
  const { namespace = '', name = '' } = manifest.metadata
  return { group, version, resource, namespace, name }
}

/** Whether an object is in the list, whatever its version. */
export function isRelated(related: readonly RelatedResourceMeta[] = [], manifest: Manifest): boolean {
  const { group, resource, namespace, name } = relatedResourceOf(manifest)
  return related.some(
    (each) =>
      each.group === group &&
      each.resource === resource &&
      (each.namespace ?? '') === namespace &&
      each.name === name,
  )
}

/** The list with the objects, each once, in the order in which they came; the same array if all are in it. */
export function withRelatedResources(
  related: readonly RelatedResourceMeta[] = [],
  manifests: readonly Manifest[],
): readonly RelatedResourceMeta[] {
  const known = new Set(related.map(textOf))
  const added = manifests.map(relatedResourceOf).filter((each) => {
    const text = textOf(each)
    return !known.has(text) && known.add(text)
  })
  return added.length === 0 ? related : [...related, ...added]
}

/** The list without the objects; the same array if none is in it. */
export function withoutRelatedResources(
  related: readonly RelatedResourceMeta[] = [],
  manifests: readonly Manifest[],
): readonly RelatedResourceMeta[] {
  const removed = new Set(manifests.map((manifest) => textOf(relatedResourceOf(manifest))))
  return related.some((each) => removed.has(textOf(each)))
    ? related.filter((each) => !removed.has(textOf(each)))
    : related
}

function textOf({ group, version, resource, namespace = '', name }: RelatedResourceMeta): string {
  return JSON.stringify([group, version, resource, namespace, name])
}
