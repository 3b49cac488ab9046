import { integerOf } from '../common/exact-json.ts'
import type { JsonValue } from '../common/json.ts'
import type { CostMeter } from './cost.ts'
import { printDuration, printTimestamp } from './time.ts'
import {
  Duration,
  EvaluationError,
  ListValue,
  MapValue,
  MessageValue,
  Timestamp,
  typeNameOf,
  Uint,
  type Value,
} from './values.ts'

/** A value is shared by all places that it is in, so that a short expression may be a huge text. */
const CHARACTERS_PER_COST = 10
const MAX_DEPTH = 1000

/**
 * A value as JSON. What is in a message must be of the types that are named after its fields, from its own on (k8s.io/apiserver,
 * pkg/cel/mutation/dynamic).
 *
 * @throws EvaluationError when there is no JSON for it
 * @throws CostLimitExceeded
 */
export function jsonOfValue(value: Value, meter: CostMeter): JsonValue {
  return jsonAt(value, { meter, depth: 0, path: value instanceof MessageValue ? value.typeName : '' })
}

interface Place {
  readonly meter: CostMeter
  readonly depth: number
  /** Of the names of fields, maps and lists being passed over. */
  readonly path: string
}

function jsonAt(value: Value, place: Place): JsonValue {
  const { meter, path, depth } = place
  meter.charge(1)
  if (depth > MAX_DEPTH) throw new EvaluationError(`exceeded max depth of ${MAX_DEPTH}`)
  const inner = (each: Value, innerPath = path) => jsonAt(each, { meter, path: innerPath, depth: depth + 1 })
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return finite(value)
  if (typeof value === 'bigint') return integerOf(String(value))
  if (typeof value === 'string') {
    meter.charge(value.length / CHARACTERS_PER_COST)
    return value
  }
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Timestamp) return printTimestamp(value)
  if (value instanceof Duration) return printDuration(value)
  if (value instanceof ListValue) return Array.from(value, (each) => inner(each))
  if (value instanceof MapValue)
    return Object.fromEntries(
      value.keys().map((key) => [stringKey(key, meter), inner(value.get(key) as Value)]),
    )
  if (value instanceof MessageValue) {
    requireType(value, path)
    return Object.fromEntries(
      value.fields().map((field) => [field, inner(value.get(field) as Value, `${path}.${field}`)]),
    )
  }
  throw new EvaluationError(`values of type ${typeNameOf(value)} cannot be written as JSON`)
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value
  throw new EvaluationError(`${value} cannot be written as JSON`)
}

function stringKey(key: Value, meter: CostMeter): string {
  if (typeof key === 'string') {
    meter.charge(key.length / CHARACTERS_PER_COST)
    return key
  }
  throw new EvaluationError(
    `map key ${JSON.stringify(String(key))} is of type ${typeNameOf(key)}, not string`,
  )
}

function requireType({ typeName }: MessageValue, path: string): void {
  if (typeName === path) return
  throw new EvaluationError(
    `type mismatch: unexpected type name ${JSON.stringify(typeName)}, expected ${JSON.stringify(path)}, which matches field name path from root Object type`,
  )
}
