import { goFloat } from '../../common/go-number.ts'
import type { FunctionTable } from '../overload.ts'
import {
  type CalendarTime,
  calendarTime,
  parseDuration,
  parseTimestamp,
  printDuration,
  printTimestamp,
  timestampOf,
} from '../time.ts'
import {
  type Duration,
  EvaluationError,
  type ListValue,
  type MapValue,
  type Timestamp,
  TypeValue,
  typeNameOf,
  Uint,
  type Value,
} from '../values.ts'

const INT_LIMIT = 2n ** 63n

export function addConversions(table: FunctionTable): void {
  addSizes(table)
  addNumbers(table)
  table.add('type(A): type', ([a]) => new TypeValue(typeNameOf(a as Value)))
  table.add('dyn(A): dyn', ([a]) => a as Value)
  for (const type of ['string', 'bytes', 'bool', 'timestamp', 'duration'])
    table.add(`${type}(${type}): ${type}`, ([a]) => a as Value)
  table.add('string(int): string', ([a]) => String(a))
  table.add('string(uint): string', ([a]) => String((a as Uint).value))
  table.add('string(double): string', ([a]) => printDouble(a as number))
  table.add('string(bool): string', ([a]) => String(a))
  table.add('string(timestamp): string', ([a]) => printTimestamp(a as Timestamp))
  table.add('string(duration): string', ([a]) => printDuration(a as Duration))
  table.add('string(bytes): string', ([a], meter) => {
    meter.charge((a as Uint8Array).length / 10)
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(a as Uint8Array)
    } catch {
      throw new EvaluationError('invalid UTF-8 in bytes, cannot convert to string')
    }
  })
  table.add('bytes(string): bytes', ([a], meter) => {
    meter.charge((a as string).length / 10)
    return new Uint8Array(Buffer.from(a as string))
  })
  table.add('bool(string): bool', ([a]) => boolOf(a as string))
  table.add('timestamp(string): timestamp', ([a]) => parseTimestamp(a as string))
  table.add('timestamp(int): timestamp', ([a]) => timestampOf(a as bigint))
  table.add('duration(string): duration', ([a]) => parseDuration(a as string))
  addCalendar(table)
}

function addSizes(table: FunctionTable): void {
  const sizes: readonly (readonly [string, (value: Value) => number])[] = [
    ['string', (value) => [...(value as string)].length],
    ['bytes', (value) => (value as Uint8Array).length],
    ['list(A)', (value) => (value as ListValue).size],
    ['map(A, B)', (value) => (value as MapValue).size],
  ]
  for (const [type, size] of sizes) {
    const run = ([a]: readonly Value[]) => BigInt(size(a as Value))
    table.add(`size(${type}): int`, run).add(`${type}.size(): int`, run)
  }
}

function addNumbers(table: FunctionTable): void {
  const whole = (value: number) => {
    if (!Number.isFinite(value)) throw new EvaluationError('integer overflow')
    return BigInt(Math.trunc(value))
  }
  const int = (value: bigint) => {
    if (value >= INT_LIMIT || value < -INT_LIMIT) throw new EvaluationError('integer overflow')
    return value
  }
  const digits = (text: string) => {
    if (!/^[-+]?\d{1,40}$/.test(text))
      throw new EvaluationError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
    return BigInt(text.replace('+', ''))
  }
  table.add('int(int): int', ([a]) => a as bigint)
  table.add('int(uint): int', ([a]) => int((a as Uint).value))
  table.add('int(double): int', ([a]) => int(whole(a as number)))
  table.add('int(string): int', ([a]) => int(digits(a as string)))
  table.add('int(timestamp): int', ([a]) => (a as Timestamp).nanoseconds / 1_000_000_000n)
  table.add('int(duration): int', ([a]) => (a as Duration).nanoseconds)
  table.add('uint(uint): uint', ([a]) => a as Uint)
  table.add('uint(int): uint', ([a]) => new Uint(a as bigint))
  table.add('uint(double): uint', ([a]) => new Uint(whole(a as number)))
  table.add('uint(string): uint', ([a]) => new Uint(digits(a as string)))
  table.add('double(double): double', ([a]) => a as number)
  table.add('double(int): double', ([a]) => Number(a))
  table.add('double(uint): double', ([a]) => Number((a as Uint).value))
  table.add('double(string): double', ([a]) => doubleOf(a as string))
}

function doubleOf(text: string): number {
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text)
  const [, sign, name = ''] = /^([-+]?)(inf|infinity|nan)$/i.exec(text) ?? []
  if (name.toLowerCase() === 'nan') return Number.NaN
  if (name !== '') return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  throw new EvaluationError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`)
}

function boolOf(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false
  throw new EvaluationError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
}

export function printDouble(value: number, print: (finite: number) => string = goFloat): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  return print(value)
}

function addCalendar(table: FunctionTable): void {
  const parts: readonly (readonly [string, (time: CalendarTime) => number])[] = [
    ['getFullYear', ({ year }) => year],
    ['getMonth', ({ month }) => month],
    ['getDayOfYear', ({ yearDay }) => yearDay],
    ['getDayOfMonth', ({ day }) => day - 1],
    ['getDate', ({ day }) => day],
    ['getDayOfWeek', ({ weekday }) => weekday],
    ['getHours', ({ hours }) => hours],
    ['getMinutes', ({ minutes }) => minutes],
    ['getSeconds', ({ seconds }) => seconds],
    ['getMilliseconds', ({ milliseconds }) => milliseconds],
  ]
  for (const [name, part] of parts) {
    table.add(`timestamp.${name}(): int`, ([a]) => BigInt(part(calendarTime(a as Timestamp))))
    table.add(`timestamp.${name}(string): int`, ([a, zone], meter) => {
      // Zones are looked up in a database.
      meter.charge(100)
      return BigInt(part(calendarTime(a as Timestamp, zone as string)))
    })
  }
  const units: readonly (readonly [string, bigint])[] = [
    ['getHours', 3_600_000_000_000n],
    ['getMinutes', 60_000_000_000n],
    ['getSeconds', 1_000_000_000n],
  ]
  for (const [name, unit] of units)
    table.add(`duration.${name}(): int`, ([a]) => (a as Duration).nanoseconds / unit)
  table.add('duration.getMilliseconds(): int', ([a]) => ((a as Duration).nanoseconds / 1_000_000n) % 1000n)
}
