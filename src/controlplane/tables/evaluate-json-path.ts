import { isJsonObject, type JsonValue } from '../api/json.ts'
import { type FilterStep, JsonPathError, type SliceStep, type Step } from './json-path.ts'

/**
 * A path without unions and `..` sees each value of an object once a step. With them the work can multiply with every step, so a path
 * that sees more than this fails.
 */
const MAX_VISITS = 100_000

type Values = readonly JsonValue[]

/**
 * What the path leads to in the value; nothing where there are no such members.
 *
 * @throws JsonPathError for an index that is not in its list, a filter on what is no list, values that cannot be compared
 */
export function evaluateJsonPath(path: readonly Step[], value: JsonValue): Values {
  return new Evaluation().walk(path, [value])
}

class Evaluation {
  #visits = 0

  walk(path: readonly Step[], values: Values): Values {
    let found = values
    for (const step of path) {
      this.#count(1)
      found = this.#take(step, found)
    }
    return found
  }

  #take(step: Step, values: Values): Values {
    switch (step.kind) {
      case 'literal':
        return typeof step.value === 'string' ? [step.value] : values.map(() => step.value)
      case 'identifier':
        throw new JsonPathError(`unrecognized identifier ${step.name}`)
      case 'field':
        return this.#each(values, (value) => fieldOf(value, step.name))
      case 'wildcard':
        return this.#each(values, childrenOf)
      case 'recursive':
        return this.#containers(values)
      case 'slice':
        return this.#slices(values, step)
      case 'union':
        return step.paths.flatMap((path) => this.walk(path, values))
      case 'filter':
        return this.#each(values, (value) => listOf(value).filter((element) => this.#passes(element, step)))
    }
  }

  #each(values: Values, take: (value: JsonValue) => Values): Values {
    const found: JsonValue[] = []
    for (const value of values) {
      const taken = take(value)
      this.#count(1 + taken.length)
      for (const each of taken) found.push(each)
    }
    return found
  }

  /** Every object and list that has something in it, each before those in it. */
  #containers(values: Values): Values {
    const found: JsonValue[] = []
    const stack = values.toReversed()
    for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
      const children = childrenOf(value)
      this.#count(1 + children.length)
      if (children.length > 0) found.push(value)
      for (const child of children.toReversed()) stack.push(child)
    }
    return found
  }

  #slices(values: Values, step: SliceStep): Values {
    const found: JsonValue[] = []
    for (const value of values) {
      if (value === null) continue
      const elements = sliceOf(listOf(value), step)
      // Whoever asks for no elements gets what there was before, and nothing of what follows.
      if (elements === undefined) break
      this.#count(1 + elements.length)
      for (const element of elements) found.push(element)
    }
    return found
  }

  #passes(element: JsonValue, { left, operator, right }: FilterStep): boolean {
    this.#count(1)
    if (operator === 'exists') return this.#exists(left, element)
    const one = this.#single(left, element)
    if (one === undefined) return false
    const other = this.#single(right, element)
    return other !== undefined && compare(one, operator, other)
  }

  #exists(path: readonly Step[], element: JsonValue): boolean {
    return this.walk(path, [element]).length > 0
  }

  #single(path: readonly Step[], element: JsonValue): JsonValue | undefined {
    const found = this.walk(path, [element])
    if (found.length > 1) throw new JsonPathError('can only compare one element at a time')
    return found[0]
  }

  #count(visits: number): void {
    this.#visits += visits
    if (this.#visits > MAX_VISITS) throw new JsonPathError(`the path visits more than ${MAX_VISITS} values`)
  }
}

function fieldOf(value: JsonValue, name: string): Values {
  const found = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return found === undefined ? [] : [found]
}

function childrenOf(value: JsonValue): Values {
  if (isJsonObject(value)) return Object.values(value).filter((child) => child !== undefined)
  return Array.isArray(value) ? value : []
}

function listOf(value: JsonValue): Values {
  if (!Array.isArray(value)) throw new JsonPathError(`${typeof value} is not array or slice`)
  return value
}

/** Undefined for a slice that has no elements by what it says. */
function sliceOf(list: Values, { start = 0, end = list.length, endIsDerived, step = 1 }: SliceStep) {
  const from = start < 0 ? start + list.length : start
  const to = end < 0 || (end === 0 && endIsDerived) ? end + list.length : end
  if (from === to) return undefined
  if (from < 0 || from >= list.length) throw outOfBounds(from, list)
  if (to < 0 || to > list.length) throw outOfBounds(to - 1, list)
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`)
  if (step <= 0) throw new JsonPathError('step must be > 0')
  return list.slice(from, to).filter((_, index) => index % step === 0)
}

function outOfBounds(index: number, list: Values): JsonPathError {
  return new JsonPathError(`array index out of bounds: index ${index}, length ${list.length}`)
}

function compare(one: JsonValue, operator: string, other: JsonValue): boolean {
  const kind = kindOf(one)
  if (kind === undefined || kind !== kindOf(other) || one === null || other === null) {
    throw new JsonPathError('incompatible types for comparison')
  }
  if (operator === '==') return one === other
  if (operator === '!=') return one !== other
  if (kind === 'boolean') throw new JsonPathError('invalid type for comparison')
  switch (operator) {
    case '<':
      return one < other
    case '<=':
      return one <= other
    case '>':
      return one > other
    case '>=':
      return one >= other
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`)
  }
}

function kindOf(value: JsonValue): 'boolean' | 'string' | 'integer' | 'number' | undefined {
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value === 'boolean' || typeof value === 'string'
    ? (typeof value as 'boolean' | 'string')
    : undefined
}
