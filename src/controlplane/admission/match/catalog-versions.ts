import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { ResourceVersions } from './request-versions.ts'

export interface CatalogVersionsComponents {
  readonly catalog: Pick<ResourceVersions, 'find'>
  readonly builtin: readonly ServedResource[]
  readonly definitions: { get(name: string): KubeObject | undefined }
}

/** The versions of what is served: all that keep their objects in the same place are versions of each other. */
export function catalogVersions({
  catalog,
  builtin,
  definitions,
}: CatalogVersionsComponents): ResourceVersions {
  const builtinByStore = Map.groupBy(builtin, ({ storedResource }) => storedResource)
  return {
    find: (group, version, resource) => catalog.find(group, version, resource),
    equivalents({ isCustom, storedResource, group, resource }) {
      if (!isCustom) return builtinByStore.get(storedResource) ?? []
      const definition = definitions.get(storedResource)
      return definition
        ? versionNames(definition).flatMap((version) => catalog.find(group, version, resource) ?? [])
        : []
    },
  }
}

function versionNames({ spec }: KubeObject): string[] {
  const versions = isJsonObject(spec) && Array.isArray(spec.versions) ? spec.versions : []
  return versions.map((each) => (isJsonObject(each) ? String(each.name) : ''))
}
