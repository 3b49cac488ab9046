/** What Go's encoder writes in another way within strings: HTML may not end in them, nor lines of JavaScript. */
const ESCAPED = /[<>&\u2028\u2029]/g

/**
 * JSON to the byte as Go's `encoding/json` writes what a Kubernetes client has read: members in the order of their names' bytes,
 * and `<`, `>`, `&`, U+2028 and U+2029 escaped. Numbers and the other escapes are those of JavaScript already.
 */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return `{${members.map(([name, each]) => `${goString(name)}:${goJson(each)}`).join(',')}}`
  }
  return typeof value === 'string' ? goString(value) : JSON.stringify(value)
}

function goString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replaceAll(
    ESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
