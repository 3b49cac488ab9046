import type { JsonObject, JsonValue } from '../api/json.ts'
import { canonicalBase64 } from './base64.ts'
import { DecodeTrail } from './decode-trail.ts'
import {
  goKindOf,
  isRawObject,
  JsonNumber,
  plainJson,
  type RawJson,
  type RawJsonObject,
} from './json-number.ts'
import { type Members, put } from './members.ts'
import {
  type FieldPlan,
  type FieldValues,
  type MessagePlan,
  planOf,
  type ValuePlan,
  zeroOf,
} from './message-plan.ts'
import { canonicalQuantity } from './quantity.ts'
import { canonicalTime } from './time.ts'

const MAX_INT32 = 2 ** 31 - 1
const MIN_INT32 = -(2 ** 31)

export interface Normalized {
  readonly object: JsonObject
  /** Fields that the type does not have, which are left out: `spec.containers[0].immage`. */
  readonly unknownFields: readonly string[]
}

/**
 * A value of a built-in type as Go would write it, had it read it: unknown fields are gone, zero values written or left out by
 * their tags, fields in the table's order, maps sorted, quantities, times and base64 in their canonical forms.
 *
 * @throws MalformedBody in Go's words for the first value that is not of its field's type
 */
export function normalize(typeId: string, value: RawJson): Normalized {
  const normalizer = new Normalizer()
  const object = normalizer.root(planOf(typeId), value)
  return { object, unknownFields: normalizer.trail.unknownFields }
}

class Normalizer {
  readonly trail = new DecodeTrail()

  root(plan: MessagePlan, value: RawJson): JsonObject {
    if (value === null) return plan.build([])
    return this.#object(plan, value)
  }

  /** Undefined for what Go has no value for afterwards. */
  #value(plan: ValuePlan, value: RawJson): JsonValue | undefined {
    if (value === null) return plan.kind === 'json' ? null : undefined
    switch (plan.kind) {
      case 'string':
        return typeof value === 'string' ? value : this.#wrongType(plan, value)
      case 'bool':
        return typeof value === 'boolean' ? value : this.#wrongType(plan, value)
      case 'int32':
      case 'int64':
        return this.#integer(plan, value)
      case 'double':
        return this.#double(plan, value)
      case 'bytes':
        return typeof value === 'string' ? canonicalBase64(value) : this.#wrongType(plan, value)
      case 'quantity':
        return this.#quantity(value)
      case 'intOrString':
        return typeof value === 'string' ? value : this.#integer({ kind: 'int32' }, value)
      case 'time':
      case 'microTime':
        if (typeof value !== 'string') return this.#wrongType(plan, value)
        return canonicalTime(value, plan.kind === 'microTime') ?? undefined
      case 'rawExtension':
      case 'fieldsV1':
      case 'json':
      case 'any':
        return plainJson(value)
      case 'list':
        return this.#list(plan.element, plan, value)
      case 'map':
        return this.#map(plan.value, plan, value)
      case 'message':
        return this.#message(plan.plan, plan, value)
    }
  }

  #integer(plan: ValuePlan, value: RawJson): number {
    if (value instanceof JsonNumber) return this.#wrongType(plan, value, `number ${value.text}`)
    if (typeof value === 'bigint') return this.#wrongType(plan, value, `number ${value}`)
    if (typeof value !== 'number') return this.#wrongType(plan, value)
    const fits =
      plan.kind === 'int64' ? Number.isSafeInteger(value) : value >= MIN_INT32 && value <= MAX_INT32
    if (!Number.isInteger(value) || !fits) return this.#wrongType(plan, value, `number ${value}`)
    return value + 0
  }

  #double(plan: ValuePlan, value: RawJson): number {
    const number =
      value instanceof JsonNumber ? Number(value.text) : typeof value === 'bigint' ? Number(value) : value
    if (typeof number !== 'number') return this.#wrongType(plan, value)
    if (!Number.isFinite(number)) return this.#wrongType(plan, value, `number ${(value as JsonNumber).text}`)
    return number + 0
  }

  #quantity(value: RawJson): string {
    if (value instanceof JsonNumber) return canonicalQuantity(value.text)
    return canonicalQuantity(typeof value === 'object' ? '?' : String(value))
  }

  #list(element: ValuePlan, plan: ValuePlan, value: RawJson): JsonValue[] {
    if (!Array.isArray(value)) return this.#wrongType(plan, value)
    const list: JsonValue[] = []
    for (let i = 0; i < value.length; i++) {
      this.trail.enterElement(i)
      list.push(this.#value(element, value[i] as RawJson) ?? zeroOf(element))
      this.trail.leaveElement()
    }
    return list
  }

  #map(element: ValuePlan, plan: ValuePlan, value: RawJson): Members<JsonValue> {
    if (!isRawObject(value)) return this.#wrongType(plan, value)
    const map: Members<JsonValue> = {}
    for (const name of Object.keys(value)) {
      this.trail.enterElement(name)
      put(map, name, this.#value(element, value[name] ?? null) ?? zeroOf(element))
      this.trail.leaveElement()
    }
    return map
  }

  #message(message: MessagePlan, plan: ValuePlan, value: RawJson): JsonValue | undefined {
    switch (message.form) {
      case 'object':
        return this.#object(message, value)
      case 'list':
        return someOf(this.#value((message.fields[0] as FieldPlan).value, value))
      case 'union':
        return this.#union(message, plan, value)
    }
  }

  #object(message: MessagePlan, value: RawJson): JsonObject {
    if (!isRawObject(value)) return this.#wrongType({ kind: 'message', plan: message }, value)
    return message.build(this.#fieldValues(message, value))
  }

  #fieldValues(message: MessagePlan, object: RawJsonObject): FieldValues {
    const values: FieldValues = []
    for (const name of Object.keys(object)) {
      const index = message.indexByName.get(name)
      if (index === undefined) {
        this.trail.noteUnknown(name)
        continue
      }
      const field = message.fields[index] as FieldPlan
      this.trail.enterField(field)
      values[index] = this.#value(field.value, object[name] ?? null)
      this.trail.leaveField()
    }
    return values
  }

  /** The values that are no schema: a list, or a boolean. */
  #union(message: MessagePlan, plan: ValuePlan, value: RawJson): JsonValue | undefined {
    const schema = message.fields.find(({ name }) => name === 'schema') as FieldPlan
    const other = message.fields.find(({ name }) => name !== 'schema') as FieldPlan
    if (isRawObject(value)) return this.#value(schema.value, value)
    if (other.value.kind === 'bool') {
      return typeof value === 'boolean' ? value : this.#wrongType(plan, value)
    }
    return Array.isArray(value) ? someOf(this.#value(other.value, value)) : undefined
  }

  #wrongType(plan: ValuePlan, value: RawJson, what = goKindOf(value)): never {
    throw this.trail.wrongType(what, plan)
  }
}

/** A list of none, where the list is no field of its own, is none at all once Go has written it. */
function someOf(list: JsonValue | undefined): JsonValue | undefined {
  return Array.isArray(list) && list.length === 0 ? undefined : list
}
