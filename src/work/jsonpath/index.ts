export { findByJsonPath, goType, isInt64 } from './find.ts'
export { JsonPathError, type JsonPathNode, parseJsonPath } from './parse.ts'
