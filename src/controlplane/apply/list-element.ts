import { isJsonObject, type JsonValue } from '../api/json.ts'
import { fieldOf, isJsonList } from './json-values.ts'
import { indexElement, type KeyField, keyElement, type PathElement, valueElement } from './path-element.ts'
import type { ListSchema, MapListSchema } from './schema.ts'

/** The step to an element of a list, or why there is none. */
export function listElement(schema: ListSchema, item: JsonValue, index: number): PathElement | Error {
  switch (schema.ownership) {
    case 'atomic':
      return indexElement(index)
    case 'set':
      return setElement(item)
    case 'map':
      return mapElement(schema, item)
  }
}

/** As `listElement`, for a list that is known to be valid. */
export function validListElement(schema: ListSchema, item: JsonValue, index: number): PathElement {
  const element = listElement(schema, item, index)
  if (element instanceof Error) throw element
  return element
}

function setElement(item: JsonValue): PathElement | Error {
  if (item === null) return new Error("associative list without keys has an element that's an explicit null")
  if (isJsonList(item)) return new Error('not supported: associative list with lists as elements')
  if (isJsonObject(item)) return new Error("associative list without keys has an element that's a map type")
  return valueElement(item)
}

/** A key that is absent and has no default is no part of the step: its absence tells the element from others. */
function mapElement({ keys }: MapListSchema, item: JsonValue): PathElement | Error {
  if (item === null) return new Error('associative list with keys may not have a null element')
  if (!isJsonObject(item)) return new Error('associative list with keys may not have non-map elements')
  const fields: KeyField[] = []
  for (const { name, default: fallback } of keys) {
    const own = fieldOf(item, name)
    const value = own === undefined ? fallback : own
    if (value !== undefined) fields.push([name, value])
  }
  if (fields.length > 0) return keyElement(fields)
  const names = keys.map(({ name }) => JSON.stringify(name)).join(' ')
  return new Error(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  )
}
