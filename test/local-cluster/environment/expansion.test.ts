import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expandArguments, expandVariables } from '../../../src/local-cluster/environment/index.ts'

const VALUES = new Map([
  ['A', 'a-value'],
  ['EMPTY', ''],
  ['REF', '$(A)'],
])

describe('expandVariables', () => {
  // The cases of the original's own table.
  it.each([
    ['$(A)', 'a-value'],
    ['x$(A)y', 'xa-valuey'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$a-value'],
    ['$$$$(A)', '$$(A)'],
    ['$(EMPTY)', ''],
    ['$(REF)', '$(A)'],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$(A', '$(A'],
    ['$A', '$A'],
    ['$(A$(A)', '$(A$(A)'],
    ['$', '$'],
    ['$$', '$'],
    ['$()', '$()'],
    ['--price=5$ $(A)', '--price=5$ a-value'],
  ])('makes of %s %s', (text, expanded) => {
    expect(expandVariables(text, (name) => VALUES.get(name))).toBe(expanded)
  })

  it('leaves texts without dollars alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('$'))
        expect(expandVariables(text, () => 'something')).toBe(text)
      }),
    )
  })

  it('never gives back a doubled dollar as two', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = text.replaceAll('$', '$$$$')
        expect(expandVariables(escaped, () => 'something')).toBe(text)
      }),
    )
  })

  it('expands each word of a command', () => {
    expect(expandArguments(['sh', '-c', 'echo $(A)'], VALUES)).toEqual(['sh', '-c', 'echo a-value'])
  })
})
