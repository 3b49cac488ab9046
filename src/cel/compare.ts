import type { CostMeter } from './cost.ts'
import {
  Duration,
  EvaluationError,
  ListValue,
  MapValue,
  numberOf,
  ObjectValue,
  OpaqueValue,
  OptionalValue,
  Timestamp,
  TypeValue,
  typeNameOf,
  type Value,
} from './values.ts'

/** Values of different types are not equal, save for numbers. */
export function equal(a: Value, b: Value, meter: CostMeter): boolean {
  meter.charge(typeof a === 'string' && typeof b === 'string' ? 1 + Math.min(a.length, b.length) / 10 : 1)
  const [left, right] = [numberOf(a), numberOf(b)]
  // biome-ignore lint/suspicious/noDoubleEquals: bigint and number are equal when they are the same number
  if (left !== undefined && right !== undefined) return left == right
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (a instanceof ListValue) return b instanceof ListValue && equalLists(a, b, meter)
  if (a instanceof MapValue) return b instanceof MapValue && equalMaps(a, b, meter)
  if (a instanceof ObjectValue)
    return b instanceof ObjectValue && typeNameOf(a) === typeNameOf(b) && equalObjects(a, b, meter)
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanoseconds === b.nanoseconds
  if (a instanceof Duration) return b instanceof Duration && a.nanoseconds === b.nanoseconds
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name
  if (a instanceof OptionalValue) return b instanceof OptionalValue && equalOptionals(a, b, meter)
  return a instanceof OpaqueValue && b instanceof OpaqueValue && a.equals(b)
}

/** Sets are equal in any order, and so are lists whose items have keys. */
function equalLists(a: ListValue, b: ListValue, meter: CostMeter): boolean {
  if (a.size !== b.size) return false
  const { identity } = a
  if (!identity) {
    for (let index = 0; index < a.size; index++) if (!equal(a.at(index), b.at(index), meter)) return false
    return true
  }
  const others = new Map([...b].map((item) => [identity.key(item), item]))
  meter.charge(a.size)
  for (const item of a) {
    const other = others.get(identity.key(item))
    if (other === undefined || !equal(item, other, meter)) return false
  }
  return true
}

function equalMaps(a: MapValue, b: MapValue, meter: CostMeter): boolean {
  if (a.size !== b.size) return false
  meter.charge(a.size)
  return a.keys().every((key) => {
    const other = b.get(key)
    return other !== undefined && equal(a.get(key) as Value, other, meter)
  })
}

function equalObjects(a: ObjectValue, b: ObjectValue, meter: CostMeter): boolean {
  const fields = a.fields()
  if (fields.length !== b.fields().length) return false
  meter.charge(fields.length)
  return fields.every((field) => {
    const other = b.get(field)
    return other !== undefined && equal(a.get(field) as Value, other, meter)
  })
}

function equalOptionals(a: OptionalValue, b: OptionalValue, meter: CostMeter): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value
  return equal(a.value, b.value, meter)
}

/** Negative when `a` is before `b`; not a number when they have no order. */
export function compare(a: Value, b: Value, meter: CostMeter): number {
  const [left, right] = [numberOf(a), numberOf(b)]
  if (left !== undefined && right !== undefined)
    return left < right ? -1 : left > right ? 1 : left >= right ? 0 : Number.NaN
  if (typeof a === 'string' && typeof b === 'string') {
    meter.charge(Math.min(a.length, b.length) / 10)
    return Buffer.compare(Buffer.from(a), Buffer.from(b))
  }
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if ((a instanceof Timestamp && b instanceof Timestamp) || (a instanceof Duration && b instanceof Duration))
    return a.nanoseconds < b.nanoseconds ? -1 : a.nanoseconds > b.nanoseconds ? 1 : 0
  throw new EvaluationError('no such overload')
}
