import { isJsonObject } from '../../api/json.ts'
import type { KubeObject } from '../../registry/index.ts'
import type { ServedResource } from '../../resources/index.ts'
import type { ResourceVersions } from './request-versions.ts'

export interface CatalogVersionsComponents {
  readonly catalog: Pick<ResourceVersions, 'find'>
  /** Also those that the catalog does not find, since nothing of them is kept. */
  readonly builtin: readonly ServedResource[]
  readonly definitions: {
    get(name: string): KubeObject | undefined
    list(): readonly KubeObject[]
  }
}

/** The versions of what is served: all that keep their objects in the same place are versions of each other. */
export function catalogVersions({
  catalog,
  builtin,
  definitions,
}: CatalogVersionsComponents): ResourceVersions {
  // A definition keeps its kind for as long as it is there.
  const resourceByKind = new Map<string, string>()
  const customOfKind = (group: string, kind: string) => {
    const key = `${kind}.${group}`
    const name =
      resourceByKind.get(key) ??
      definitions
        .list()
        .map(namesOf)
        .find((each) => each.key === key)?.resource
    if (name !== undefined) resourceByKind.set(key, name)
    return name
  }
  const builtinByStore = Map.groupBy(builtin, ({ storedResource }) => storedResource)
  return {
    find: (group, version, resource) =>
      catalog.find(group, version, resource) ??
      builtin.find((each) => each.resource === resource && each.group === group && each.version === version),
    ofKind(group, version, kind) {
      const isIt = (each: ServedResource | undefined) =>
        each !== undefined && each.group === group && each.version === version && each.kind === kind
      const found = builtin.find(isIt)
      if (found) return found
      const resource = customOfKind(group, kind)
      const custom = resource === undefined ? undefined : catalog.find(group, version, resource)
      if (isIt(custom)) return custom
      resourceByKind.delete(`${kind}.${group}`)
      return undefined
    },
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

function namesOf({ spec }: KubeObject): { readonly key: string; readonly resource: string } {
  const { group, names } = isJsonObject(spec) ? spec : {}
  const { kind, plural } = isJsonObject(names) ? names : {}
  return { key: `${kind}.${group}`, resource: String(plural) }
}
