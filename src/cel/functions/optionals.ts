import type { FunctionTable } from '../overload.ts'
import { EvaluationError, ListValue, MapValue, OptionalValue, type Value } from '../values.ts'

/** Values that may be missing. What is only evaluated when it is needed (`orValue`) is no function. */
export function addOptionals(table: FunctionTable): void {
  table.add('optional::none(): optional(A)', () => OptionalValue.NONE)
  table.add('optional::of(A): optional(A)', ([a]) => new OptionalValue(a as Value))
  table.add('optional::ofNonZeroValue(A): optional(A)', ([a]) =>
    isZero(a as Value) ? OptionalValue.NONE : new OptionalValue(a as Value),
  )
  table.add('optional(A).hasValue(): bool', ([a]) => (a as OptionalValue).value !== undefined)
  table.add('optional(A).value(): A', ([a]) => {
    const { value } = a as OptionalValue
    if (value === undefined) throw new EvaluationError('optional.none() dereference')
    return value
  })
  table.add('list(A).first(): optional(A)', ([list]) => atEnd(list as ListValue, 0))
  table.add('list(A).last(): optional(A)', ([list]) => atEnd(list as ListValue, (list as ListValue).size - 1))
}

function atEnd(list: ListValue, index: number): OptionalValue {
  return list.size === 0 ? OptionalValue.NONE : new OptionalValue(list.at(index))
}

function isZero(value: Value): boolean {
  if (value instanceof ListValue || value instanceof MapValue) return value.size === 0
  if (value instanceof Uint8Array) return value.length === 0
  return value === null || value === false || value === '' || value === 0n || value === 0
}
