import type { JsonValue } from '../api/json.ts'
import type { FieldSet } from './field-set.ts'
import { entriesOf, type FieldEntry, isJsonList, itemsOf, objectOf } from './json-values.ts'
import { validListElement } from './list-element.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import type { ListSchema, Schema } from './schema.ts'
import { type FieldsShape, fieldSchema, shapeOf } from './shape.ts'

/**
 * A value without what is at these paths; undefined if nothing is left. An object or a list in it that has nothing left is
 * null, to hold the place. If it is said what is `owned`, it is empty where somebody owns it, and gone where nobody does.
 */
export function remove(
  schema: Schema,
  value: JsonValue,
  paths: FieldSet,
  owned?: FieldSet,
): JsonValue | undefined {
  const shape = shapeOf(schema, value)
  switch (shape.kind) {
    case 'scalar':
      return value
    case 'list':
      return shape.ownership === 'atomic' ? value : removeItems(shape, value, paths, owned)
    case 'fields':
      return shape.atomic ? value : removeFields(shape, value, paths, owned)
  }
}

function removeFields(
  shape: FieldsShape,
  value: JsonValue,
  paths: FieldSet,
  owned: FieldSet | undefined,
): JsonValue | undefined {
  const kept = entriesOf(value).flatMap(([name, field]): FieldEntry[] => {
    const element = fieldElement(name)
    if (paths.hasMember(element)) return []
    const left = removeBelow(fieldSchema(shape, name), field, element, paths, owned)
    if (left !== undefined) return [[name, left]]
    return owned?.hasMember(element) ? [[name, isJsonList(field) ? [] : {}]] : []
  })
  return kept.length > 0 ? objectOf(kept) : undefined
}

function removeItems(
  schema: ListSchema,
  value: JsonValue,
  paths: FieldSet,
  owned: FieldSet | undefined,
): JsonValue | undefined {
  const kept = itemsOf(value).flatMap((item, i): JsonValue[] => {
    const element = validListElement(schema, item, i)
    if (paths.hasMember(element)) return []
    const left = removeBelow(schema.element, item, element, paths, owned)
    return left === undefined ? [] : [left]
  })
  return kept.length > 0 ? kept : undefined
}

function removeBelow(
  schema: Schema,
  value: JsonValue,
  element: PathElement,
  paths: FieldSet,
  owned: FieldSet | undefined,
): JsonValue | undefined {
  const below = paths.below(element)
  if (below.isEmpty) return value
  return remove(schema, value, below, owned?.below(element)) ?? (owned ? undefined : null)
}
