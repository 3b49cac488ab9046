import { describe, expect, it } from 'vitest'
import { parseGoBool, parseGoFloat, parseGoInt, parseGoList } from '../../src/common/go-values.ts'

describe('parseGoBool', () => {
  it('knows the spellings of Go and no others', () => {
    for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) expect(parseGoBool(text)).toBe(true)
    for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) expect(parseGoBool(text)).toBe(false)
    for (const text of ['', 'yes', 'tRUE', 'on']) {
      expect(() => parseGoBool(text)).toThrow(
        `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
      )
    }
  })
})

describe('parseGoInt', () => {
  it.each([
    ['8090', 8090],
    ['-10', -10],
    ['+1', 1],
    ['0', 0],
    ['0x1F', 31],
    ['0o17', 15],
    ['017', 15],
    ['0b101', 5],
    ['1_000', 1000],
  ])('reads %s', (text, value) => {
    expect(parseGoInt(text)).toBe(value)
  })

  it.each(['', 'x', '1.5', '08', '1e3', '1__0', '_1', '0x', ' 1'])('refuses %j', (text) => {
    expect(() => parseGoInt(text)).toThrow(
      `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    )
  })

  it('refuses what a number cannot hold', () => {
    expect(() => parseGoInt('99999999999999999999')).toThrow('value out of range')
  })
})

describe('parseGoFloat', () => {
  it('reads decimals only', () => {
    expect(parseGoFloat('1.5')).toBe(1.5)
    expect(parseGoFloat('-2e3')).toBe(-2000)
    expect(() => parseGoFloat('Infinity')).toThrow('strconv.ParseFloat: parsing "Infinity": invalid syntax')
    expect(() => parseGoFloat('')).toThrow('invalid syntax')
  })
})

describe('parseGoList', () => {
  it.each([
    ['', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['a,', ['a', '']],
    [',a', ['', 'a']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""hi"""', ['say "hi"']],
  ])('splits %j', (text, values) => {
    expect(parseGoList(text)).toEqual(values)
  })

  it('refuses a stray quote', () => {
    expect(() => parseGoList('a"b')).toThrow('parse error on line 1')
  })
})
