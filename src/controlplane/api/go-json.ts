import type { JsonValue } from './json.ts'

/** What Go's encoder does not write as it is, so that JSON can stand in HTML and JavaScript. */
const ESCAPED = /[<>&\u2028\u2029]/
const ALL_ESCAPED = new RegExp(ESCAPED, 'g')

/** JSON as Go's encoding/json writes it: without spaces, some characters escaped. */
export function goJson(value: JsonValue): string {
  const text = JSON.stringify(value)
  return ESCAPED.test(text) ? text.replace(ALL_ESCAPED, escapeCharacter) : text
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
