import { compare, equal } from '../compare.ts'
import type { CostMeter } from '../cost.ts'
import type { FunctionTable } from '../overload.ts'
import { Duration, EvaluationError, ListValue, Uint, type Value } from '../values.ts'

const COMPARABLE = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const LONGEST_RANGE = 1_000_000n

/** Kubernetes' own functions of lists, and those of cel-go's extensions for lists and sets. */
export function addLists(table: FunctionTable): void {
  for (const type of COMPARABLE) {
    table.add(`list(${type}).isSorted(): bool`, ([list], meter) => isSorted(list as ListValue, meter))
    table.add(`list(${type}).min(): ${type}`, ([list], meter) => extreme(list as ListValue, -1, meter))
    table.add(`list(${type}).max(): ${type}`, ([list], meter) => extreme(list as ListValue, 1, meter))
    table.add(`list(${type}).sort(): list(${type})`, ([list], meter) => sorted(list as ListValue, meter))
  }
  addSums(table)
  table.add('list(A).indexOf(A): int', ([list, a], meter) => {
    const items = list as ListValue
    for (let index = 0; index < items.size; index++)
      if (equal(items.at(index), a as Value, meter)) return BigInt(index)
    return -1n
  })
  table.add('list(A).lastIndexOf(A): int', ([list, a], meter) => {
    const items = list as ListValue
    for (let index = items.size - 1; index >= 0; index--)
      if (equal(items.at(index), a as Value, meter)) return BigInt(index)
    return -1n
  })
  addExtension(table)
  addSets(table)
}

function addSums(table: FunctionTable): void {
  const total = <T>(
    list: Value | undefined,
    zero: T,
    add: (sum: T, item: Value) => T,
    meter: CostMeter,
  ): T => {
    meter.charge((list as ListValue).size)
    return [...(list as ListValue)].reduce(add, zero)
  }
  table.add('list(int).sum(): int', ([list], meter) => {
    const sum = total(list, 0n, (before, item) => before + (item as bigint), meter)
    if (sum >= 2n ** 63n || sum < -(2n ** 63n)) throw new EvaluationError('integer overflow')
    return sum
  })
  table.add('list(uint).sum(): uint', ([list], meter) => {
    return new Uint(total(list, 0n, (before, item) => before + (item as Uint).value, meter))
  })
  table.add('list(double).sum(): double', ([list], meter) => {
    return total(list, 0, (before, item) => before + (item as number), meter)
  })
  table.add('list(duration).sum(): duration', ([list], meter) => {
    return new Duration(total(list, 0n, (before, item) => before + (item as Duration).nanoseconds, meter))
  })
}

function isSorted(list: ListValue, meter: CostMeter): boolean {
  for (let index = 1; index < list.size; index++) {
    meter.charge(1)
    if (compare(list.at(index - 1), list.at(index), meter) > 0) return false
  }
  return true
}

function extreme(list: ListValue, direction: number, meter: CostMeter): Value {
  if (list.size === 0) throw new EvaluationError(`${direction < 0 ? 'min' : 'max'} called on empty list`)
  let best = list.at(0)
  for (const item of list) {
    meter.charge(1)
    if (compare(item, best, meter) * direction > 0) best = item
  }
  return best
}

function sorted(list: ListValue, meter: CostMeter): ListValue {
  const items = [...list]
  return ListValue.of(
    items.sort((a, b) => {
      meter.charge(1)
      return compare(a, b, meter)
    }),
  )
}

function addExtension(table: FunctionTable): void {
  const charged = (list: Value | undefined, meter: CostMeter) => {
    meter.charge((list as ListValue).size)
    return [...(list as ListValue)]
  }
  table.add('list(A).reverse(): list(A)', ([list], meter) => ListValue.of(charged(list, meter).reverse()))
  table.add('list(A).slice(int, int): list(A)', ([list, from, to], meter) => {
    const [start, end] = [Number(from), Number(to)]
    const items = charged(list, meter)
    if (start < 0 || end < 0)
      throw new EvaluationError(`cannot slice(${start}, ${end}), negative indexes not supported`)
    if (start > end)
      throw new EvaluationError(
        `cannot slice(${start}, ${end}), start index must be less than or equal to end index`,
      )
    if (end > items.length)
      throw new EvaluationError(`cannot slice(${start}, ${end}), list is length ${items.length}`)
    return ListValue.of(items.slice(start, end))
  })
  table.add('list(A).distinct(): list(A)', ([list], meter) => {
    const found: Value[] = []
    for (const item of list as ListValue)
      if (!found.some((each) => equal(each, item, meter))) found.push(item)
    return ListValue.of(found)
  })
  table.add('list(dyn).flatten(): list(dyn)', ([list], meter) => flattened(list as ListValue, 1n, meter))
  table.add('list(dyn).flatten(int): list(dyn)', ([list, depth], meter) => {
    if ((depth as bigint) < 0n) throw new EvaluationError('level must be non-negative')
    return flattened(list as ListValue, depth as bigint, meter)
  })
  table.add('lists::range(int): list(int)', ([n], meter) => {
    if ((n as bigint) > LONGEST_RANGE) throw new EvaluationError('range is too long')
    meter.charge(Math.max(0, Number(n)))
    return ListValue.of(Array.from({ length: Math.max(0, Number(n)) }, (_, index) => BigInt(index)))
  })
}

function flattened(list: ListValue, depth: bigint, meter: CostMeter): ListValue {
  const items: Value[] = []
  for (const item of list) {
    meter.charge(1)
    if (item instanceof ListValue && depth > 0n) items.push(...flattened(item, depth - 1n, meter))
    else items.push(item)
  }
  return ListValue.of(items)
}

function addSets(table: FunctionTable): void {
  const hasAll = (list: ListValue, parts: ListValue, meter: CostMeter) =>
    [...parts].every((part) => includes(list, part, meter))
  table.add('sets::contains(list(A), list(A)): bool', ([a, b], meter) =>
    hasAll(a as ListValue, b as ListValue, meter),
  )
  table.add(
    'sets::equivalent(list(A), list(A)): bool',
    ([a, b], meter) =>
      hasAll(a as ListValue, b as ListValue, meter) && hasAll(b as ListValue, a as ListValue, meter),
  )
  table.add('sets::intersects(list(A), list(A)): bool', ([a, b], meter) =>
    [...(b as ListValue)].some((part) => includes(a as ListValue, part, meter)),
  )
}

function includes(list: ListValue, part: Value, meter: CostMeter): boolean {
  for (const item of list) if (equal(item, part, meter)) return true
  return false
}
