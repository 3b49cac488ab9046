import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../src/common/parse-json.ts'

/** Parts of names that are each other's escaped forms. */
const name = fc
  .array(fc.constantFrom('\\', '"', '\n', 'n', 'u0022', 'a', '__proto__', ':', '{'), { maxLength: 3 })
  .map((parts) => parts.join(''))

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('1', 'null', '"\\\\"', '"{}[]:,\\""'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(' , ')}]`),
    fc
      .array(fc.tuple(name, tie('value')), { maxLength: 4 })
      .map((members) => `{${[...new Map(members)].map(([each, is]) => `${quote(each)} : ${is}`)}}`),
  ),
}))

const quote = (text: string) => JSON.stringify(text)

describe('parseJson', () => {
  it('tells names apart that JSON.parse mixes up', () => {
    const kept = [parseJson('{"k":1,"\\\\":1}')]
    expect(Object.keys(parseJson('{"k":1,"\\n":1}') as object)).toEqual(['k', '\n'])
    expect(Object.keys(parseJson('{"k":1,"\\"":1}') as object)).toEqual(['k', '"'])
    expect(kept).toEqual([{ k: 1, '\\': 1 }])
  })

  it('finds what is written', () => {
    // What was parsed is kept, as V8 forgets what it guesses by with its objects.
    const kept: unknown[] = []
    fc.assert(
      fc.property(value, (text) => {
        const parsed = parseJson(text)
        kept.push(parsed)
        // Names of digits only, which JavaScript sorts first, are not among them.
        expect(JSON.stringify(parsed)).toBe(text.replaceAll(' : ', ':').replaceAll(' , ', ','))
      }),
      { numRuns: 5_000 },
    )
  })

  it('keeps a member named __proto__ an ordinary one', () => {
    const parsed = parseJson('{"\\\\":{"__proto__":{"admin":true}}}') as Record<string, object>
    expect(Object.keys(parsed['\\'] as object)).toEqual(['__proto__'])
    expect((parsed['\\'] as { admin?: unknown }).admin).toBeUndefined()
  })

  it.each(['', '{"a"}', '{"\\\\":1', '"\\x"'])('refuses %j', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError)
  })

  it('reads long strings and deep lists', () => {
    const long = '\\'.repeat(3_000_000)
    expect(parseJson(`{"\\\\":${quote(long)}}`)).toEqual({ '\\': long })
    const deep = `${'['.repeat(1_000)}"\\n"${']'.repeat(1_000)}`
    expect(JSON.stringify(parseJson(deep))).toBe(deep)
  })
})
