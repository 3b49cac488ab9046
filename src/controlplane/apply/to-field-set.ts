import { isJsonObject, type JsonValue } from '../api/json.ts'
import { type FieldNode, FieldSet } from './field-set.ts'
import { entriesOf, itemsOf } from './json-values.ts'
import { validListElement } from './list-element.ts'
import { fieldElement, type PathElement } from './path-element.ts'
import type { ListSchema, Schema } from './schema.ts'
import { type FieldsShape, fieldSchema, shapeOf } from './shape.ts'

/** What a value says something about: its leaves, the elements of its lists and the entries of its maps. */
export function toFieldSet(schema: Schema, value: JsonValue): FieldSet {
  const shape = shapeOf(schema, value)
  if (shape.kind === 'scalar') return FieldSet.EMPTY
  if (shape.kind === 'list') return new FieldSet(listNodes(shape, value))
  return shape.atomic ? FieldSet.EMPTY : new FieldSet(fieldNodes(shape, value))
}

/** A value that is owned as a whole. */
function isLeaf(schema: Schema, value: JsonValue): boolean {
  const shape = shapeOf(schema, value)
  if (shape.kind === 'scalar') return true
  return shape.kind === 'list' ? shape.ownership === 'atomic' : shape.atomic
}

function* fieldNodes(shape: FieldsShape, value: JsonValue): Generator<FieldNode> {
  for (const [name, field] of entriesOf(value)) {
    const schema = fieldSchema(shape, name)
    const hasNothing = field === null || (isJsonObject(field) && entriesOf(field).length === 0)
    const isEntry = shape.declared(name) === undefined
    yield {
      element: fieldElement(name),
      member: hasNothing || isEntry || isLeaf(schema, field),
      children: toFieldSet(schema, field),
    }
  }
}

/** Of elements that are there several times only that they are: which of them is meant, no path can say. */
function* listNodes(schema: ListSchema, value: JsonValue): Generator<FieldNode> {
  if (schema.ownership === 'atomic') return
  const found = new Map<string, { readonly element: PathElement; readonly items: JsonValue[] }>()
  for (const [i, item] of itemsOf(value).entries()) {
    const element = validListElement(schema, item, i)
    const same = found.get(element.id)
    if (same) same.items.push(item)
    else found.set(element.id, { element, items: [item] })
  }
  for (const { element, items } of found.values()) {
    const [only] = items
    const children =
      only !== undefined && items.length === 1 ? toFieldSet(schema.element, only) : FieldSet.EMPTY
    yield { element, member: true, children }
  }
}
