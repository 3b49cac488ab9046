import { goFloat } from '../common/go-number.ts'
import type { JsonValue } from '../common/json.ts'
import { membersOf } from '../common/json-tools.ts'

/** JSON as Go prints it by `%v` once it is decoded: `map[a:1 b:[x <nil>]]`, names in the order of their bytes. */
export function goText(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '<nil>'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : goFloat(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  const members = membersOf(value as Exclude<typeof value, readonly JsonValue[]>)
  const sorted = members.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return `map[${sorted.map(([name, each]) => `${name}:${goText(each)}`).join(' ')}]`
}
