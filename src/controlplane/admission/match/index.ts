export { type CatalogVersionsComponents, catalogVersions } from './catalog-versions.ts'
export {
  converted,
  RequestVersions,
  type ResourceVersions,
  type VersionedObjects,
} from './request-versions.ts'
export { isExempt, type MatchTarget, ruleMatches } from './rules.ts'
export { namespaceMatches, objectMatches } from './selectors.ts'
