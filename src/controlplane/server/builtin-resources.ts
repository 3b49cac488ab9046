import { REVIEW_GROUPS } from '../api/review-groups.ts'
import { customResourceDefinitionKind } from '../custom/index.ts'
import type { GroupInfo } from '../discovery/index.ts'
import { builtinKinds, versionConversion, withLoopbackEndpoints } from '../kinds/index.ts'
import { strategyOf } from '../kinds/strategy/index.ts'
import { builtinResource, type ServedResource } from '../resources/index.ts'

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io'

export interface BuiltinResourcesOptions {
  /** Whether Services may have endpoints at loopback addresses. @default false */
  readonly loopbackEndpoints?: boolean
}

/** Every kept resource of the catalog in every version in which it is served. */
export function builtinResources(
  groups: readonly GroupInfo[],
  now: () => number,
  { loopbackEndpoints = false }: BuiltinResourcesOptions = {},
): ServedResource[] {
  const all = new Map([...builtinKinds(now), [DEFINITIONS, customResourceDefinitionKind]])
  const kinds = loopbackEndpoints ? withLoopbackEndpoints(all) : all
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

/** Reviews: only admission asks for their resources. */
export function reviewedResources(groups: readonly GroupInfo[]): ServedResource[] {
  return groups
    .filter(({ group }) => REVIEW_GROUPS.includes(group))
    .flatMap(({ group, versions }) =>
      versions.flatMap(({ version, resources }) =>
        resources.map((info) => {
          const { kind, resource, namespaced } = info
          const type = { group, version, kind, resource, namespaced, strategy: strategyOf({}) }
          return builtinResource({ group, version, info, builtin: { type }, conversion: undefined })
        }),
      ),
    )
}
