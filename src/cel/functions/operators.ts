import { compare, equal } from '../compare.ts'
import type { FunctionTable, Implementation } from '../overload.ts'
import { shifted } from '../time.ts'
import {
  Duration,
  EvaluationError,
  ListValue,
  type MapValue,
  type Timestamp,
  Uint,
  type Value,
} from '../values.ts'

export function addOperators(table: FunctionTable): void {
  table.add('!_(bool): bool', ([a]) => !a)
  table.add('_==_(A, A): bool', ([a, b], meter) => equal(a as Value, b as Value, meter))
  table.add('_!=_(A, A): bool', ([a, b], meter) => !equal(a as Value, b as Value, meter))
  table.add('@in(A, list(A)): bool', ([a, list], meter) => {
    for (const item of list as ListValue) if (equal(a as Value, item, meter)) return true
    return false
  })
  table.add('@in(A, map(A, B)): bool', ([a, map]) => (map as MapValue).get(a as Value) !== undefined)
  addComparisons(table)
  addArithmetic(table)
}

const NUMBERS = ['int', 'uint', 'double']
const ORDERED = ['bool', 'string', 'bytes', 'timestamp', 'duration']

function addComparisons(table: FunctionTable): void {
  const tests: readonly (readonly [string, (order: number) => boolean])[] = [
    ['_<_', (order) => order < 0],
    ['_<=_', (order) => order <= 0],
    ['_>_', (order) => order > 0],
    ['_>=_', (order) => order >= 0],
  ]
  const pairs = [
    ...NUMBERS.flatMap((left) => NUMBERS.map((right) => `${left}, ${right}`)),
    ...ORDERED.map((type) => `${type}, ${type}`),
  ]
  for (const [name, test] of tests) {
    const run: Implementation = ([a, b], meter) => test(compare(a as Value, b as Value, meter))
    for (const pair of pairs) table.add(`${name}(${pair}): bool`, run)
  }
}

const INT_LIMIT = 2n ** 63n

function int(value: bigint): bigint {
  if (value >= INT_LIMIT || value < -INT_LIMIT) throw new EvaluationError('integer overflow')
  return value
}

function divided(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new EvaluationError('division by zero')
  return a / b
}

function remainder(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new EvaluationError('modulus by zero')
  return a % b
}

function addArithmetic(table: FunctionTable): void {
  const whole: readonly (readonly [string, (a: bigint, b: bigint) => bigint])[] = [
    ['_+_', (a, b) => a + b],
    ['_-_', (a, b) => a - b],
    ['_*_', (a, b) => a * b],
    ['_/_', divided],
    ['_%_', remainder],
  ]
  for (const [name, run] of whole) {
    table.add(`${name}(int, int): int`, ([a, b]) => int(run(a as bigint, b as bigint)))
    table.add(`${name}(uint, uint): uint`, ([a, b]) => new Uint(run((a as Uint).value, (b as Uint).value)))
  }
  const real: readonly (readonly [string, (a: number, b: number) => number])[] = [
    ['_+_', (a, b) => a + b],
    ['_-_', (a, b) => a - b],
    ['_*_', (a, b) => a * b],
    ['_/_', (a, b) => a / b],
  ]
  for (const [name, run] of real)
    table.add(`${name}(double, double): double`, ([a, b]) => run(a as number, b as number))
  table.add('-_(int): int', ([a]) => int(-(a as bigint)))
  table.add('-_(double): double', ([a]) => -(a as number))

  table.add('_+_(string, string): string', ([a, b], meter) => {
    meter.charge(((a as string).length + (b as string).length) / 10)
    return (a as string) + (b as string)
  })
  table.add('_+_(bytes, bytes): bytes', ([a, b], meter) => {
    meter.charge(((a as Uint8Array).length + (b as Uint8Array).length) / 10)
    return new Uint8Array(Buffer.concat([a as Uint8Array, b as Uint8Array]))
  })
  table.add('_+_(list(A), list(A)): list(A)', ([a, b], meter) => {
    const [left, right] = [a as ListValue, b as ListValue]
    meter.charge(left.size + right.size)
    return joined(left, right)
  })
  const ns = (value: Value | undefined) => (value as Duration | Timestamp).nanoseconds
  table.add('_+_(duration, duration): duration', ([a, b]) => new Duration(ns(a) + ns(b)))
  table.add('_-_(duration, duration): duration', ([a, b]) => new Duration(ns(a) - ns(b)))
  table.add('_+_(timestamp, duration): timestamp', ([a, b]) => shifted(a as Timestamp, ns(b)))
  table.add('_+_(duration, timestamp): timestamp', ([a, b]) => shifted(b as Timestamp, ns(a)))
  table.add('_-_(timestamp, duration): timestamp', ([a, b]) => shifted(a as Timestamp, -ns(b)))
  table.add('_-_(timestamp, timestamp): duration', ([a, b]) => new Duration(ns(a) - ns(b)))
}

/** Lists that are sets or maps are united: what is in both is as on the right. */
function joined(left: ListValue, right: ListValue): ListValue {
  const { identity } = left
  if (!identity) return ListValue.of([...left, ...right])
  const items = new Map([...left].map((item) => [identity.key(item), item]))
  for (const item of right) items.set(identity.key(item), item)
  return ListValue.of([...items.values()], identity)
}
