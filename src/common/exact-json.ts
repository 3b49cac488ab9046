import { randomUUID } from 'node:crypto'
import { parseJson } from './parse-json.ts'

/** Most texts have no such digits, and are read as ever. Written out it is found many times as fast as by a quantifier. */
const LONG_DIGITS = new RegExp('\\d'.repeat(16))
/** Not within a text, as far as that can be told at a glance. */
const LONG_INTEGER = /(?:^|[:[,])[ \t\r\n]*-?[1-9]\d{15}/

/** Texts and numbers, each as a whole. */
const TEXTS_AND_NUMBERS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g
const LONG_INTEGER_ONLY = /^-?[1-9]\d{15,18}$/

/**
 * JSON as Go reads it into values of any type, which tells an int64 from a float64: an integer that a number would not hold exactly is
 * a bigint, which JSON.stringify writes in full. All others are numbers, and so is what no int64 holds.
 *
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  const value = parseJson(text)
  // Only what is known to be JSON is taken apart: a text that does not end would be looked for from each quote anew.
  if (!LONG_DIGITS.test(text) || !LONG_INTEGER.test(text)) return value
  const mark = randomUUID() // nobody can have written it
  const marked = text.replace(TEXTS_AND_NUMBERS, (token) =>
    LONG_INTEGER_ONLY.test(token) && typeof integerOf(token) === 'bigint' ? `"${mark}${token}"` : token,
  )
  return withIntegers([parseJson(marked)], mark)[0]
}

/** The number that a decimal integer stands for: a bigint where it is an int64 that a number would not hold exactly. */
export function integerOf(digits: string): number | bigint {
  const value = Number(digits)
  if (Number.isSafeInteger(value)) return value
  const exact = BigInt(digits)
  return BigInt.asIntN(64, exact) === exact ? exact : value
}

/** Not among TypeScript's declarations yet. */
const { rawJSON: rawJson, isRawJSON } = JSON as unknown as {
  readonly rawJSON: (text: string) => object
  readonly isRawJSON: (value: unknown) => boolean
}

/**
 * JSON.stringify refuses a bigint, and whoever has such an integer in an object would end a process that has one place which does not
 * know: so that all of them write it in full.
 */
Object.defineProperty(BigInt.prototype, 'toJSON', {
  value(this: bigint) {
    return rawJson(String(this))
  },
  configurable: true,
  writable: true,
})

/** For replacers of JSON.stringify: whether the value stands for a bigint, and is to be left alone. */
export function isRawJson(value: unknown): boolean {
  return isRawJSON(value)
}

/** Changes what it is given, which may be nested without limit. */
function withIntegers(whole: unknown[], mark: string): unknown[] {
  const rest: object[] = [whole]
  for (let container = rest.pop(); container; container = rest.pop()) {
    for (const [name, each] of Object.entries(container)) {
      if (typeof each === 'object' && each !== null) rest.push(each)
      else if (typeof each === 'string' && each.startsWith(mark))
        Object.defineProperty(container, name, { value: BigInt(each.slice(mark.length)) })
    }
  }
  return whole
}
