import { parseExactJson } from '../../common/exact-json.ts'
import { isJsonObject, type JsonValue } from '../api/json.ts'
import { compareText, entriesOf, isJsonList, sortedEntriesOf } from './json-values.ts'
import { sortedGoJson } from './sorted-go-json.ts'

/** One step from a value to a part of it. Two steps are the same if their `id` is, which is how FieldsV1 writes them. */
export type PathElement = { readonly id: string } & (
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'key'; readonly fields: readonly KeyField[] }
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'index'; readonly index: number }
)

export type KeyField = readonly [name: string, value: JsonValue]

export type Path = readonly PathElement[]

/** The order of kinds among steps from one value. */
const RANK: Readonly<Record<PathElement['kind'], number>> = { field: 0, key: 1, value: 2, index: 3 }

export function fieldElement(name: string): PathElement {
  return { kind: 'field', name, id: `f:${name}` }
}

/** The element of a list that has these fields. */
export function keyElement(fields: readonly KeyField[]): PathElement {
  const sorted = fields.toSorted(([a], [b]) => compareText(a, b))
  const text = sorted.map(([name, value]) => `${sortedGoJson(name)}:${sortedGoJson(value)}`).join(',')
  return { kind: 'key', fields: sorted, id: `k:{${text}}` }
}

/** The element of a set that is this value. */
export function valueElement(value: JsonValue): PathElement {
  return { kind: 'value', value, id: `v:${sortedGoJson(value)}` }
}

export function indexElement(index: number): PathElement {
  return { kind: 'index', index, id: `i:${index}` }
}

export function fieldPath(...names: readonly string[]): Path {
  return names.map(fieldElement)
}

/** Reads what FieldsV1 calls a step; undefined for a kind from the future. Anything malformed is a SyntaxError. */
export function parseElement(text: string): PathElement | undefined {
  if (text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`)
  const content = text.slice(2)
  switch (text[0]) {
    case 'f':
      return fieldElement(content)
    case 'k':
      return parseKey(content)
    case 'v':
      return valueElement(parseExactJson(content) as JsonValue)
    case 'i':
      if (!/^[+-]?\d+$/.test(content)) throw new SyntaxError(`invalid index: ${text}`)
      return indexElement(Number(content))
    default:
      return undefined
  }
}

export function compareElements(a: PathElement, b: PathElement): number {
  if (a.kind === 'field' && b.kind === 'field') return compareText(a.name, b.name)
  if (a.kind === 'key' && b.kind === 'key') return compareKeys(a.fields, b.fields)
  if (a.kind === 'value' && b.kind === 'value') return compareValues(a.value, b.value)
  if (a.kind === 'index' && b.kind === 'index') return a.index - b.index
  return RANK[a.kind] - RANK[b.kind]
}

/** As paths are shown: `.spec.ports[port=80,protocol="TCP"].name`. */
export function pathText(path: Path): string {
  return path.map(elementText).join('')
}

export function elementText(element: PathElement): string {
  switch (element.kind) {
    case 'field':
      return `.${element.name}`
    case 'key':
      return `[${element.fields.map(([name, value]) => `${name}=${valueText(value)}`).join(',')}]`
    case 'value':
      return `[=${valueText(element.value)}]`
    case 'index':
      return `[${element.index}]`
  }
}

function parseKey(text: string): PathElement {
  const fields = parseExactJson(text)
  if (!isJsonObject(fields)) throw new SyntaxError(`a key is no object: ${text}`)
  return keyElement(entriesOf(fields))
}

function compareKeys(a: readonly KeyField[], b: readonly KeyField[]): number {
  return compareLists(
    a,
    b,
    ([nameA, valueA], [nameB, valueB]) => compareText(nameA, nameB) || compareValues(valueA, valueB),
  )
}

/** A total order of all values: numbers, strings, booleans, lists, objects, null. */
function compareValues(a: JsonValue, b: JsonValue): number {
  if (isNumber(a) && isNumber(b)) return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (isJsonList(a) && isJsonList(b)) return compareLists(a, b, compareValues)
  if (isJsonObject(a) && isJsonObject(b)) return compareKeys(sortedEntriesOf(a), sortedEntriesOf(b))
  return valueRank(a) - valueRank(b)
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): number {
  for (const [i, item] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const difference = compare(item, other)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function isNumber(value: JsonValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function valueRank(value: JsonValue): number {
  if (value === null) return 5
  if (isJsonList(value)) return 3
  return { number: 0, bigint: 0, string: 1, boolean: 2, object: 4 }[typeof value as 'number']
}

function valueText(value: JsonValue): string {
  if (isJsonList(value)) return `[${value.map(valueText).join(',')}]`
  if (isJsonObject(value))
    return sortedEntriesOf(value)
      .map(([name, each]) => `${name}=${valueText(each)}`)
      .join('')
  return JSON.stringify(value)
}
