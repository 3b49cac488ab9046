/**
 * JSON.parse for what others wrote, with every name as it stands in the text.
 *
 * V8 guesses an object's next name from objects that were parsed before, of whichever text. It compares as many characters as the name
 * has once it is unescaped, but with the text as it is escaped: after `{"a":1,"\\":1}`, the names `"\n"` and `"\""` that follow an `a`
 * are taken for a backslash. What is taken so always has a backslash in it, and hardly any right name has one.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  return text.includes('\\') && mayHaveWrongNames(value) ? parseWithoutNames(text) : value
}

/** Whether V8 can have guessed any name of what it made of a text. */
export function mayHaveWrongNames(value: unknown): boolean {
  const rest = [value]
  for (;;) {
    const next = rest.pop()
    if (Array.isArray(next)) {
      for (const item of next) if (isNested(item)) rest.push(item)
    } else if (isNested(next)) {
      const members = next as Readonly<Record<string, unknown>>
      for (const name in members) {
        if (name.includes('\\')) return true
        const member = members[name]
        if (isNested(member)) rest.push(member)
      }
    } else if (rest.length === 0) return false
    // A primitive can only be the whole.
  }
}

/** Names become values: an object is then a list of one list, of names and values by turns, and a list is a list of two. */
const NAMELESS = new Map([
  ['{', '[['],
  ['}', ']]'],
  [':', ','],
  ['[', '[['],
  [']', '],0]'],
])

/** The text is valid JSON. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g

function parseWithoutNames(text: string): unknown {
  return withNames(JSON.parse(text.replace(TOKENS, (token) => NAMELESS.get(token) ?? token)))
}

function withNames(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  const [parts, isList] = value as [unknown[], number?]
  if (isList !== undefined) return parts.map(withNames)
  const object = {}
  for (let at = 0; at < parts.length; at += 2) {
    // `__proto__` is a name as any other.
    const member = { value: withNames(parts[at + 1]), enumerable: true, configurable: true, writable: true }
    Object.defineProperty(object, parts[at] as string, member)
  }
  return object
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
