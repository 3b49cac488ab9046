import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { integerOf, parseExactJson } from '../../src/common/exact-json.ts'
import { canonicalJson } from '../../src/common/json-tools.ts'

const MOST = 2n ** 63n - 1n

const large = fc.bigInt({ min: -MOST - 1n, max: MOST }).filter((each) => !Number.isSafeInteger(Number(each)))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    large,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => (Number.isInteger(each) ? 1 : each)),
    fc.constantFrom(null, true, '', ':1234567890123456789', '\\": 1234567890123456789,'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', '\\', '"', '\n', '__proto__', '9007199254740993'), tie('value')),
  ),
}))

describe('exact JSON', () => {
  it('is read and written without a loss', () => {
    const kept: unknown[] = []
    fc.assert(
      fc.property(value, (each) => {
        const text = JSON.stringify(each)
        const parsed = parseExactJson(text)
        kept.push(parsed)
        expect(JSON.stringify(parsed)).toBe(text)
        expect(canonicalJson(parsed as never)).toBe(canonicalJson(each as never))
      }),
    )
  })

  it('has numbers for all that a number holds, and for what no int64 does', () => {
    const text =
      '[9007199254740991,9007199254740992,-9007199254740993,9223372036854775807,9223372036854775808]'
    expect(parseExactJson(text)).toEqual([
      9007199254740991,
      9007199254740992n,
      -9007199254740993n,
      MOST,
      2 ** 63,
    ])
    expect(parseExactJson('{"a":9007199254740993.0,"b":9007199254740993e0,"c":0.12345678901234567}')).toEqual(
      {
        a: 9007199254740992,
        b: 9007199254740992,
        c: 0.12345678901234566,
      },
    )
    expect(['12', '-9007199254740993', '18446744073709551615'].map(integerOf)).toEqual([
      12,
      -9007199254740993n,
      18446744073709552000,
    ])
  })

  it('refuses at once what is no JSON, however many texts it begins', () => {
    const junk = `{"a":1234567890123456789,"b":${'"\\'.repeat(200_000)}`
    expect(() => parseExactJson(junk)).toThrow(SyntaxError)
  })

  it('leaves texts alone, whatever is in them', () => {
    const text =
      '{"a,1234567890123456789":":1234567890123456789","\\"":"[1234567890123456789","b": 1234567890123456789}'
    expect(parseExactJson(text)).toEqual({
      'a,1234567890123456789': ':1234567890123456789',
      '"': '[1234567890123456789',
      b: 1234567890123456789n,
    })
  })

  it('is refused where it is no JSON', () => {
    for (const text of [
      '[01234567890123456789',
      '[1234567890123456789x]',
      '{"a": 1234567890123456789"}',
      '[.1234567890123456]',
      '[- 1234567890123456789]',
    ])
      expect(() => parseExactJson(text)).toThrow(SyntaxError)
  })

  it('may be nested without limit', () => {
    const depth = 100_000
    const parsed = parseExactJson(`${'['.repeat(depth)}1234567890123456789${']'.repeat(depth)}`)
    let inner = parsed
    while (Array.isArray(inner)) [inner] = inner
    expect(inner).toBe(1234567890123456789n)
  })
})
