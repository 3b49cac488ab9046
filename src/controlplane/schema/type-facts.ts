import type { JsonValue } from '../api/json.ts'

/** What JSON and protobuf know by the same name; `bytes` is base64 in JSON. */
export const SCALARS = ['string', 'int32', 'int64', 'bool', 'double', 'bytes'] as const

/** Types whose JSON and protobuf forms differ by rule, not by field; README.md has their protobuf forms. */
export const WELL_KNOWN = [
  'quantity',
  'intOrString',
  'time',
  'microTime',
  'rawExtension',
  'fieldsV1',
  'json',
  'any',
] as const

export type ScalarName = (typeof SCALARS)[number]
export type WellKnownName = (typeof WELL_KNOWN)[number]

/** The type of a field, or of the elements of one. Keys of maps are always strings. */
export type FieldType =
  | { readonly kind: 'scalar'; readonly name: ScalarName }
  | { readonly kind: 'wellKnown'; readonly name: WellKnownName }
  | { readonly kind: 'message'; readonly id: string }
  | { readonly kind: 'list'; readonly element: FieldType }
  | { readonly kind: 'map'; readonly value: FieldType }

export type PatchStrategy = 'merge' | 'replace' | 'retainKeys'

/** How a strategic merge patch changes the field. A list without these facts is replaced. */
export interface PatchFacts {
  readonly strategies: readonly PatchStrategy[]
  /** What tells the objects of a merged list apart; a merged list of scalars has none. */
  readonly mergeKey: string | undefined
}

/**
 * What server-side apply can own of a value: all of it at once (`atomic`), each field or entry (`separable`), each element
 * of a list by its value (`set`) or by its keys (`map`).
 */
export type Ownership =
  | { readonly kind: 'atomic' }
  | { readonly kind: 'separable' }
  | { readonly kind: 'set' }
  | { readonly kind: 'map'; readonly keys: readonly string[] }

export interface Field {
  /** In JSON. For an inline field, and in a union, the name in protobuf. */
  readonly name: string
  /** In protobuf; 0 for what is in JSON only. */
  readonly number: number
  readonly type: FieldType
  /** The fields of this message stand in JSON beside those of the type that has it. */
  readonly inline: boolean
  /** Absent differs from the zero value, in Go too. */
  readonly pointer: boolean
  /** JSON written by Go leaves out the zero value; for structs it leaves out nothing. */
  readonly omitEmpty: boolean
  /** JSON written by Go leaves out the zero value, of structs too. */
  readonly omitZero: boolean
  /** Protobuf written by Go has the field even when it is zero. */
  readonly alwaysWritten: boolean
  readonly required: boolean
  readonly patch: PatchFacts | undefined
  readonly ownership: Ownership
  /** The schema's default, which stands in for an absent key of a list's element; not what the server fills in. */
  readonly default: JsonValue | undefined
}

/**
 * What stands for a type in JSON: an `object`; for a `list` the value of its only field; for a `union` the value of one of its
 * fields, whichever fits.
 */
export type TypeForm = 'object' | 'list' | 'union'

export interface BuiltinType {
  /** Such as `core/v1.Pod`: the Go package below k8s.io's API folders, and the Go name. */
  readonly id: string
  readonly form: TypeForm
  /** Server-side apply owns values of this type as a whole. */
  readonly atomic: boolean
  /** In the order of their numbers. */
  readonly fields: readonly Field[]
}

/** A field as it is found in a JSON object. */
export interface JsonField {
  readonly field: Field
  /** The inline fields that lead to it in protobuf, outermost first. */
  readonly path: readonly Field[]
}
