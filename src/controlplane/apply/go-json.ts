import { isJsonObject, type JsonValue } from '../api/json.ts'
import { isJsonList, sortedEntriesOf } from './json-values.ts'

/** JSON as Go writes it: the fields of objects sorted, and nothing in it that HTML could take for its own. */
export function goJson(value: JsonValue): string {
  if (isJsonList(value)) return `[${value.map(goJson).join(',')}]`
  if (isJsonObject(value)) {
    const fields = sortedEntriesOf(value).map(([name, each]) => `${goJson(name)}:${goJson(each)}`)
    return `{${fields.join(',')}}`
  }
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
