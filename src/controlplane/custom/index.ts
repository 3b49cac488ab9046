export { ConversionMetrics } from './conversion/conversion-metrics.ts'
export { type ConversionCalls, WebhookConverter } from './conversion/webhook-converter.ts'
export {
  type CustomVersion,
  compileDefinition,
  strictDecodingError,
  unknownFieldProblem,
  withVersion,
} from './custom-version.ts'
export {
  type Definition,
  type DefinitionNames,
  type DefinitionStatus,
  definitionOf,
  isEstablished,
  type PrinterColumn,
} from './definition/definition.ts'
export { customResourceDefinitionKind } from './definition/definition-kind.ts'
export {
  CLEANUP_FINALIZER,
  DELETION_COMPLETED,
  DELETION_IN_PROGRESS,
  DELETION_PENDING,
  definitionStatus,
  withCondition,
} from './definition/definition-status.ts'
export type { ScaleMapping } from './scale.ts'
export type { Pruned } from './schema/prune.ts'
export type { SchemaProps } from './schema/schema-props.ts'
