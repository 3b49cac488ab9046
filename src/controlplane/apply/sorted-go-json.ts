import { goJson } from '../api/go-json.ts'
import { isJsonObject, type JsonValue } from '../api/json.ts'
import { isJsonList, sortedEntriesOf } from './json-values.ts'

/** JSON as Go writes a map: the fields of objects sorted, and nothing in it that HTML could take for its own. */
export function sortedGoJson(value: JsonValue): string {
  if (isJsonList(value)) return `[${value.map(sortedGoJson).join(',')}]`
  if (isJsonObject(value)) {
    const fields = sortedEntriesOf(value).map(([name, each]) => `${goJson(name)}:${sortedGoJson(each)}`)
    return `{${fields.join(',')}}`
  }
  return goJson(value)
}
