import { isJsonObject, type JsonObject, type JsonValue } from '../common/json.ts'
import { isList, membersOf } from '../common/json-tools.ts'
import { ListValue, MapValue, type Value } from './values.ts'

/** Of what no schema tells. */
export function plainValue(json: JsonValue): Value {
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json
  if (isList(json)) return new ListValue(json.length, (index) => plainValue(json[index] as JsonValue))
  return isJsonObject(json) ? mapValue(json, plainValue) : json
}

/** An object as a map of what `make` makes of its members, when they are asked for. */
export function mapValue(json: JsonObject, make: (value: JsonValue) => Value): MapValue {
  return new MapValue(new Map(membersOf(json).map(([name, each]) => [`s${name}`, [name, () => make(each)]])))
}
