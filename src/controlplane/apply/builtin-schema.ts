import { builtinType, fieldsOf, jsonFieldNamed } from '../schema/builtin-types.ts'
import type { Field, FieldType, Ownership, ScalarName, WellKnownName } from '../schema/type-facts.ts'
import {
  BOOLEAN,
  type ListKey,
  type ListSchema,
  NUMBER,
  SCALAR,
  type Schema,
  STRING,
  type StructSchema,
  UNTYPED,
  UNTYPED_ATOMIC,
} from './schema.ts'

const SCALARS: Readonly<Record<ScalarName, Schema>> = {
  string: STRING,
  bytes: STRING,
  int32: NUMBER,
  int64: NUMBER,
  double: NUMBER,
  bool: BOOLEAN,
}

/** Those that are undefined are any JSON. */
const WELL_KNOWN: Readonly<Record<WellKnownName, Schema | undefined>> = {
  quantity: SCALAR,
  intOrString: SCALAR,
  time: SCALAR,
  microTime: SCALAR,
  rawExtension: undefined,
  fieldsV1: undefined,
  json: undefined,
  any: undefined,
}

// Types refer to each other in circles, so each is made once, and its fields when they are asked for.
const known = new Map<string, Schema>()

/** The schema of a type in the table of built-in types: `apps/v1.Deployment`. */
export function builtinSchema(typeId: string): Schema {
  const found = known.get(typeId)
  if (found) return found
  const made = schemaOfType(typeId)
  known.set(typeId, made)
  return made
}

function schemaOfType(typeId: string): Schema {
  const { form, atomic, fields } = builtinType(typeId)
  switch (form) {
    case 'object':
      return structSchema(typeId, atomic)
    case 'union':
      return UNTYPED
    case 'list':
      return fields[0] ? schemaOfField(fields[0]) : UNTYPED_ATOMIC
  }
}

function structSchema(typeId: string, atomic: boolean): StructSchema {
  const made = new Map<string, Schema>()
  const field: StructSchema['field'] = (name) => {
    const facts = made.has(name) ? undefined : jsonFieldNamed(typeId, name)
    if (facts) made.set(name, schemaOfField(facts.field))
    return made.get(name)
  }
  return { kind: 'struct', atomic, field }
}

function schemaOfField({ type, ownership }: Field): Schema {
  switch (type.kind) {
    case 'scalar':
      return SCALARS[type.name]
    case 'wellKnown':
      return WELL_KNOWN[type.name] ?? (ownership.kind === 'separable' ? UNTYPED : UNTYPED_ATOMIC)
    case 'message': {
      const schema = builtinSchema(type.id)
      const atomic = ownership.kind === 'atomic'
      return schema.kind === 'struct' && schema.atomic !== atomic ? structSchema(type.id, atomic) : schema
    }
    case 'list':
      return listSchema(type.element, ownership)
    case 'map':
      return { kind: 'map', atomic: ownership.kind === 'atomic', element: schemaOfElement(type.value) }
  }
}

/** Of an element nothing is known but its type. */
function schemaOfElement(type: FieldType): Schema {
  switch (type.kind) {
    case 'scalar':
      return SCALARS[type.name]
    case 'wellKnown':
      return WELL_KNOWN[type.name] ?? UNTYPED_ATOMIC
    case 'message':
      return builtinSchema(type.id)
    case 'list':
      return listSchema(type.element, { kind: 'atomic' })
    case 'map':
      return { kind: 'map', atomic: false, element: schemaOfElement(type.value) }
  }
}

function listSchema(elementType: FieldType, ownership: Ownership): ListSchema {
  const element = schemaOfElement(elementType)
  switch (ownership.kind) {
    case 'set':
      return { kind: 'list', ownership: 'set', element }
    case 'map':
      return { kind: 'list', ownership: 'map', keys: keysOf(elementType, ownership.keys), element }
    default:
      return { kind: 'list', ownership: 'atomic', element }
  }
}

function keysOf(type: FieldType, names: readonly string[]): ListKey[] {
  return names.map((name) => {
    const fallback =
      type.kind === 'message' ? fieldsOf(type.id).find((field) => field.name === name)?.default : undefined
    return fallback === undefined ? { name } : { name, default: fallback }
  })
}
