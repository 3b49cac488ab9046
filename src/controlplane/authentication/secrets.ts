import { createHash, timingSafeEqual } from 'node:crypto'
import { isJsonObject } from '../api/json.ts'
import type { KubeObject } from '../registry/index.ts'

/** One value of a Secret's data; empty when it is not there, as the original has it. */
export function secretValue({ data }: KubeObject, key: string): string {
  if (!isJsonObject(data) || !Object.hasOwn(data, key)) return ''
  const value = data[key]
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString() : ''
}

/** Takes as long for what is nearly right as for what is not, whatever the lengths. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
