export { findByJsonPath, goType } from './find.ts'
export { JsonPathError, type JsonPathNode, parseJsonPath } from './parse.ts'
