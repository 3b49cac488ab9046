import { isRawJson } from '../../common/exact-json.ts'
import { isJsonObject, type JsonValue } from '../api/json.ts'

/** A value that was found in an object, as Go prints it: a text as it is, objects and lists as JSON. */
export function goText(value: JsonValue): string {
  if (value === null) return '<no value>'
  if (typeof value === 'object') return compactJson(value)
  return typeof value === 'number' ? numberText(value) : String(value)
}

/** With the members of objects sorted, and nothing in it that HTML could take for its own. */
function compactJson(value: JsonValue): string {
  return JSON.stringify(value, (_, each: JsonValue) =>
    isJsonObject(each) && !isRawJson(each) ? sorted(each) : each,
  ).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function sorted(object: Readonly<Record<string, JsonValue | undefined>>): JsonValue {
  // Without a prototype `__proto__` is a member as any other.
  const members: Record<string, JsonValue | undefined> = Object.create(null)
  for (const name of Object.keys(object).toSorted()) members[name] = object[name]
  return members
}

/** With an exponent of two digits from a million on, and below a ten-thousandth; integers are never written so. */
function numberText(value: number): string {
  if (Number.isInteger(value)) return String(value)
  const [digits, exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
