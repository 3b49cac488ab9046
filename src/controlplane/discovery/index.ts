export {
  builtinCatalog,
  type GroupInfo,
  type GroupVersionKind,
  type ResourceInfo,
  type SubresourceInfo,
  type VersionInfo,
} from './api-catalog.ts'
export {
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from './discovery-documents.ts'
export { storageVersionHash } from './storage-version-hash.ts'
