import { isJsonObject, type JsonObject, type JsonValue } from '../../../common/json.ts'
import { isList, memberOf } from '../../../common/json-tools.ts'
import { ApplyError } from './errors.ts'

const INTEGER = /^[+-]?\d+$/

/**
 * Removes from an object what a JSON Pointer (RFC 6901) names, if there is such a thing. Indexes may be counted from the end, as in the
 * original's library. Throws an ApplyError for what can be no index of a list.
 */
export function removeByPointer(object: JsonObject, pointer: string): void {
  const tokens = pointer.split('/').slice(1).map(unescaped)
  const last = tokens.pop()
  if (last === undefined) return
  const parent = tokens.reduce<JsonValue | undefined>(partOf, object)
  if (isJsonObject(parent)) Reflect.deleteProperty(parent, last)
  else if (isList(parent)) (parent as JsonValue[]).splice(indexIn(parent, last, pointer), 1)
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}

function partOf(value: JsonValue | undefined, token: string): JsonValue | undefined {
  if (!isList(value)) return memberOf(value, token)
  return INTEGER.test(token) ? value.at(Number(token)) : undefined
}

function indexIn(list: readonly JsonValue[], token: string, pointer: string): number {
  const failed = `failed to apply JSON Pointer patch: error in remove for path: '${pointer}'`
  if (!INTEGER.test(token))
    throw new ApplyError(`${failed}: strconv.Atoi: parsing ${JSON.stringify(token)}: invalid syntax`)
  const index = Number(token) < 0 ? Number(token) + list.length : Number(token)
  if (index >= 0 && index < list.length) return index
  throw new ApplyError(`${failed}: unable to access invalid index: ${token}: invalid index referenced`)
}
