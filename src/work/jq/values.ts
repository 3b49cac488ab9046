import { isJsonObject, type JsonValue } from '../../common/json.ts'
import { isList, memberOf, membersOf, sameJson } from '../../common/json-tools.ts'
import { JqError } from './tokens.ts'

const CHARACTERS_OF_A_STEP = 20

/** All but false and null. */
export function isTrue(value: JsonValue): boolean {
  return value !== false && value !== null
}

export function typeOf(value: JsonValue): string {
  if (value === null) return 'null'
  if (typeof value === 'bigint') return 'number'
  return isList(value) ? 'array' : typeof value
}

/** How much of a value there is to look at, in steps of a budget. */
export function weightOf(value: JsonValue): number {
  let weight = 0
  const rest: JsonValue[] = [value]
  for (let each = rest.pop(); each !== undefined; each = rest.pop()) {
    weight += typeof each === 'string' ? 1 + each.length / CHARACTERS_OF_A_STEP : 1
    if (isList(each)) for (const item of each) rest.push(item)
    else if (isJsonObject(each)) for (const [, member] of membersOf(each)) rest.push(member)
  }
  return weight
}

export function lengthOf(value: JsonValue): number {
  if (value === null) return 0
  if (typeof value === 'string') return [...value].length
  if (typeof value === 'number') return Math.abs(value)
  if (typeof value === 'bigint') return Math.abs(Number(value))
  if (isList(value)) return value.length
  if (isJsonObject(value)) return membersOf(value).length
  throw new JqError(`length cannot be applied to: ${typeOf(value)}`)
}

/** Whether a value has all of another in it. `visit` is called for each comparison, and may end it by throwing. */
export function containsValue(value: JsonValue, part: JsonValue, visit: () => void): boolean {
  visit()
  if (typeof value === 'string' && typeof part === 'string') return value.includes(part)
  if (isList(value) && isList(part))
    return part.every((each) =>
      value.some((item) => typeOf(item) === typeOf(each) && containsValue(item, each, visit)),
    )
  if (isJsonObject(value) && isJsonObject(part))
    return membersOf(part).every(([name, each]) => {
      const member = memberOf(value, name)
      return member !== undefined && containsValue(member, each, visit)
    })
  if (typeOf(value) !== typeOf(part)) throw new JqError(`cannot look for ${typeOf(part)} in ${typeOf(value)}`)
  return sameJson(value, part)
}

const TYPE_ORDER = ['null', 'false', 'true', 'number', 'string', 'array', 'object']

function rankOf(value: JsonValue): number {
  return TYPE_ORDER.indexOf(typeof value === 'boolean' ? String(value) : typeOf(value))
}

/** jq's order of all values. */
export function compareValues(a: JsonValue, b: JsonValue): number {
  const rank = rankOf(a) - rankOf(b)
  if (rank !== 0) return rank
  if (typeof a === 'number' || typeof a === 'bigint') return compareNumbers(a, b as number | bigint)
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  if (isList(a)) return compareLists(a, b as readonly JsonValue[])
  if (!isJsonObject(a) || !isJsonObject(b)) return 0
  const [names, others] = [a, b].map((each) =>
    membersOf(each)
      .map(([name]) => name)
      .sort(),
  ) as [string[], string[]]
  const byNames = compareLists(names, others)
  if (byNames !== 0) return byNames
  return compareLists(
    names.map((name) => memberOf(a, name) ?? null),
    names.map((name) => memberOf(b, name) ?? null),
  )
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function compareLists(a: readonly JsonValue[], b: readonly JsonValue[]): number {
  for (const [index, item] of a.entries()) {
    const other = b[index]
    if (other === undefined) return 1
    const order = compareValues(item, other)
    if (order !== 0) return order
  }
  return a.length - b.length
}
