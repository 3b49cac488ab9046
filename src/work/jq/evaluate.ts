import { isJsonObject, type JsonValue } from '../../common/json.ts'
import { isList, memberOf, membersOf, sameJson } from '../../common/json-tools.ts'
import type { StepBudget } from '../step-budget.ts'
import { FILTERS } from './functions.ts'
import type { JqNode } from './parse.ts'
import { JqError } from './tokens.ts'
import { compareValues, isTrue, typeOf, weightOf } from './values.ts'

export type JqKey = string | number | { readonly start: number | null; readonly end: number | null }

/** A value, and where it is in the input; values that were made are nowhere. */
export interface Located {
  readonly value: JsonValue
  readonly path: readonly JqKey[] | undefined
}

/** Evaluates an expression for one input. */
export class JqRun {
  readonly #budget: StepBudget

  constructor(budget: StepBudget) {
    this.#budget = budget
  }

  /** In the original's words, which counts the time: its limit is a second. @throws JqError */
  spend(steps: number): void {
    if (!this.#budget.take(steps))
      throw new JqError('jq expression execution timed out after 1s', { saysAll: true })
  }

  /** Pays for something that looks at the whole of each value. @throws JqError */
  spendOn(...values: readonly JsonValue[]): void {
    for (const value of values) this.spend(weightOf(value))
  }

  /** @throws JqError */
  *results(node: JqNode, input: Located): Generator<Located> {
    this.spend(1)
    switch (node.op) {
      case 'identity':
        yield input
        return
      case 'recurse':
        yield* this.recurse(input)
        return
      case 'literal':
        yield made(node.value)
        return
      case 'index':
        for (const of of this.results(node.of, input))
          for (const key of this.results(node.key, input)) yield indexed(of, key.value)
        return
      case 'slice':
        yield* this.#sliced(node, input)
        return
      case 'iterate':
        for (const of of this.results(node.of, input)) yield* childrenOf(of)
        return
      case 'try':
        yield* this.#tried(node.of, input)
        return
      case 'binary':
        yield* this.#binary(node, input)
        return
      case 'if':
        for (const { value } of this.results(node.test, input))
          yield* this.results(isTrue(value) ? node.then : node.else, input)
        return
      case 'array':
        yield made(node.items ? Array.from(this.results(node.items, input), ({ value }) => value) : [])
        return
      case 'object':
        yield made(this.#object(node, input))
        return
      case 'call':
        yield* this.#call(node, input)
    }
  }

  *recurse(input: Located): Generator<Located> {
    this.spend(1)
    yield input
    if (typeof input.value === 'object' && input.value !== null)
      for (const child of childrenOf(input)) yield* this.recurse(child)
  }

  /** The first of the results. */
  value(node: JqNode, input: Located): JsonValue {
    for (const { value } of this.results(node, input)) return value
    throw new JqError('an argument has no value')
  }

  *#sliced(node: Extract<JqNode, { op: 'slice' }>, input: Located): Generator<Located> {
    const start = node.from ? this.value(node.from, input) : null
    const end = node.to ? this.value(node.to, input) : null
    if ((start !== null && typeof start !== 'number') || (end !== null && typeof end !== 'number'))
      throw new JqError('the ends of a slice must be numbers')
    for (const { value, path } of this.results(node.of, input)) {
      if (value !== null && !isList(value) && typeof value !== 'string')
        throw new JqError(`expected an array or a string but got: ${typeOf(value)}`)
      this.spend(1 + (value?.length ?? 0))
      yield {
        value: value?.slice(start ?? 0, end ?? undefined) ?? null,
        path: path && [...path, { start, end }],
      }
    }
  }

  *#tried(node: JqNode, input: Located): Generator<Located> {
    try {
      yield* this.results(node, input)
    } catch (error) {
      if (!(error instanceof JqError) || this.#budget.isSpent) throw error
    }
  }

  *#binary(node: Extract<JqNode, { op: 'binary' }>, input: Located): Generator<Located> {
    const { operator, left, right } = node
    switch (operator) {
      case '|':
        for (const each of this.results(left, input)) yield* this.results(right, each)
        return
      case ',':
        yield* this.results(left, input)
        yield* this.results(right, input)
        return
      case '//':
        yield* this.#alternative(left, right, input)
        return
      case 'and':
      case 'or': {
        const decisive = operator === 'or'
        for (const { value } of this.results(left, input)) {
          if (isTrue(value) === decisive) yield made(decisive)
          else for (const other of this.results(right, input)) yield made(isTrue(other.value))
        }
        return
      }
      default:
        for (const b of this.results(right, input))
          for (const a of this.results(left, input)) {
            this.spendOn(a.value, b.value)
            yield made(combined(operator, a.value, b.value))
          }
    }
  }

