import type { JsonValue } from '../api/json.ts'
import { entriesOf, fieldOf, itemsOf, objectOf } from './json-values.ts'
import { validListElement } from './list-element.ts'
import { mergeOrder } from './merge-order.ts'
import type { ListSchema, Schema } from './schema.ts'
import { type FieldsShape, fieldSchema, shapeOf } from './shape.ts'

/**
 * What `live` becomes by all that `config` says. Nothing is removed: where an object or a granular list of `live` meets a null
 * it stays as it is.
 */
export function merge(schema: Schema, live: JsonValue, config: JsonValue): JsonValue {
  const shape = shapeOf(schema, config)
  switch (shape.kind) {
    case 'scalar':
      return config
    case 'list':
      return shape.ownership === 'atomic' ? config : mergeLists(shape, live, config)
    case 'fields':
      return shape.atomic ? config : mergeFields(shape, live, config)
  }
}

/** Of two that have nothing in them the configured one stays: null differs from empty. */
function mergeFields(shape: FieldsShape, live: JsonValue, config: JsonValue): JsonValue {
  const fields = new Map(entriesOf(live))
  for (const [name, value] of entriesOf(config)) {
    fields.set(name, mergeWith(fieldSchema(shape, name), fieldOf(live, name), value))
  }
  return fields.size === 0 ? config : objectOf(fields)
}

function mergeLists(schema: ListSchema, live: JsonValue, config: JsonValue): JsonValue {
  const liveItems = itemsOf(live)
  const configItems = itemsOf(config)
  if (liveItems.length === 0) return config
  if (configItems.length === 0) return live

  const idOf = (item: JsonValue, i: number) => validListElement(schema, item, i).id
  const liveIds = liveItems.map(idOf)
  const liveById = indexUnique(liveIds, liveItems)
  return mergeOrder(liveIds, configItems.map(idOf)).map(({ id, live: l, config: c }) => {
    const configItem = c === undefined ? undefined : configItems[c]
    const liveItem = l === undefined ? liveById.get(id) : liveItems[l]
    return configItem === undefined ? (liveItem ?? null) : mergeWith(schema.element, liveItem, configItem)
  })
}

/** Elements that are there several times are replaced, not merged. */
function indexUnique(
  ids: readonly string[],
  items: readonly JsonValue[],
): Map<string, JsonValue | undefined> {
  const byId = new Map<string, JsonValue | undefined>()
  for (const [i, id] of ids.entries()) byId.set(id, byId.has(id) ? undefined : items[i])
  return byId
}

function mergeWith(schema: Schema, live: JsonValue | undefined, config: JsonValue): JsonValue {
  return live === undefined ? config : merge(schema, live, config)
}
