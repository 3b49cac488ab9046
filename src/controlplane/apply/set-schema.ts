import { FieldSet } from './field-set.ts'
import type { PathElement } from './path-element.ts'
import { type Schema, UNTYPED } from './schema.ts'
import { fieldSchema, shapeOf } from './shape.ts'

/** With all fields of structs below which there are members, as if they were owned with what is in them. */
export function withNamedFields(schema: Schema, set: FieldSet): FieldSet {
  return set.map(({ element, member, children }) => ({
    element,
    member: member || isNamedField(schema, element),
    children: children.isEmpty ? children : withNamedFields(schemaBelow(schema, element), children),
  }))
}

/**
 * What a set becomes when the schema has changed since it was written: of what is owned only as a whole by now, who owned a
 * part owns the whole.
 */
export function withoutPartsOfAtoms(schema: Schema, set: FieldSet): FieldSet {
  return set.map((node) => {
    if (node.children.isEmpty) return node
    const below = schemaBelow(schema, node.element)
    if (isAtomic(below)) return { element: node.element, member: true, children: FieldSet.EMPTY }
    return { ...node, children: withoutPartsOfAtoms(below, node.children) }
  })
}

function isNamedField(schema: Schema, element: PathElement): boolean {
  return schema.kind === 'struct' && element.kind === 'field' && schema.field(element.name) !== undefined
}

function schemaBelow(schema: Schema, element: PathElement): Schema {
  const shape = shapeOf(schema, null)
  if (shape.kind === 'fields' && element.kind === 'field') return fieldSchema(shape, element.name)
  if (shape.kind === 'list' && element.kind === 'key') return shape.element
  return UNTYPED
}

function isAtomic(schema: Schema): boolean {
  switch (schema.kind) {
    case 'scalar':
      return false
    case 'list':
      return schema.ownership === 'atomic'
    case 'struct':
    case 'map':
    case 'untyped':
      return schema.atomic
  }
}
