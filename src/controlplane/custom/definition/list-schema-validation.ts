import { type FieldError, forbidden, invalid, notSupported, required } from '../../api/field-error.ts'
import type { JsonValue } from '../../api/json.ts'
import { child, element, type FieldPath } from '../field-path.ts'
import { entriesOf, itemSchema, itemSchemas, type SchemaProps } from '../schema/schema-props.ts'

const LIST_TYPE = 'x-kubernetes-list-type'
const LIST_MAP_KEYS = 'x-kubernetes-list-map-keys'

/** What `x-kubernetes-list-type` demands of the schema that has it, and of its items. */
export function listTypeErrors(
  schema: SchemaProps,
  path: FieldPath,
  requiresAtomicSets: boolean,
): FieldError[] {
  const listType = schema[LIST_TYPE] ?? undefined
  const { type = '' } = schema
  const keys = schema[LIST_MAP_KEYS] ?? []
  const items = itemSchema(schema)
  const errors: FieldError[] = []
  if (listType !== undefined && type !== 'array') {
    const detail = 'must be array if x-kubernetes-list-type is specified'
    errors.push(
      type === '' ? required(child(path, 'type'), detail) : invalid(child(path, 'type'), type, detail),
    )
  } else if (requiresAtomicSets && listType === 'set' && items) {
    errors.push(...setItemErrors(items, child(path, 'items')))
  }
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType))
    errors.push(notSupported(child(path, LIST_TYPE), listType, ['atomic', 'set', 'map']))
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty'
    const field = child(path, LIST_TYPE)
    errors.push(listType === undefined ? required(field, detail) : invalid(field, listType, detail))
  }
  if (listType === 'map') errors.push(...mapErrors(schema, keys, path))
  return errors
}

/** Whether a list is a set of what is not atomic, which definitions once could say. */
export function isSetOfParts(schema: SchemaProps): boolean {
  const items = itemSchema(schema)
  return schema[LIST_TYPE] === 'set' && items !== undefined && setItemErrors(items, 'items').length > 0
}

function setItemErrors(items: SchemaProps, path: FieldPath): FieldError[] {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items[LIST_TYPE] ?? undefined
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalid(child(path, LIST_TYPE), listType, detail)]
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalid(child(path, 'x-kubernetes-map-type'), listType ?? null, detail)]
  return []
}

function mapErrors(schema: SchemaProps, keys: readonly string[], path: FieldPath): FieldError[] {
  const items = itemSchema(schema)
  const errors: FieldError[] = []
  const keysPath = child(path, LIST_MAP_KEYS)
  if (keys.length === 0) errors.push(required(keysPath, 'must not be empty if x-kubernetes-list-type is map'))
  if (!schema.items)
    errors.push(required(child(path, 'items'), 'must have a schema if x-kubernetes-list-type is map'))
  if (itemSchemas(schema).length > 0) {
    const detail = 'must only have a single schema if x-kubernetes-list-type is map'
    errors.push(invalid(child(path, 'items'), schema.items as JsonValue, detail))
  }
  if (!items) return errors
  const itemsPath = child(path, 'items')
  if (items.type !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map"
    return [...errors, invalid(child(itemsPath, 'type'), items.type ?? '', detail)]
  }
  const properties = new Map(entriesOf(items.properties))
  keys.forEach((key, index) => {
    const property = properties.get(key)
    if (!property) errors.push(invalid(keysPath, keys, 'entries must all be names of item properties'))
    if (property?.type === 'array' || property?.type === 'object') {
      const field = child(element(child(itemsPath, 'properties'), key), 'type')
      const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
      errors.push(invalid(field, items.type, detail))
    }
    if (keys.indexOf(key) < index) errors.push(invalid(keysPath, keys, 'must not contain duplicate entries'))
  })
  return errors
}

/** Items of sets and maps are not null, and have all that they are known by. */
export function mapListErrors(schema: SchemaProps, path: FieldPath): FieldError[] {
  const listType = schema[LIST_TYPE]
  const items = itemSchema(schema)
  if (!items || (listType !== 'set' && listType !== 'map')) return []
  const itemsPath = child(path, 'items')
  const errors: FieldError[] = []
  if (items.nullable) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`
    errors.push(forbidden(child(itemsPath, 'nullable'), detail))
  }
  if (listType === 'set') return errors
  const properties = new Map(entriesOf(items.properties))
  for (const key of schema[LIST_MAP_KEYS] ?? []) {
    const property = properties.get(key)
    if (!property) continue
    const propertyPath = element(child(itemsPath, 'properties'), key)
    if (!items.required?.includes(key) && (property.default ?? undefined) === undefined) {
      const detail =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'
      errors.push(required(child(propertyPath, 'default'), detail))
    }
    if (property.nullable) {
      const detail = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'
      errors.push(forbidden(child(propertyPath, 'nullable'), detail))
    }
  }
  return errors
}
