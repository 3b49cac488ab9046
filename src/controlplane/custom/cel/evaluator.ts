import { compare } from './compare.ts'
import type { CostMeter } from './cost.ts'
import type { Expression } from './expression.ts'
import { FUNCTIONS } from './functions/index.ts'
import { type CallKind, type Comprehension, kindOf, typeNamed } from './macros.ts'
import { isOfType } from './overload.ts'
import {
  EvaluationError,
  ListValue,
  MapValue,
  MessageValue,
  ObjectValue,
  OptionalValue,
  TypeValue,
  type Value,
} from './values.ts'

type Call = Extract<Expression, { readonly op: 'call' }>

/** Names and what they stand for, the innermost first. */
export interface Frame {
  readonly name: string
  readonly value: Value
  readonly outer: Frame | undefined
}

/** Costs of what is not a call (github.com/google/cel-go, interpreter). */
const LIST_COST = 10
const MAP_COST = 30
const MESSAGE_COST = 40
const LOOP_COST = 3

/**
 * What an expression is, where names stand for values.
 *
 * @throws EvaluationError
 * @throws CostLimitExceeded
 */
export function evaluate(expression: Expression, frame: Frame | undefined, meter: CostMeter): Value {
  switch (expression.op) {
    case 'literal':
      return expression.value
    case 'name':
      meter.charge(1)
      return lookUp(expression, frame)
    case 'select': {
      const type = typeNamed(expression)
      if (type !== undefined) return new TypeValue(type)
      meter.charge(1)
      return selected(evaluate(expression.of, frame, meter), expression.field, expression.optional)
    }
    case 'list':
      meter.charge(LIST_COST)
      return ListValue.of(expression.items.map((item) => evaluate(item, frame, meter)))
    case 'map':
      meter.charge(MAP_COST)
      return MapValue.of(
        expression.entries.map(
          ([key, value]) => [evaluate(key, frame, meter), evaluate(value, frame, meter)] as const,
        ),
      )
    case 'message':
      meter.charge(MESSAGE_COST)
      return made(expression, frame, meter)
    case 'call':
      return called(expression, frame, meter)
  }
}

function made(
  { type, fields }: Extract<Expression, { op: 'message' }>,
  frame: Frame | undefined,
  meter: CostMeter,
): Value {
  const values = fields.flatMap(({ name, value, optional: isOptional }) => {
    const given = evaluate(value, frame, meter)
    const inner = isOptional ? optional(given).value : given
    return inner === undefined ? [] : [[name, inner] as const]
  })
  return new MessageValue(type, new Map(values))
}

function find(name: string, frame: Frame | undefined): Frame | undefined {
  for (let each = frame; each; each = each.outer) if (each.name === name) return each
  return undefined
}

function lookUp(expression: Extract<Expression, { op: 'name' }>, frame: Frame | undefined): Value {
  const known = find(expression.name, frame)
  if (known) return known.value
  const type = typeNamed(expression)
  if (type !== undefined) return new TypeValue(type)
  throw new EvaluationError(`no such attribute(s): ${expression.name}`)
}

function selected(value: Value, field: string, isOptional: boolean): Value {
  if (value instanceof OptionalValue)
    return value.value === undefined ? value : new OptionalValue(member(value.value, field))
  const found = member(value, field)
  if (isOptional) return new OptionalValue(found)
  if (found === undefined) throw new EvaluationError(`no such key: ${field}`)
  return found
}

function member(value: Value, field: string): Value | undefined {
  if (value instanceof ObjectValue || value instanceof MapValue) return value.get(field)
  throw new EvaluationError('no such overload')
}

