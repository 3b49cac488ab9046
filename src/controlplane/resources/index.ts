export { builtinResource } from './builtin-resource.ts'
export { customResource } from './custom-resource.ts'
export { type CustomResources, ResourceCatalog } from './resource-catalog.ts'
export {
  type Awaitable,
  convertedHere,
  keptHere,
  type Scaling,
  type ServedResource,
  servedObject,
  storedObject,
} from './served-resource.ts'
