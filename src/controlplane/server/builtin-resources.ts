import type { GroupInfo } from '../discovery/index.ts'
import { builtinKinds, versionConversion } from '../kinds/index.ts'
import { builtinResource, type ServedResource } from '../resources/index.ts'

/** Every kept resource of the catalog in every version in which it is served. */
export function builtinResources(groups: readonly GroupInfo[], now: () => number): ServedResource[] {
  const kinds = builtinKinds(now)
  return groups.flatMap(({ group, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources.flatMap((info) => {
        const stored = group === '' ? info.resource : `${info.resource}.${group}`
        const conversion = versionConversion(group, version, info.resource)
        const builtin = kinds.get(conversion?.storedResource ?? stored)
        if (!builtin) return []
        return [builtinResource({ group, version, info, builtin, conversion })]
      }),
    ),
  )
}
