import type { JsonValue } from '../api/json.ts'

/**
 * What merging must know about a value. Where types refer to each other in circles, `field` and `element` find the
 * next schema only when they are asked: `element` may be a getter.
 */
export type Schema = ScalarSchema | StructSchema | MapSchema | ListSchema | UntypedSchema

export interface ScalarSchema {
  readonly kind: 'scalar'
  /** @default any scalar */
  readonly type?: 'string' | 'number' | 'boolean'
}

/** An object with fields of its own. */
export interface StructSchema {
  readonly kind: 'struct'
  /** Owned as a whole. */
  readonly atomic: boolean
  /** The schema of a field that is declared. */
  field(name: string): Schema | undefined
  /** Of all that is not declared. @default there is nothing else */
  readonly rest?: Schema
}

/** An object whose names are data. */
export interface MapSchema {
  readonly kind: 'map'
  readonly atomic: boolean
  readonly element: Schema
}

export type ListSchema = AtomicListSchema | SetSchema | MapListSchema

export interface AtomicListSchema {
  readonly kind: 'list'
  readonly ownership: 'atomic'
  readonly element: Schema
}

/** A list of scalars, each of which is there once and owned by itself. */
export interface SetSchema {
  readonly kind: 'list'
  readonly ownership: 'set'
  readonly element: Schema
}

/** A list of objects that are told apart by some of their fields. */
export interface MapListSchema {
  readonly kind: 'list'
  readonly ownership: 'map'
  readonly keys: readonly ListKey[]
  readonly element: Schema
}

export interface ListKey {
  readonly name: string
  /** Stands in where an element does not have the field. */
  readonly default?: JsonValue
}

/** No schema: objects are granular and lists atomic, or, if `atomic`, both are owned as a whole. */
export interface UntypedSchema {
  readonly kind: 'untyped'
  readonly atomic: boolean
}

export const SCALAR: ScalarSchema = { kind: 'scalar' }
export const STRING: ScalarSchema = { kind: 'scalar', type: 'string' }
export const NUMBER: ScalarSchema = { kind: 'scalar', type: 'number' }
export const BOOLEAN: ScalarSchema = { kind: 'scalar', type: 'boolean' }
export const UNTYPED: UntypedSchema = { kind: 'untyped', atomic: false }
export const UNTYPED_ATOMIC: UntypedSchema = { kind: 'untyped', atomic: true }

/** A struct of fields that are known at once. */
export function structOf(
  fields: Readonly<Record<string, Schema>>,
  { atomic = false, rest }: { readonly atomic?: boolean; readonly rest?: Schema } = {},
): StructSchema {
  const byName = new Map(Object.entries(fields))
  return { kind: 'struct', atomic, field: (name) => byName.get(name), ...(rest ? { rest } : {}) }
}

export function mapOf(element: Schema): MapSchema {
  return { kind: 'map', atomic: false, element }
}

export function listOf(element: Schema): AtomicListSchema {
  return { kind: 'list', ownership: 'atomic', element }
}

export function setOf(element: Schema): SetSchema {
  return { kind: 'list', ownership: 'set', element }
}

export function mapListOf(element: Schema, keys: readonly (string | ListKey)[]): MapListSchema {
  const named = keys.map((key) => (typeof key === 'string' ? { name: key } : key))
  return { kind: 'list', ownership: 'map', keys: named, element }
}
