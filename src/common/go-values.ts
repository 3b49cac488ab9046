const TRUE_TEXTS = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const FALSE_TEXTS = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

/** Reads a boolean as Go's strconv does; other spellings, such as `yes`, are errors. */
export function parseGoBool(text: string): boolean {
  if (TRUE_TEXTS.has(text)) return true
  if (FALSE_TEXTS.has(text)) return false
  throw syntaxError('ParseBool', text)
}

/** Reads an integer as Go's strconv does with base 0: `10`, `-10`, `0x1f`, `0o17`, `017`, `0b11`, `1_000`. */
export function parseGoInt(text: string): number {
  const [, sign = '', digits = ''] = /^([+-]?)(.+)$/.exec(text) ?? []
  const octal = /^0_?[0-7]/.test(digits) ? digits.replace(/^0_?/, '0o') : digits
  const isNumber = /^(\d+(_\d+)*|0x(_?[\da-f]+)+|0o(_?[0-7]+)+|0b(_?[01]+)+)$/i.test(octal)
  const value = isNumber ? Number(octal.replaceAll('_', '')) : Number.NaN
  if (Number.isNaN(value) || /^0\d/.test(octal)) throw syntaxError('ParseInt', text)
  if (!Number.isSafeInteger(value)) {
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  }
  return sign === '-' ? 0 - value : value
}

/** Reads a decimal number; Go's hexadecimal floats, infinities and NaN make no sense in an option. */
export function parseGoFloat(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw syntaxError('ParseFloat', text)
  return Number(text)
}

/** Splits a comma-separated list as pflag does, which takes it for one line of CSV. */
export function parseGoList(text: string): string[] {
  if (text === '') return []
  const fields = text.matchAll(/("(?:[^"]|"")*"|[^,"]*)(,|$)/g)
  const values: string[] = []
  let end = 0
  for (const [match, field = '', separator] of fields) {
    values.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field)
    end += match.length
    if (separator === '') break
  }
  if (end !== text.length)
    throw new Error(`parse error on line 1, column ${end + 1}: bare " in non-quoted-field`)
  return values
}

function syntaxError(parser: string, text: string): Error {
  return new Error(`strconv.${parser}: parsing ${JSON.stringify(text)}: invalid syntax`)
}
