import { builtinTypeIds } from '../schema/builtin-types.ts'
import type { WellKnownName } from '../schema/type-facts.ts'

const API_PACKAGES = 'io.k8s.api'
const META_PACKAGE = 'io.k8s.apimachinery.pkg.apis.meta.v1'
const APIEXTENSIONS_PACKAGE = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'

/** Go packages that are not below k8s.io/api, by the first part of a type id. */
const OTHER_PACKAGES: ReadonlyMap<string, string> = new Map([
  ['meta/v1', META_PACKAGE],
  ['apiextensions/v1', APIEXTENSIONS_PACKAGE],
  ['apiregistration/v1', 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1'],
])

/** Undefined for what has no definition of its own. */
export const WELL_KNOWN_DEFINITIONS: Readonly<Record<WellKnownName, string | undefined>> = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  intOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  time: `${META_PACKAGE}.Time`,
  microTime: `${META_PACKAGE}.MicroTime`,
  rawExtension: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
  fieldsV1: `${META_PACKAGE}.FieldsV1`,
  json: `${APIEXTENSIONS_PACKAGE}.JSON`,
  any: undefined,
}

export const META_DEFINITIONS = {
  deleteOptions: `${META_PACKAGE}.DeleteOptions`,
  listMeta: `${META_PACKAGE}.ListMeta`,
  objectMeta: `${META_PACKAGE}.ObjectMeta`,
  patch: `${META_PACKAGE}.Patch`,
  status: `${META_PACKAGE}.Status`,
} as const

export const SCALE_DEFINITION = `${API_PACKAGES}.autoscaling.v1.Scale`
export const VERSION_DEFINITION = 'io.k8s.apimachinery.pkg.version.Info'

let typeIds: ReadonlyMap<string, string> | undefined

/** A built-in type's name in OpenAPI documents, such as `io.k8s.api.core.v1.Pod` for `core/v1.Pod`. */
export function definitionName(typeId: string): string {
  const dot = typeId.lastIndexOf('.')
  const folder = typeId.slice(0, dot)
  const goPackage = OTHER_PACKAGES.get(folder) ?? `${API_PACKAGES}.${folder.replace('/', '.')}`
  return goPackage + typeId.slice(dot)
}

/** The built-in type of a definition, or undefined for one that is not built from a type. */
export function typeOfDefinition(name: string): string | undefined {
  typeIds ??= new Map(builtinTypeIds().map((typeId) => [definitionName(typeId), typeId]))
  return typeIds.get(name)
}

/** A custom kind's name: the group's labels from right to left, the version, the kind. */
export function customDefinitionName(group: string, version: string, kind: string): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`
}
