import { compare } from './compare.ts'
import type { CostMeter } from './cost.ts'
import type { Expression } from './expression.ts'
import { FUNCTIONS } from './functions/index.ts'
import { type CallKind, type Comprehension, kindOf, typeNamed } from './macros.ts'
import { type FunctionTable, isOfType } from './overload.ts'
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

/** One evaluation. */
interface Run {
  readonly meter: CostMeter
  readonly functions: FunctionTable
}

/**
 * What an expression is, where names stand for values.
 *
 * @throws EvaluationError
 * @throws CostLimitExceeded
 */
export function evaluate(
  expression: Expression,
  frame: Frame | undefined,
  meter: CostMeter,
  functions: FunctionTable = FUNCTIONS,
): Value {
  return evaluated(expression, frame, { meter, functions })
}

function evaluated(expression: Expression, frame: Frame | undefined, run: Run): Value {
  switch (expression.op) {
    case 'literal':
      return expression.value
    case 'name':
      run.meter.charge(1)
      return lookUp(expression, frame)
    case 'select': {
      const type = typeNamed(expression)
      if (type !== undefined) return new TypeValue(type)
      run.meter.charge(1)
      return selected(evaluated(expression.of, frame, run), expression.field, expression.optional)
    }
    case 'list':
      run.meter.charge(LIST_COST)
      return ListValue.of(expression.items.map((item) => evaluated(item, frame, run)))
    case 'map':
      run.meter.charge(MAP_COST)
      return MapValue.of(
        expression.entries.map(
          ([key, value]) => [evaluated(key, frame, run), evaluated(value, frame, run)] as const,
        ),
      )
    case 'message':
      run.meter.charge(MESSAGE_COST)
      return made(expression, frame, run)
    case 'call':
      return called(expression, frame, run)
  }
}

function made(
  { type, fields }: Extract<Expression, { op: 'message' }>,
  frame: Frame | undefined,
  run: Run,
): Value {
  const values = fields.flatMap(({ name, value, optional: isOptional }) => {
    const given = evaluated(value, frame, run)
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

function called(call: Call, frame: Frame | undefined, run: Run): Value {
  switch (call.name) {
    case '_&&_':
      return logical(call, false, frame, run)
    case '_||_':
      return logical(call, true, frame, run)
    case '_?_:_': {
      const [condition, a, b] = call.args as [Expression, Expression, Expression]
      return evaluated(boolean(evaluated(condition, frame, run)) ? a : b, frame, run)
    }
    case '_[_]':
    case '_[?_]': {
      const [of, key] = call.args.map((arg) => evaluated(arg, frame, run)) as [Value, Value]
      run.meter.charge(1)
      return indexed(of, key, call.name === '_[?_]')
    }
  }
  const kind = kindOf(call)
  return kind.isFunction ? applied(call, kind, frame, run) : macro(kind, frame, run)
}

function boolean(value: Value): boolean {
  if (typeof value !== 'boolean') throw new EvaluationError('no such overload')
  return value
}

/** One side is enough when it decides; then it does not matter that the other fails. */
function logical({ args }: Call, decisive: boolean, frame: Frame | undefined, run: Run): Value {
  const [left, right] = args as [Expression, Expression]
  const first = attempted(() => boolean(evaluated(left, frame, run)))
  if (first === decisive) return decisive
  const second = boolean(evaluated(right, frame, run))
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
  run: Run,
): Value {
  if (presence) {
    const of = evaluated(presence.of, frame, run)
    const value = of instanceof OptionalValue ? of.value : of
    return value !== undefined && member(value, presence.field) !== undefined
  }
  if (comprehension) return comprehended(comprehension, frame, run)
  if (binding) {
    const value = evaluated(binding.value, frame, run)
    const within = (bound: Value) =>
      evaluated(binding.body, { name: binding.name, value: bound, outer: frame }, run)
    if (binding.kind === 'bind') return within(value)
    const inner = optional(value).value
    if (inner === undefined) return OptionalValue.NONE
    return binding.kind === 'optMap' ? new OptionalValue(within(inner)) : optional(within(inner))
  }
  if (!fallback) throw new EvaluationError('no such overload')
  run.meter.charge(1)
  const given = optional(evaluated(fallback.optional, frame, run))
  if (given.value === undefined) return evaluated(fallback.fallback, frame, run)
  return fallback.kind === 'or' ? given : given.value
}

function optional(value: Value): OptionalValue {
  if (!(value instanceof OptionalValue)) throw new EvaluationError('no such overload')
  return value
}

function comprehended(comprehension: Comprehension, frame: Frame | undefined, run: Run): Value {
  const range = evaluated(comprehension.range, frame, run)
  const items = framesOf(range, comprehension, frame, run)
  const { kind, body } = comprehension
  switch (kind) {
    case 'all':
      return quantified(items, body, false, run)
    case 'exists':
      return quantified(items, body, true, run)
    case 'existsOne':
      return countOf(items, body, run) === 1
    case 'list': {
      const values: Value[] = []
      for (const { inner } of items) {
        run.meter.charge(LIST_COST)
        values.push(evaluated(body, inner, run))
      }
      return ListValue.of(values)
    }
    case 'map':
      return MapValue.of(
        [...items].map(({ key, inner }) => {
          run.meter.charge(MAP_COST)
          return [key, evaluated(body, inner, run)] as const
        }),
      )
    case 'mapEntries':
      return MapValue.of([...items].flatMap(({ inner }) => entriesOf(evaluated(body, inner, run))))
    case 'sort': {
      const keyed = [...items].map(({ item, inner }) => ({ item, key: evaluated(body, inner, run) }))
      keyed.sort((a, b) => {
        run.meter.charge(1)
        return compare(a.key, b.key, run.meter)
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
  run: Run,
): Generator<Item> {
  const [first = '', second] = names
  for (const [key, item] of pairsOf(range, second === undefined)) {
    run.meter.charge(LOOP_COST)
    const inner: Frame =
      second === undefined
        ? { name: first, value: item, outer: frame }
        : { name: second, value: item, outer: { name: first, value: key, outer: frame } }
    if (!filter || boolean(evaluated(filter, inner, run))) yield { key, item, inner }
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

function quantified(items: Iterable<Item>, body: Expression, decisive: boolean, run: Run): boolean {
  let failure: EvaluationError | undefined
  for (const { inner } of items) {
    const result = attempted(() => boolean(evaluated(body, inner, run)))
    if (result === decisive) return decisive
    if (result instanceof EvaluationError) failure ??= result
  }
  if (failure) throw failure
  return !decisive
}

function countOf(items: Iterable<Item>, body: Expression, run: Run): number {
  let count = 0
  for (const { inner } of items) if (boolean(evaluated(body, inner, run))) count++
  return count
}

function applied(call: Call, { qualified }: CallKind, frame: Frame | undefined, run: Run): Value {
  const { name, receiver, args } = call
  const isQualified =
    qualified !== undefined &&
    run.functions.has(qualified) &&
    receiver?.op === 'name' &&
    !find(receiver.name, frame)
  const values = args.map((arg) => evaluated(arg, frame, run))
  if (receiver && !isQualified) values.unshift(evaluated(receiver, frame, run))
  run.meter.charge(1)
  const overloads = run.functions.find(
    isQualified ? qualified : name,
    Boolean(receiver) && !isQualified,
    values.length,
  )
  const overload = overloads.find(({ params }) =>
    params.every((param, index) => isOfType(values[index] as Value, param)),
  )
  if (!overload) throw new EvaluationError('no such overload')
  return overload.run(values, run.meter)
}
