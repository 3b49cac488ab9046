import type { JsonObject, JsonValue } from '../api/json.ts'

/** The values that OpenAPI has, and `date`, which only custom resources and times of creation have. */
export type ColumnType = 'string' | 'integer' | 'number' | 'boolean' | 'date'

/** A column as a client learns of it (meta/v1, TableColumnDefinition), its members in the order in which they are written. */
export interface ColumnDefinition extends JsonObject {
  readonly name: string
  readonly type: string
  /** `name` for what the object is called; empty for most. */
  readonly format: string
  readonly description: string
  /** Above 0 it is shown only to who wants more than usual. */
  readonly priority: number
}

/** @param now milliseconds since 1970 */
export type Cell = (object: JsonObject, now: number) => JsonValue

export interface Column {
  readonly definition: ColumnDefinition
  readonly cell: Cell
}

/** How the objects of a resource are printed. */
export interface TableColumns {
  readonly columns: readonly Column[]
  /** What a row says of itself beside its cells. Without it, or where it is empty, nothing. */
  readonly conditions?: (object: JsonObject) => readonly JsonObject[]
  /** The order of the rows of a list, where it is not that of the list. */
  readonly order?: (one: JsonObject, other: JsonObject) => number
  /** No rows are null, not an empty list; Go's printers differ in it. */
  readonly noRowsAsNull?: boolean
}

export function column(
  name: string,
  type: string,
  description: string,
  cell: Cell,
  { format = '', priority = 0 }: { readonly format?: string; readonly priority?: number } = {},
): Column {
  return { definition: { name, type, format, description, priority }, cell }
}

/** A column for who wants more than usual. */
export function wideColumn(name: string, type: string, description: string, cell: Cell): Column {
  return column(name, type, description, cell, { priority: 1 })
}

export function tableOf(...columns: readonly Column[]): TableColumns {
  return { columns }
}
