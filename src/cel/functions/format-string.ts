import { goPlainFloat } from '../../common/go-number.ts'
import type { CostMeter } from '../cost.ts'
import { printDuration, printTimestamp } from '../time.ts'
import {
  Duration,
  EvaluationError,
  ListValue,
  MapValue,
  numberOf,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
} from '../values.ts'
import { printDouble } from './conversions.ts'

const LONGEST_FRACTION = 100

/** `"%s is %d".format([a, b])`. @throws EvaluationError */
export function formatted(text: string, values: ListValue, meter: CostMeter): string {
  let index = 0
  return text.replace(/%(?:\.(\d+))?([\s\S]?)/g, (_, digits: string | undefined, verb: string) => {
    if (verb === '%') return '%'
    if (index >= values.size) throw new EvaluationError(`index ${index} out of range`)
    const places = Number(digits ?? 6)
    if (places > LONGEST_FRACTION) throw new EvaluationError('precision is too large')
    const printed = clause(verb, values.at(index++), places, meter)
    meter.charge(1 + printed.length / 10)
    return printed
  })
}

function clause(verb: string, value: Value, places: number, meter: CostMeter): string {
  const number = numberOf(value)
  switch (verb) {
    case 's':
      return printed(value, meter)
    case 'd':
      if (typeof number === 'bigint') return String(number)
      break
    case 'f':
      if (number !== undefined) return Number(number).toFixed(places)
      break
    case 'e':
      if (number !== undefined)
        return Number(number)
          .toExponential(places)
          .replace(/e([+-])(\d)$/, 'e$10$2')
      break
    case 'b':
      if (typeof number === 'bigint') return number.toString(2)
      if (typeof value === 'boolean') return value ? '1' : '0'
      break
    case 'o':
      if (typeof number === 'bigint') return number.toString(8)
      break
    case 'x':
    case 'X': {
      const hex = hexOf(value)
      if (hex !== undefined) return verb === 'X' ? hex.toUpperCase() : hex
      break
    }
    default:
      throw new EvaluationError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`)
  }
  throw new EvaluationError(`could not parse formatting clause: %${verb} does not take such a value`)
}

function hexOf(value: Value): string | undefined {
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  const number = numberOf(value)
  return typeof number === 'bigint' ? number.toString(16) : undefined
}

function printed(value: Value, meter: CostMeter): string {
  meter.charge(1)
  if (value === null) return 'null'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return printDouble(value, goPlainFloat)
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (value instanceof Timestamp) return printTimestamp(value)
  if (value instanceof Duration) return printDuration(value)
  if (value instanceof TypeValue) return value.name
  if (value instanceof ListValue) return `[${[...value].map((item) => printed(item, meter)).join(', ')}]`
  if (value instanceof MapValue) {
    const entries = value
      .keys()
      .map((key) => `${printed(key, meter)}: ${printed(value.get(key) ?? null, meter)}`)
    return `{${entries.sort().join(', ')}}`
  }
  throw new EvaluationError(
    'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  )
}