function called(call: Call, frame: Frame | undefined, meter: CostMeter): Value {
  switch (call.name) {
    case '_&&_':
      return logical(call, false, frame, meter)
    case '_||_':
      return logical(call, true, frame, meter)
    case '_?_:_': {
      const [condition, a, b] = call.args as [Expression, Expression, Expression]
      return evaluate(boolean(evaluate(condition, frame, meter)) ? a : b, frame, meter)
    }
    case '_[_]':
    case '_[?_]': {
      const [of, key] = call.args.map((arg) => evaluate(arg, frame, meter)) as [Value, Value]
      meter.charge(1)
      return indexed(of, key, call.name === '_[?_]')
    }
  }
  const kind = kindOf(call)
  return kind.isFunction ? applied(call, kind, frame, meter) : macro(kind, frame, meter)
}

function boolean(value: Value): boolean {
  if (typeof value !== 'boolean') throw new EvaluationError('no such overload')
  return value
}

/** One side is enough when it decides; then it does not matter that the other fails. */
function logical({ args }: Call, decisive: boolean, frame: Frame | undefined, meter: CostMeter): Value {
  const [left, right] = args as [Expression, Expression]
  const first = attempted(() => boolean(evaluate(left, frame, meter)))
  if (first === decisive) return decisive
  const second = boolean(evaluate(right, frame, meter))
  if (second === decisive) return decisive
  if (first instanceof EvaluationError) throw first
  return !decisive
}

function attempted<T>(run: () => T): T | EvaluationError {
  try {
    return run()
  } catch (error) {
    if (error instanceof EvaluationError) return error
    throw error
  }
}

function indexed(of: Value, key: Value, isOptional: boolean): Value {
  if (of instanceof OptionalValue)
    return of.value === undefined ? of : new OptionalValue(itemAt(of.value, key))
  const found = itemAt(of, key)
  if (isOptional) return new OptionalValue(found)
  if (found !== undefined) return found
  throw new EvaluationError(
    of instanceof ListValue ? `index out of bounds: ${key}` : `no such key: ${String(key)}`,
  )
}

function itemAt(of: Value, key: Value): Value | undefined {
  if (of instanceof MapValue) return of.get(key)
  if (of instanceof ObjectValue && typeof key === 'string') return of.get(key)
  if (!(of instanceof ListValue) || (typeof key !== 'bigint' && typeof key !== 'number'))
    throw new EvaluationError('no such overload')
  const index = Number(key)
  return index >= 0 && index < of.size && Number.isInteger(index) ? of.at(index) : undefined
}

function macro(
  { presence, comprehension, binding, fallback }: CallKind,
  frame: Frame | undefined,
  meter: CostMeter,
): Value {
  if (presence) {
    const of = evaluate(presence.of, frame, meter)
    const value = of instanceof OptionalValue ? of.value : of
    return value !== undefined && member(value, presence.field) !== undefined
  }
  if (comprehension) return comprehended(comprehension, frame, meter)
  if (binding) {
    const value = evaluate(binding.value, frame, meter)
    const within = (bound: Value) =>
      evaluate(binding.body, { name: binding.name, value: bound, outer: frame }, meter)
    if (binding.kind === 'bind') return within(value)
    const inner = optional(value).value
    if (inner === undefined) return OptionalValue.NONE
    return binding.kind === 'optMap' ? new OptionalValue(within(inner)) : optional(within(inner))
  }
  if (!fallback) throw new EvaluationError('no such overload')
  meter.charge(1)
  const given = optional(evaluate(fallback.optional, frame, meter))
  if (given.value === undefined) return evaluate(fallback.fallback, frame, meter)
  return fallback.kind === 'or' ? given : given.value
}

function optional(value: Value): OptionalValue {
  if (!(value instanceof OptionalValue)) throw new EvaluationError('no such overload')
  return value
}

