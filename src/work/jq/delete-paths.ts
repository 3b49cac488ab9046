import { isJsonObject, type JsonObject, type JsonValue } from '../../common/json.ts'
import { isList, memberOf } from '../../common/json-tools.ts'
import { type JqKey, JqRun } from './evaluate.ts'
import { parseJq } from './parse.ts'
import { JqError } from './tokens.ts'

type Path = readonly JqKey[]

/** What an object is without the places that a path expression names: jq's `del(...)`. Throws a JqError. */
export function deleteByJq(object: JsonObject, expression: string): JsonObject {
  const node = parseJq(expression)
  const paths: Path[] = []
  for (const { path } of new JqRun().results(node, { value: object, path: [] })) {
    if (!path) throw new JqError('jq expression returned error: invalid path')
    paths.push(path)
  }
  // What comes later in a list goes first, so that places before it stay what they are.
  const result = paths.sort(comparePaths).reduceRight<JsonValue>(withoutPath, object)
  if (!isJsonObject(result)) throw new JqError('jq expression result is not a valid object')
  return result
}

function withoutPath(value: JsonValue, path: Path): JsonValue {
  const [key, ...rest] = path
  if (key === undefined) return null
  if (value === null) return null
  if (typeof key === 'string') return withoutMember(value, key, rest)
  if (!isList(value))
    throw new JqError('jq expression returned error: cannot delete an index of what is no array')
  if (typeof key === 'object') {
    const [start, end] = [key.start ?? 0, key.end ?? value.length].map((at) =>
      at < 0 ? at + value.length : at,
    ) as [number, number]
    return value.filter((_, index) => index < start || index >= end)
  }
  const index = key < 0 ? key + value.length : key
  const item = value[index]
  if (item === undefined) return value
  return rest.length === 0 ? value.toSpliced(index, 1) : value.with(index, withoutPath(item, rest))
}

function withoutMember(value: JsonValue, name: string, rest: Path): JsonValue {
  if (!isJsonObject(value))
    throw new JqError('jq expression returned error: cannot delete a key of what is no object')
  const member = memberOf(value, name)
  if (member === undefined) return value
  if (rest.length > 0) return { ...value, [name]: withoutPath(member, rest) }
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name))
}

function comparePaths(a: Path, b: Path): number {
  for (const [depth, key] of a.entries()) {
    const other = b[depth]
    if (other === undefined) return 1
    const order = compareKeys(key, other)
    if (order !== 0) return order
  }
  return a.length - b.length
}

function compareKeys(a: JqKey, b: JqKey): number {
  const [one, other] = [a, b].map((key) => (typeof key === 'object' ? (key.start ?? 0) : key))
  if (typeof one === 'number' && typeof other === 'number') return one - other
  return String(one) < String(other) ? -1 : String(one) > String(other) ? 1 : 0
}
