import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonNumber } from '../../../src/controlplane/codec/json-number.ts'
import { MalformedBody } from '../../../src/controlplane/codec/malformed-body.ts'
import { parseJson } from '../../../src/controlplane/codec/parse-json.ts'
import { MAX_DEPTH, parseStrictJson } from '../../../src/controlplane/codec/strict-json.ts'

const nearJson = fc.oneof(
  fc.json(),
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        '"a"',
        ':',
        ',',
        '1',
        '-',
        '0',
        '.5',
        'e',
        '1e5',
        'true',
        'nul',
        '\\',
        '\\u12',
        ' ',
        '\n',
        '"é"',
      ),
    )
    .map((each) => each.join('')),
  fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, text]) => {
    const cut = at % (json.length + 1)
    return json.slice(0, cut) + text + json.slice(cut + 1)
  }),
)

const parsed = (text: string) => {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

describe('parseStrictJson', () => {
  it('takes and refuses what JSON.parse does', () => {
    fc.assert(
      fc.property(nearJson, (text) => {
        fc.pre(!/\\["\\]/.test(text)) // JSON.parse of V8 mixes up names with these
        const expected = parsed(text)
        if (!expected) expect(() => parseStrictJson(text)).toThrow(MalformedBody)
        else expect(plain(parseStrictJson(text).value)).toEqual(plain(expected.value))
      }),
      { numRuns: 5_000 },
    )
  })

  it.each([
    ['', 'unexpected end of JSON input'],
    ['{"apiVersion":', 'unexpected end of JSON input'],
    ['"abc', 'unexpected end of JSON input'],
    ['{a', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ["'", "invalid character '\\'' looking for beginning of value"],
    ['1 2', "invalid character '2' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
  ])('says of %j what Go says', (text, message) => {
    expect(() => parseStrictJson(text)).toThrow(new MalformedBody(message))
  })
})

describe('parseJson', () => {
  it('tells names apart that V8 mixes up', () => {
    for (let i = 0; i < 100; i++) {
      expect(parseJson('{"\\\\":1}').value).toEqual({ '\\': 1 })
      expect(parseJson('{"\\"":1}').value).toEqual({ '"': 1 })
    }
  })

  it('reads any text as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseStrictJson(JSON.stringify(text)).value).toBe(text)
        expect(parseJson(JSON.stringify(text)).value).toBe(text)
      }),
    )
  })

  it('finds the same as the strict parser', () => {
    const name = fc.constantFrom('a', 'b', '__proto__', 'a:b', '"', '\\', '{')
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('1', '-0', '"x:y"', 'null', '"\\""', '1.0', '9007199254740993', '"\\ud800"', '1e2'),
        fc
          .array(fc.tuple(name, tie('value')), { maxLength: 4 })
          .map((members) => `{${members.map(([key, each]) => `${JSON.stringify(key)}:${each}`).join(', ')}}`),
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' ,')}]`),
      ),
    }))
    fc.assert(
      fc.property(value, (text) => {
        const strict = parseStrictJson(text)
        const { value: found, duplicates } = parseJson(text, { duplicates: true })
        expect(duplicates).toEqual(strict.duplicates)
        expect(plain(found)).toEqual(plain(strict.value))
      }),
      { numRuns: 3_000 },
    )
  })

  it('keeps __proto__ an ordinary name, on either way', () => {
    for (const text of ['{"__proto__":{"x":1}}', '{"__proto__":{"x":1.0}}']) {
      const { value } = parseJson(text)
      expect(Object.keys(value as object)).toEqual(['__proto__'])
      expect((value as { x?: unknown }).x).toBeUndefined()
    }
  })

  it('keeps the text of numbers that JavaScript would change', () => {
    expect(parseJson('[9007199254740993, 18446744073709551615, 1.0, 0.5, 12]').value).toEqual([
      9007199254740993n,
      new JsonNumber('18446744073709551615'),
      new JsonNumber('1.0'),
      0.5,
      12,
    ])
  })

  it('puts the replacement character for half a surrogate pair', () => {
    expect(parseJson('"\\ud800x"').value).toBe('\ufffdx')
    expect(parseJson('"\\ud83d\\ude00"').value).toBe('😀')
  })

  it.each([MAX_DEPTH + 1, 10_001, 1_000_000])('refuses %i levels', (depth) => {
    expect(() => parseJson('['.repeat(depth) + ']'.repeat(depth))).toThrow('exceeded max depth')
    expect(() => parseJson('{"a":'.repeat(depth))).toThrow('exceeded max depth')
  })

  it('takes the deepest that is allowed', () => {
    expect(() => parseJson('['.repeat(MAX_DEPTH) + ']'.repeat(MAX_DEPTH), { duplicates: true })).not.toThrow()
  })
})

/** Numbers as JSON.parse has them; not by way of it, for V8 takes some names for others there. */
function plain(value: unknown): unknown {
  if (value instanceof JsonNumber) return plain(Number(value.text))
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, each]): [string, unknown] => [name, plain(each)])
  return Object.assign(Object.create(null), ...entries.map(memberOf))
}

/** `__proto__` is a name as any other. */
function memberOf([name, value]: readonly [string, unknown]): object {
  return Object.defineProperty({}, name, { value, enumerable: true, configurable: true, writable: true })
}
