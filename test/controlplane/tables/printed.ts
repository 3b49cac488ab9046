import type { JsonObject, JsonValue } from '../../../src/controlplane/api/json.ts'
import { type TableColumns, tableOfObject } from '../../../src/controlplane/tables/index.ts'

export const NOW = Date.parse('2026-11-23T12:00:00Z')

export interface PrintedRow {
  readonly cells: readonly JsonValue[]
  readonly conditions?: readonly JsonObject[]
  readonly object: JsonObject | null
}

interface PrintedTable {
  readonly columnDefinitions: readonly { readonly name: string }[]
  readonly rows: readonly PrintedRow[]
}

/** A time that was so many seconds before `NOW`. */
export function secondsAgo(seconds: number): string {
  return `${new Date(NOW - seconds * 1000).toISOString().slice(0, 19)}Z`
}

export function printedRow(columns: TableColumns, object: JsonObject): PrintedRow {
  const { rows } = tableOfObject(columns, object, NOW) as unknown as PrintedTable
  if (rows.length !== 1 || !rows[0]) throw new Error(`${rows.length} rows of one object`)
  return rows[0]
}

/** The cells of an object by the names of their columns. */
export function printed(columns: TableColumns, object: JsonObject): Record<string, JsonValue | undefined> {
  const table = tableOfObject(columns, object, NOW) as unknown as PrintedTable
  const { cells } = printedRow(columns, object)
  return Object.fromEntries(table.columnDefinitions.map(({ name }, index) => [name, cells[index]]))
}
