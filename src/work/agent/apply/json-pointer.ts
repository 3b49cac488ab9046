import { isJsonObject, type JsonObject, type JsonValue } from '../../../common/json.ts'
import { isList, memberOf } from '../../../common/json-tools.ts'
import { ApplyError } from './errors.ts'

/**
 * An object without what a JSON Pointer (RFC 6901) names; the same where there is no such thing. Indexes may be counted from the end, as
 * in the original's library. Throws an ApplyError for what can be no index of a list.
 */
export function removeByPointer(object: JsonObject, pointer: string): JsonObject {
  const [, ...tokens] = pointer.split('/')
  if (tokens.length === 0) return object
  return removed(object, tokens.map(unescaped)) as JsonObject
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

function removed(value: JsonValue, [token = '', ...rest]: readonly string[]): JsonValue {
  if (isJsonObject(value)) {
    const member = memberOf(value, token)
    if (member === undefined) return value
    if (rest.length > 0) return { ...value, [token]: removed(member, rest) }
    return Object.fromEntries(Object.entries(value).filter(([name]) => name !== token))
  }
  if (!isList(value)) return value
  const index = indexIn(value, token, rest.length === 0)
  const item = value[index]
  if (item === undefined) return value
  return rest.length === 0 ? value.toSpliced(index, 1) : value.with(index, removed(item, rest))
}

function indexIn(list: readonly JsonValue[], token: string, isLast: boolean): number {
  if (!/^[+-]?\d+$/.test(token)) {
    if (!isLast) return -1
    throw new ApplyError(
      `failed to apply JSON Pointer patch: error in remove for path: strconv.Atoi: parsing ${JSON.stringify(token)}: invalid syntax`,
    )
  }
  const index = Number(token) < 0 ? Number(token) + list.length : Number(token)
  if (index >= 0 && index < list.length) return index
  if (!isLast) return -1
  throw new ApplyError(
    `failed to apply JSON Pointer patch: unable to access invalid index: ${token}: invalid index referenced`,
  )
}
