import type { JsonValue } from '../api/json.ts'
import { isJsonObject } from '../api/json.ts'
import {
  type ListSchema,
  SCALAR,
  type ScalarSchema,
  type Schema,
  UNTYPED,
  UNTYPED_ATOMIC,
  type UntypedSchema,
} from './schema.ts'

/** What a schema says of one value, structs and maps being alike and nothing being left untyped. */
export type Shape = ScalarSchema | ListSchema | FieldsShape

export interface FieldsShape {
  readonly kind: 'fields'
  readonly atomic: boolean
  /** The schema of a declared field only. */
  declared(name: string): Schema | undefined
  /** Of all that is not declared. */
  readonly rest: Schema | undefined
}

const ATOMIC_LIST: ListSchema = { kind: 'list', ownership: 'atomic', element: UNTYPED_ATOMIC }
const GRANULAR_FIELDS = undeclaredFields(UNTYPED, false)
const ATOMIC_FIELDS = undeclaredFields(UNTYPED_ATOMIC, true)

/** Only where there is no type does it depend on the value. */
export function shapeOf(schema: Schema, value: JsonValue | undefined): Shape {
  switch (schema.kind) {
    case 'scalar':
    case 'list':
      return schema
    case 'struct':
      return {
        kind: 'fields',
        atomic: schema.atomic,
        declared: (name) => schema.field(name),
        rest: schema.rest,
      }
    case 'map':
      return undeclaredFields(schema.element, schema.atomic)
    case 'untyped':
      return deduce(schema, value)
  }
}

/** A field that nobody declared is in no schema, but may well be in an object that was stored under another one. */
export function fieldSchema(shape: FieldsShape, name: string): Schema {
  return shape.declared(name) ?? shape.rest ?? UNTYPED
}

function deduce({ atomic }: UntypedSchema, value: JsonValue | undefined): Shape {
  if (Array.isArray(value)) return ATOMIC_LIST
  if (value === null || value === undefined || isJsonObject(value)) {
    return atomic ? ATOMIC_FIELDS : GRANULAR_FIELDS
  }
  return SCALAR
}

function undeclaredFields(rest: Schema, atomic: boolean): FieldsShape {
  return { kind: 'fields', atomic, declared: () => undefined, rest }
}
