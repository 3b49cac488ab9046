export { builtinResource } from './builtin-resource.ts'
export { customResource } from './custom-resource.ts'
export { type CustomResources, ResourceCatalog } from './resource-catalog.ts'
export type { Scaling, ServedResource } from './served-resource.ts'
