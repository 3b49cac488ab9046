export type { Cell, Column, ColumnDefinition, TableColumns } from './column.ts'
export { CRD_SCALE_COLUMNS, crdTableColumns } from './crd-columns.ts'
export { humanDuration } from './human-duration.ts'
export {
  type ListMetadata,
  type MetaGroupVersion,
  partialMetadata,
  partialMetadataList,
} from './partial-metadata.ts'
export { tableColumnsOf } from './resource-tables.ts'
export { type TableOptions, tableOfList, tableOfObject, WatchTables } from './table.ts'
export { type IncludeObject, parseIncludeObject } from './table-options.ts'