function comprehended(comprehension: Comprehension, frame: Frame | undefined, meter: CostMeter): Value {
  const range = evaluate(comprehension.range, frame, meter)
  const items = framesOf(range, comprehension, frame, meter)
  const { kind, body } = comprehension
  switch (kind) {
    case 'all':
      return quantified(items, body, false, meter)
    case 'exists':
      return quantified(items, body, true, meter)
    case 'existsOne':
      return countOf(items, body, meter) === 1
    case 'list': {
      const values: Value[] = []
      for (const { inner } of items) {
        meter.charge(LIST_COST)
        values.push(evaluate(body, inner, meter))
      }
      return ListValue.of(values)
    }
    case 'map':
      return MapValue.of(
        [...items].map(({ key, inner }) => {
          meter.charge(MAP_COST)
          return [key, evaluate(body, inner, meter)] as const
        }),
      )
    case 'mapEntries':
      return MapValue.of([...items].flatMap(({ inner }) => entriesOf(evaluate(body, inner, meter))))
    case 'sort': {
      const keyed = [...items].map(({ item, inner }) => ({ item, key: evaluate(body, inner, meter) }))
      keyed.sort((a, b) => {
        meter.charge(1)
        return compare(a.key, b.key, meter)
      })
      return ListValue.of(keyed.map(({ item }) => item))
    }
  }
}

function entriesOf(value: Value): (readonly [Value, Value])[] {
  if (!(value instanceof MapValue)) throw new EvaluationError('no such overload')
  return value.keys().map((key) => [key, value.get(key) as Value] as const)
}

interface Item {
  readonly key: Value
  readonly item: Value
  readonly inner: Frame
}

/** The items that the filter lets through, each with its names. */
function* framesOf(
  range: Value,
  { names, filter }: Comprehension,
  frame: Frame | undefined,
  meter: CostMeter,
): Generator<Item> {
  const [first = '', second] = names
  for (const [key, item] of pairsOf(range, second === undefined)) {
    meter.charge(LOOP_COST)
    const inner: Frame =
      second === undefined
        ? { name: first, value: item, outer: frame }
        : { name: second, value: item, outer: { name: first, value: key, outer: frame } }
    if (!filter || boolean(evaluate(filter, inner, meter))) yield { key, item, inner }
  }
}

/** With one name, it is the keys of a map that are gone through. */
function* pairsOf(range: Value, isSingle: boolean): Generator<readonly [key: Value, item: Value]> {
  if (range instanceof ListValue) {
    for (let index = 0; index < range.size; index++) yield [BigInt(index), range.at(index)]
  } else if (range instanceof MapValue) {
    for (const key of range.keys()) yield [key, isSingle ? key : (range.get(key) as Value)]
  } else {
    throw new EvaluationError('no such overload')
  }
}

function quantified(items: Iterable<Item>, body: Expression, decisive: boolean, meter: CostMeter): boolean {
  let failure: EvaluationError | undefined
  for (const { inner } of items) {
    const result = attempted(() => boolean(evaluate(body, inner, meter)))
    if (result === decisive) return decisive
    if (result instanceof EvaluationError) failure ??= result
  }
  if (failure) throw failure
  return !decisive
}

function countOf(items: Iterable<Item>, body: Expression, meter: CostMeter): number {
  let count = 0
  for (const { inner } of items) if (boolean(evaluate(body, inner, meter))) count++
  return count
}

function applied(call: Call, { qualified }: CallKind, frame: Frame | undefined, meter: CostMeter): Value {
  const { name, receiver, args } = call
  const isQualified =
    qualified !== undefined &&
    FUNCTIONS.has(qualified) &&
    receiver?.op === 'name' &&
    !find(receiver.name, frame)
  const values = args.map((arg) => evaluate(arg, frame, meter))
  if (receiver && !isQualified) values.unshift(evaluate(receiver, frame, meter))
  meter.charge(1)
  const overloads = FUNCTIONS.find(
    isQualified ? qualified : name,
    Boolean(receiver) && !isQualified,
    values.length,
  )
  const overload = overloads.find(({ params }) =>
    params.every((param, index) => isOfType(values[index] as Value, param)),
  )
  if (!overload) throw new EvaluationError('no such overload')
  return overload.run(values, meter)
}