  *#alternative(left: JqNode, right: JqNode, input: Located): Generator<Located> {
    let isFound = false
    for (const each of this.#tried(left, input)) {
      if (!isTrue(each.value)) continue
      isFound = true
      yield each
    }
    if (!isFound) yield* this.results(right, input)
  }

  #object({ members }: Extract<JqNode, { op: 'object' }>, input: Located): JsonValue {
    return Object.fromEntries(
      members.map(([name, value]) => [String(this.value(name, input)), this.value(value, input)]),
    )
  }

  *#call({ name, args }: Extract<JqNode, { op: 'call' }>, input: Located): Generator<Located> {
    const filter = FILTERS.get(`${name}/${args.length}`)
    if (!filter) {
      const message = `failed to compile jq expression: function not defined: ${name}/${args.length}`
      throw new JqError(message, { saysAll: true })
    }
    yield* filter(this, input, args)
  }
}

export function made(value: JsonValue): Located {
  return { value, path: undefined }
}

export function* childrenOf({ value, path }: Located): Generator<Located> {
  if (isList(value)) {
    for (const [index, item] of value.entries()) yield { value: item, path: path && [...path, index] }
  } else if (isJsonObject(value)) {
    for (const [name, member] of membersOf(value)) yield { value: member, path: path && [...path, name] }
  } else throw new JqError(`cannot iterate over: ${typeOf(value)}`)
}

export function indexed({ value, path }: Located, key: JsonValue): Located {
  if (typeof key === 'string' && (value === null || isJsonObject(value)))
    return { value: memberOf(value, key) ?? null, path: path && [...path, key] }
  if (typeof key === 'number' && (value === null || isList(value))) {
    const index = Math.trunc(key)
    return { value: value?.at(index) ?? null, path: path && [...path, index] }
  }
  throw new JqError(`cannot index ${typeOf(value)} with ${typeOf(key)}`)
}

function combined(operator: string, a: JsonValue, b: JsonValue): JsonValue {
  switch (operator) {
    case '==':
      return sameJson(a, b)
    case '!=':
      return !sameJson(a, b)
    case '<':
      return compareValues(a, b) < 0
    case '<=':
      return compareValues(a, b) <= 0
    case '>':
      return compareValues(a, b) > 0
    case '>=':
      return compareValues(a, b) >= 0
    default:
      return calculated(operator, a, b)
  }
}

function calculated(operator: string, a: JsonValue, b: JsonValue): JsonValue {
  if (typeof a === 'bigint') return calculated(operator, Number(a), b)
  if (typeof b === 'bigint') return calculated(operator, a, Number(b))
  if (typeof a === 'number' && typeof b === 'number') {
    if ((operator === '/' || operator === '%') && b === 0) throw new JqError('cannot divide by zero')
    if (operator === '+') return a + b
    if (operator === '-') return a - b
    if (operator === '*') return a * b
    return operator === '/' ? a / b : Math.trunc(a) % Math.trunc(b)
  }
  if (operator === '+') {
    if (a === null) return b
    if (b === null) return a
    if (typeof a === 'string' && typeof b === 'string') return a + b
    if (isList(a) && isList(b)) return [...a, ...b]
  }
  throw new JqError(`cannot calculate ${typeOf(a)} ${operator} ${typeOf(b)}`)
}
