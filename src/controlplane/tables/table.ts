import type { JsonObject } from '../api/json.ts'
import type { TableColumns } from './column.ts'
import { textAt } from './members.ts'
import {
  type ListMetadata,
  listMetadata,
  type MetaGroupVersion,
  partialMetadata,
} from './partial-metadata.ts'
import type { IncludeObject } from './table-options.ts'

/** What a request says of the table that it wants. */
export interface TableOptions {
  /** @default meta.k8s.io/v1 */
  readonly groupVersion?: MetaGroupVersion
  /** What each row has of its object. @default Metadata */
  readonly includeObject?: IncludeObject
  /** Leaves out what the columns are. @default false */
  readonly noHeaders?: boolean
}

/** Marks the bookmark behind the initial events of a watch (k8s.io/apimachinery, InitialEventsAnnotationKey). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

/**
 * Objects of one resource as a Table.
 *
 * @param now milliseconds since 1970, for ages
 */
export function tableOfList(
  columns: TableColumns,
  objects: readonly JsonObject[],
  metadata: ListMetadata,
  now: number,
  options: TableOptions = {},
): JsonObject {
  const ordered = columns.order ? objects.toSorted(columns.order) : objects
  const rows = ordered.map((object) => rowOf(columns, object, now, options))
  return {
    kind: 'Table',
    apiVersion: options.groupVersion ?? 'meta.k8s.io/v1',
    metadata: listMetadata(metadata),
    columnDefinitions: options.noHeaders ? null : columns.columns.map(({ definition }) => definition),
    rows: rows.length === 0 && columns.noRowsAsNull ? null : rows,
  }
}

/** One object as a Table of one row. */
export function tableOfObject(
  columns: TableColumns,
  object: JsonObject,
  now: number,
  options: TableOptions = {},
): JsonObject {
  const resourceVersion = textAt(object, 'metadata', 'resourceVersion')
  return tableOfList(columns, [object], { resourceVersion }, now, options)
}

/** The objects of a watch as tables of one row, of which only the first says what the columns are. */
export class WatchTables {
  readonly #columns: TableColumns
  #options: TableOptions

  constructor(columns: TableColumns, options: TableOptions = {}) {
    this.#columns = columns
    this.#options = options
  }

  /** Of the object of an event, or of a bookmark. An error's Status is no object of the resource and goes as it is. */
  tableOf(object: JsonObject, now: number): JsonObject {
    const table = tableOfObject(this.#columns, object, now, this.#options)
    this.#options = { ...this.#options, noHeaders: true }
    return table
  }
}

function rowOf(
  { columns, conditions }: TableColumns,
  object: JsonObject,
  now: number,
  options: TableOptions,
): JsonObject {
  const found = conditions?.(object) ?? []
  return {
    cells: columns.map(({ cell }) => cell(object, now)),
    ...(found.length > 0 ? { conditions: found } : {}),
    object: includedObject(object, options),
  }
}

function includedObject(
  object: JsonObject,
  { includeObject = 'Metadata', groupVersion = 'meta.k8s.io/v1' }: TableOptions,
): JsonObject | null {
  if (includeObject === 'Object') return object
  // A client that wants no objects needs to see where the initial events end.
  const endsInitialEvents = textAt(object, 'metadata', 'annotations', INITIAL_EVENTS_END) === 'true'
  if (includeObject === 'None' && !endsInitialEvents) return null
  return partialMetadata(object, groupVersion)
}
