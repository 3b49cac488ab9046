import { isJsonObject, type JsonValue } from '../../../common/json.ts'
import { isList, memberOf } from '../../../common/json-tools.ts'

/**
 * Whether two contents mean the same to who reads them into types, to whom a field that is empty is one that is not there. An empty
 * object and a zero may differ from what is absent, and so they count as different: that costs an update that changes nothing.
 */
export function sameContent(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b || (isAbsent(a) && isAbsent(b))) return true
  if (isList(a))
    return isList(b) && a.length === b.length && a.every((each, index) => sameContent(each, b[index]))
  if (!isJsonObject(a) || !isJsonObject(b)) return false
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].every((name) => sameContent(memberOf(a, name), memberOf(b, name)))
}

function isAbsent(value: JsonValue | undefined): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (isList(value) && value.length === 0)
  )
}
