import type { JsonObject, JsonValue } from '../api/json.ts'
import { type Column, column, type TableColumns, tableOf } from './column.ts'
import { CREATION_DESCRIPTION, NAME } from './common-columns.ts'
import { elapsedSince, parseTime } from './elapsed-time.ts'
import { evaluateJsonPath } from './evaluate-json-path.ts'
import { goText } from './go-text.ts'
import { JsonPathError, parseJsonPath, type Step } from './json-path.ts'
import { numberAt, textAt } from './members.ts'

const AGE_COLUMN = {
  name: 'Age',
  type: 'date',
  description: CREATION_DESCRIPTION,
  jsonPath: '.metadata.creationTimestamp',
}

/** Of the scale of a custom resource. */
export const CRD_SCALE_COLUMNS: TableColumns = crdTableColumns([
  { name: 'Desired', type: 'integer', description: 'How many there should be', jsonPath: '.spec.replicas' },
  { name: 'Available', type: 'integer', description: 'How many there are', jsonPath: '.status.replicas' },
  AGE_COLUMN,
])

/**
 * The columns of a custom resource, after `additionalPrinterColumns` of one of its versions (k8s.io/apiextensions-apiserver,
 * tableconvertor). Without any it has an age. From a column on whose path is not one, columns are left out.
 */
export function crdTableColumns(printerColumns: readonly JsonObject[] | null | undefined): TableColumns {
  const wanted = printerColumns && printerColumns.length > 0 ? printerColumns : [AGE_COLUMN]
  const columns: Column[] = [NAME]
  for (const each of wanted) {
    const path = parsedPath(textAt(each, 'jsonPath'))
    if (!path) break
    columns.push(printerColumn(each, path))
  }
  return tableOf(...columns)
}

function parsedPath(text: string): readonly Step[] | undefined {
  try {
    return parseJsonPath(text)
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

function printerColumn(printed: JsonObject, path: readonly Step[]): Column {
  const type = textAt(printed, 'type')
  const description =
    textAt(printed, 'description') ||
    `Custom resource definition column (in JSONPath format): ${textAt(printed, 'jsonPath')}`
  return column(
    textAt(printed, 'name'),
    type,
    description,
    (object, now) => {
      const value = firstAt(path, object)
      return value === undefined ? null : cellOf(type, value, now)
    },
    { format: textAt(printed, 'format'), priority: numberAt(printed, 'priority') },
  )
}

/** Nothing is found, too, where the path does not fit the object. */
function firstAt(path: readonly Step[], object: JsonObject): JsonValue | undefined {
  try {
    return evaluateJsonPath(path, object)[0]
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

/** A value that is not of the column's type is not shown; a text shows all. */
function cellOf(type: string, value: JsonValue, now: number): JsonValue {
  switch (type) {
    case 'string':
      return goText(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null
    default:
      return null
  }
}

function dateCell(text: string, now: number): string {
  if (text === '' || text === 'null') return '<unknown>'
  return parseTime(text) === undefined ? '<invalid>' : elapsedSince(text, now)
}
