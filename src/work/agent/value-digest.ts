import { createHash } from 'node:crypto'
import type { JsonValue } from '../../common/json.ts'
import { canonicalJson } from '../../common/json-tools.ts'

const digests = new WeakMap<object, string>()

/** The same for equal values. What is asked for again is not looked at again: it must not change. */
export function digestOf(value: object | undefined): string {
  if (value === undefined) return ''
  const known = digests.get(value)
  if (known !== undefined) return known
  const digest = digestOfText(canonicalJson(value as JsonValue))
  digests.set(value, digest)
  return digest
}

export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
