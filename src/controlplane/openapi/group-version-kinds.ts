import type { JsonObject } from '../api/json.ts'
import { builtinApiVersions, kindsOf, typeOfKind } from '../schema/builtin-types.ts'

/** The kinds of requests' options and of watches belong to every group and version. */
const EVERYWHERE = ['DeleteOptions', 'WatchEvent']
const CORE_VERSION = 'v1'
const META_KINDS = ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'Status']

/**
 * What a Kubernetes 1.36 client knows besides the versions that are served, and lists with the kinds that belong everywhere.
 */
const VERSIONS_NOT_SERVED: Readonly<Record<string, readonly string[]>> = {
  'admissionregistration.k8s.io': ['v1alpha1', 'v1beta1'],
  apps: ['v1beta1', 'v1beta2'],
  'authentication.k8s.io': ['v1alpha1', 'v1beta1'],
  'authorization.k8s.io': ['v1beta1'],
  batch: ['v1beta1'],
  'certificates.k8s.io': ['v1alpha1', 'v1beta1'],
  'coordination.k8s.io': ['v1alpha2', 'v1beta1'],
  'discovery.k8s.io': ['v1beta1'],
  'events.k8s.io': ['v1beta1'],
  extensions: ['v1beta1'],
  'flowcontrol.apiserver.k8s.io': ['v1beta1', 'v1beta2', 'v1beta3'],
  'internal.apiserver.k8s.io': ['v1alpha1'],
  'networking.k8s.io': ['v1beta1'],
  'node.k8s.io': ['v1alpha1', 'v1beta1'],
  policy: ['v1beta1'],
  'rbac.authorization.k8s.io': ['v1alpha1', 'v1beta1'],
  'resource.k8s.io': ['v1alpha3', 'v1beta1', 'v1beta2'],
  'scheduling.k8s.io': ['v1alpha2', 'v1beta1'],
  'storage.k8s.io': ['v1alpha1', 'v1beta1'],
  'storagemigration.k8s.io': ['v1beta1'],
}

/** Not in the scheme of Kubernetes' clients, which is what these lists come from. */
const NOT_IN_CLIENT_SCHEME = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io', 'meta.k8s.io'])

let byType: ReadonlyMap<string, readonly JsonObject[]> | undefined

/** The kinds that a built-in type is; none for one that is only a part of others. */
export function groupVersionKindsOf(typeId: string): readonly JsonObject[] {
  byType ??= collect()
  return byType.get(typeId) ?? []
}

function collect(): ReadonlyMap<string, readonly JsonObject[]> {
  const found = new Map<string, JsonObject[]>()
  for (const apiVersion of builtinApiVersions()) {
    for (const kind of kindsOf(apiVersion)) {
      const typeId = typeOfKind(apiVersion, kind)
      if (typeId === undefined) continue
      const [group, version] = split(apiVersion)
      // The kinds of discovery and of answers are said with each apiVersion, yet belong to the first.
      if (META_KINDS.includes(kind) && apiVersion !== CORE_VERSION) continue
      found.set(typeId, [...(found.get(typeId) ?? []), { group, kind, version }])
    }
  }
  for (const kind of EVERYWHERE) {
    const typeId = typeOfKind(CORE_VERSION, kind)
    if (typeId !== undefined)
      found.set(
        typeId,
        everyVersion().map(([group, version]) => ({ group, kind, version })),
      )
  }
  return found
}

function everyVersion(): [group: string, version: string][] {
  const served = builtinApiVersions()
    .map(split)
    .filter(([group]) => !NOT_IN_CLIENT_SCHEME.has(group))
  const others = Object.entries(VERSIONS_NOT_SERVED).flatMap(([group, versions]) =>
    versions.map((version): [string, string] => [group, version]),
  )
  return [...served, ...others].sort(([group, version], [otherGroup, otherVersion]) =>
    group === otherGroup ? compare(version, otherVersion) : compare(group, otherGroup),
  )
}

function split(apiVersion: string): [group: string, version: string] {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)]
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
