import type { JsonValue } from '../../common/json.ts'
import { isJsonObject } from '../../common/json.ts'
import { isList, memberOf, membersOf } from '../../common/json-tools.ts'
import { StepBudget } from '../step-budget.ts'
import { JsonPathError, type JsonPathNode } from './parse.ts'

/**
 * What is at the end of a path, with keys that are missing being passed over. Members come in the order of the object, where the
 * original has none. `budget` is what the search may cost, for a path can lead to any number of values.
 *
 * @throws JsonPathError
 */
export function findByJsonPath(
  value: JsonValue,
  path: readonly JsonPathNode[],
  budget: StepBudget = new StepBudget(),
): readonly JsonValue[] {
  return path.reduce<readonly JsonValue[]>((values, node) => step(values, node, budget), [value])
}

function step(values: readonly JsonValue[], node: JsonPathNode, budget: StepBudget): readonly JsonValue[] {
  spend(budget, 1 + values.length)
  switch (node.op) {
    case 'text':
      return [node.text]
    case 'number':
    case 'boolean':
      return values.map(() => node.value)
    case 'field':
      return values.flatMap((value) => {
        const member = memberOf(value, node.name)
        return member === undefined ? [] : [member]
      })
    case 'slice':
      return values.flatMap((value) => (value === null ? [] : sliced(value, node, budget)))
    case 'union':
      return node.paths.flatMap((path) => path.reduce((each, inner) => step(each, inner, budget), values))
    case 'filter':
      return values.flatMap((value) => filtered(value, node, budget))
    case 'wildcard':
      return values.flatMap((value) => children(value, budget))
    case 'recursive': {
      const found: JsonValue[] = []
      for (const value of values) descend(value, found, budget)
      return found
    }
    case 'identifier':
      if (node.name === 'range') return values
      throw new JsonPathError(
        node.name === 'end' ? 'not in range, nothing to end' : `unrecognized identifier ${node.name}`,
      )
  }
}

function spend(budget: StepBudget, steps: number): void {
  if (!budget.take(steps)) throw new JsonPathError('the path leads to too many values')
}

function children(value: JsonValue, budget: StepBudget): readonly JsonValue[] {
  if (typeof value === 'string') {
    spend(budget, value.length)
    return [...Buffer.from(value)]
  }
  if (!isList(value) && !isJsonObject(value)) return []
  const found = isList(value) ? value : membersOf(value).map(([, member]) => member)
  spend(budget, found.length)
  return found
}

/** What has something in it, and all such below. */
function descend(value: JsonValue, found: JsonValue[], budget: StepBudget): void {
  const inner = typeof value === 'object' ? children(value, budget) : []
  if (inner.length === 0 && !(typeof value === 'string' && value !== '')) return
  found.push(value)
  for (const each of inner) descend(each, found, budget)
}

function sliced(
  value: JsonValue,
  node: Extract<JsonPathNode, { op: 'slice' }>,
  budget: StepBudget,
): readonly JsonValue[] {
  if (!isList(value)) throw new JsonPathError(`${goType(value)} is not array or slice`)
  const { length } = value
  let from = node.from ?? 0
  let to = node.to ?? (node.isIndex ? from + 1 : length)
  if (from < 0) from += length
  if (to < 0 || (to === 0 && node.isIndex)) to += length
  if (to === from) return []
  if (from >= length || from < 0) throw outOfBounds(from, length)
  if (to > length || to < 0) throw outOfBounds(to - 1, length)
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`)
  if (node.step !== undefined && node.step <= 0) throw new JsonPathError('step must be > 0')
  spend(budget, to - from)
  return value.slice(from, to).filter((_, index) => index % (node.step ?? 1) === 0)
}

function outOfBounds(index: number, length: number): JsonPathError {
  return new JsonPathError(`array index out of bounds: index ${index}, length ${length}`)
}

function filtered(
  value: JsonValue,
  node: Extract<JsonPathNode, { op: 'filter' }>,
  budget: StepBudget,
): readonly JsonValue[] {
  if (!isList(value)) throw new JsonPathError(`${goType(value)} is not array or slice and cannot be filtered`)
  return value.filter((item) => {
    if (node.operator === 'exists') return exists(item, node.left, budget)
    const lefts = findByJsonPath(item, node.left, budget)
    if (lefts.length > 1) throw new JsonPathError('can only compare one element at a time')
    const rights = lefts.length === 0 ? [] : findByJsonPath(item, node.right, budget)
    if (rights.length > 1) throw new JsonPathError('can only compare one element at a time')
    const [left] = lefts
    const [right] = rights
    return left !== undefined && right !== undefined && compares(left, right, node.operator)
  })
}

/** A left side that cannot be followed to its end exists as far as it could be. */
function exists(item: JsonValue, path: readonly JsonPathNode[], budget: StepBudget): boolean {
  try {
    return findByJsonPath(item, path, budget).length > 0
  } catch (error) {
    if (error instanceof JsonPathError && !budget.isSpent) return true
    throw error
  }
}

function compares(left: JsonValue, right: JsonValue, operator: string): boolean {
  switch (operator) {
    case '==':
      return isEqual(left, right)
    case '!=':
      return !isEqual(left, right)
    case '<':
      return isLess(left, right)
    case '<=':
      return isLess(left, right) || isEqual(left, right)
    case '>':
      return !isLess(left, right) && !isEqual(left, right)
    case '>=':
      return !isLess(left, right)
    default:
      throw new JsonPathError(`unrecognized filter operator ${operator}`)
  }
}

type Kind = 'bool' | 'int' | 'float' | 'string'

function kindOf(value: JsonValue): Kind {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'number' || typeof value === 'bigint') return isInt64(value) ? 'int' : 'float'
  throw new JsonPathError('invalid type for comparison')
}

function requireComparable(left: JsonValue, right: JsonValue): Kind {
  const kind = kindOf(left)
  if (kind !== kindOf(right)) throw new JsonPathError('incompatible types for comparison')
  return kind
}

function isEqual(left: JsonValue, right: JsonValue): boolean {
  requireComparable(left, right)
  return left === right
}

function isLess(left: JsonValue, right: JsonValue): boolean {
  if (requireComparable(left, right) === 'bool') throw new JsonPathError('invalid type for comparison')
  return typeof left === 'string'
    ? Buffer.compare(Buffer.from(left), Buffer.from(right as string)) < 0
    : (left as number | bigint) < (right as number | bigint)
}

/** What Go decodes as an int64; any other number is a float64. */
export function isInt64(value: number | bigint): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

/** What Go calls the type of decoded JSON. */
export function goType(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number' || typeof value === 'bigint') return isInt64(value) ? 'int64' : 'float64'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}
