export { type CatalogVersionsComponents, catalogVersions } from './catalog-versions.ts'
export { withNamespace } from './own-namespace.ts'
export {
  converted,
  RequestVersions,
  type ResourceVersions,
  type VersionedObjects,
} from './request-versions.ts'
export { isExempt, type MatchTarget, namedRuleMatches, ruleMatches } from './rules.ts'
export { namespaceMatches, objectMatches } from './selectors.ts'
