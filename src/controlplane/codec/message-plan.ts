import type { JsonValue } from '../api/json.ts'
import { builtinType, fieldsOf, jsonFieldsOf } from '../schema/builtin-types.ts'
import type { Field, FieldType, ScalarName, WellKnownName } from '../schema/type-facts.ts'
import { isEmptyObject, type Members, withSortedNames } from './members.ts'

/** How a value is read and written. */
export type ValuePlan =
  | { readonly kind: ScalarName | WellKnownName }
  | { readonly kind: 'list'; readonly element: ValuePlan }
  | { readonly kind: 'map'; readonly value: ValuePlan }
  | { readonly kind: 'message'; readonly plan: MessagePlan }

export interface FieldPlan {
  readonly field: Field
  readonly name: string
  readonly value: ValuePlan
  /** The Go struct that has it, as errors name it: `Container`. */
  readonly owner: string
}

/** A field in protobuf. Those of an inline message have their places among the outer message's, from `index` on. */
export interface WireField {
  readonly field: Field
  readonly value: ValuePlan
  readonly index: number
  readonly inline: MessagePlan | undefined
}

/** Values by the index of their fields; what is absent or null is undefined. */
export type FieldValues = (JsonValue | undefined)[]

const plans = new Map<string, MessagePlan>()

/** Constant facts, so each type's plan is made once, with the first value of the type. */
export function planOf(typeId: string): MessagePlan {
  const known = plans.get(typeId)
  if (known) return known
  const made = new MessagePlan(typeId)
  plans.set(typeId, made)
  return made
}

/**
 * All that reading and writing a type needs to know, with types looked up. Types refer to themselves, so the fields are looked up
 * with the first use.
 */
export class MessagePlan {
  readonly id: string
  /** As Go's reflection names the type: `v1.Container`. */
  readonly goType: string
  readonly goName: string
  readonly form: 'object' | 'list' | 'union'
  #fields: readonly FieldPlan[] | undefined
  #indexByName: ReadonlyMap<string, number> | undefined
  #wireFields: readonly WireField[] | undefined
  #wireByNumber: readonly (WireField | undefined)[] | undefined

  constructor(id: string) {
    this.id = id
    this.goType = id.slice(id.lastIndexOf('/') + 1)
    this.goName = this.goType.slice(this.goType.indexOf('.') + 1)
    this.form = builtinType(id).form
  }

  /** In the order in which JSON has them, inline ones in their places. */
  get fields(): readonly FieldPlan[] {
    this.#fields ??= this.#fieldFacts().map((field) => ({
      field,
      name: field.name,
      value: valuePlan(field.type),
      owner: this.goName,
    }))
    return this.#fields
  }

  get indexByName(): ReadonlyMap<string, number> {
    this.#indexByName ??= new Map(this.fields.map(({ name }, index) => [name, index]))
    return this.#indexByName
  }

  /** In the order of their numbers. */
  get wireFields(): readonly WireField[] {
    this.#wireFields ??= this.#findWireFields()
    return this.#wireFields
  }

  get wireByNumber(): readonly (WireField | undefined)[] {
    if (!this.#wireByNumber) {
      const byNumber: (WireField | undefined)[] = []
      for (const each of this.wireFields) byNumber[each.field.number] = each
      this.#wireByNumber = byNumber
    }
    return this.#wireByNumber
  }

  /** The object as Go would write it, which decides what becomes of fields that are absent, zero or empty. */
  build(values: FieldValues): Members<JsonValue> {
    const object: Members<JsonValue> = {}
    const { fields } = this
    for (let i = 0; i < fields.length; i++) {
      const plan = fields[i] as FieldPlan
      const value = writtenValue(plan, values[i])
      if (value !== undefined) object[plan.name] = value
    }
    return object
  }

  #fieldFacts(): readonly Field[] {
    return this.form === 'object' ? jsonFieldsOf(this.id).map(({ field }) => field) : fieldsOf(this.id)
  }

  #findWireFields(): WireField[] {
    let index = 0
    return fieldsOf(this.id).flatMap((field) => {
      const inline = field.inline && field.type.kind === 'message' ? planOf(field.type.id) : undefined
      const at = index
      index += inline ? inline.fields.length : 1
      return field.number === 0 ? [] : [{ field, value: valuePlan(field.type), index: at, inline }]
    })
  }
}

/** What Go writes for a value that is absent or null, where it is no field but an element. */
export function zeroOf(plan: ValuePlan): JsonValue {
  switch (plan.kind) {
    case 'string':
    case 'bytes':
      return ''
    case 'int32':
    case 'int64':
    case 'double':
    case 'intOrString':
      return 0
    case 'bool':
      return false
    case 'quantity':
      return '0'
    case 'message':
      return plan.plan.form === 'object' ? plan.plan.build([]) : null
    default:
      return null
  }
}

function writtenValue(
  { field, value: plan }: FieldPlan,
  value: JsonValue | undefined,
): JsonValue | undefined {
  if (field.pointer) return value === undefined ? (field.omitEmpty ? undefined : null) : value
  if (field.omitZero && (value === undefined || value === null)) return undefined
  switch (plan.kind) {
    case 'list':
      if (value !== undefined && (value as readonly JsonValue[]).length > 0) return value
      return field.omitEmpty ? undefined : null
    case 'map':
      if (value !== undefined && !isEmptyObject(value as object)) {
        return withSortedNames(value as Members<JsonValue>)
      }
      return field.omitEmpty ? undefined : null
    case 'string':
    case 'int32':
    case 'int64':
    case 'double':
    case 'bool':
      return field.omitEmpty && !value ? undefined : (value ?? zeroOf(plan))
    case 'bytes':
      return field.omitEmpty && !value ? undefined : (value ?? null)
    default:
      return value ?? zeroOf(plan)
  }
}

function valuePlan(type: FieldType): ValuePlan {
  switch (type.kind) {
    case 'scalar':
    case 'wellKnown':
      return { kind: type.name }
    case 'list':
      return { kind: 'list', element: valuePlan(type.element) }
    case 'map':
      return { kind: 'map', value: valuePlan(type.value) }
    case 'message':
      return { kind: 'message', plan: planOf(type.id) }
  }
}

/** As Go's errors name the type. */
export function goTypeOf(plan: ValuePlan): string {
  switch (plan.kind) {
    case 'list':
      return `[]${goTypeOf(plan.element)}`
    case 'map':
      return `map[string]${goTypeOf(plan.value)}`
    case 'message':
      return plan.plan.goType
    case 'double':
      return 'float64'
    case 'bytes':
      return '[]uint8'
    case 'intOrString':
      return 'int32'
    case 'int32':
    case 'int64':
    case 'bool':
      return plan.kind
    default:
      return 'string'
  }
}
