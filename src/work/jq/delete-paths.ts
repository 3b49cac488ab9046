import { isJsonObject, type JsonObject, type JsonValue } from '../../common/json.ts'
import { isList } from '../../common/json-tools.ts'
import { StepBudget } from '../step-budget.ts'
import { type JqKey, JqRun } from './evaluate.ts'
import { parseJq } from './parse.ts'
import { JqError } from './tokens.ts'

type Path = readonly JqKey[]

/** Nobody writes longer ones by hand, and what they cost to read is not worth it. */
const MOST_CHARACTERS = 10_000

/**
 * What an object is without the places that a path expression names: jq's `del(...)`. `budget` is what finding them may cost.
 *
 * @throws JqError
 */
export function deleteByJq(
  object: JsonObject,
  expression: string,
  budget: StepBudget = new StepBudget(),
): JsonObject {
  const node = told('failed to parse jq expression', () => {
    if (expression.length > MOST_CHARACTERS)
      throw new JqError(`the expression is longer than ${MOST_CHARACTERS} characters`)
    return parseJq(expression)
  })
  const result = told('jq expression returned error', () => {
    const found = new JqRun(budget).results(node, { value: object, path: [] })
    const paths = Array.from(found, ({ path }) => {
      if (path) return path
      throw new JqError('invalid path')
    })
    return withoutPaths(object, paths)
  })
  if (!isJsonObject(result)) throw new JqError('jq expression result is not a valid object')
  return result
}

/** In the words that the original has before those of its library. */
function told<T>(what: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (!(error instanceof JqError) || error.saysAll) throw error
    throw new JqError(`${what}: ${error.message}`)
  }
}

function withoutPaths(value: JsonValue, paths: readonly Path[]): JsonValue {
  if (paths.length === 0) return value
  if (value === null || paths.some(({ length }) => length === 0)) return null
  if (isList(value)) return withoutItems(value, paths)
  if (!isJsonObject(value)) throw new JqError('cannot delete from what has no parts')
  const inner = byFirstKey(paths, (key) => {
    if (typeof key === 'string') return key
    throw new JqError('cannot delete an index of what is no array')
  })
  const members = Object.entries(value).flatMap(([name, member]) => {
    const rests = inner.get(name)
    if (!rests || member === undefined) return [[name, member] as const]
    return isNamed(rests) ? [] : [[name, withoutPaths(member, rests)] as const]
  })
  return Object.fromEntries(members)
}

/** Places count from before anything is taken away. */
function withoutItems(list: readonly JsonValue[], paths: readonly Path[]): JsonValue {
  const expanded = paths.flatMap((path) =>
    typeof path[0] === 'object' ? placesIn([...list.keys()], path) : [path],
  )
  const inner = byFirstKey(expanded, (key) => {
    if (typeof key === 'number') return key < 0 ? key + list.length : key
    throw new JqError('cannot delete a key of what is no object')
  })
  return list.flatMap((item, index) => {
    const rests = inner.get(index)
    if (!rests) return [item]
    return isNamed(rests) ? [] : [withoutPaths(item, rests)]
  })
}

/** The places of a path that begins with a slice: what is in a slice counts from its start. */
function placesIn(indexes: readonly number[], [key, ...rest]: Path): readonly Path[] {
  if (key === undefined) return indexes.map((index) => [index])
  if (typeof key === 'object') return placesIn(indexes.slice(key.start ?? 0, key.end ?? undefined), rest)
  const index = typeof key === 'number' ? indexes.at(key) : undefined
  return index === undefined ? [] : [[index, ...rest]]
}

function byFirstKey<K>(paths: readonly Path[], keyOf: (key: JqKey) => K): ReadonlyMap<K, readonly Path[]> {
  const rests = new Map<K, Path[]>()
  for (const [first, ...rest] of paths) {
    const key = keyOf(first as JqKey)
    const known = rests.get(key)
    if (known) known.push(rest)
    else rests.set(key, [rest])
  }
  return rests
}

/** The place itself, and not only something in it. */
function isNamed(rests: readonly Path[]): boolean {
  return rests.some(({ length }) => length === 0)
}
