import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalBase64 } from '../../../src/controlplane/codec/base64.ts'

describe('canonicalBase64', () => {
  it('takes what Buffer writes as it is', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        expect(canonicalBase64(text)).toBe(text)
      }),
    )
  })

  it('leaves out line breaks and bits that stand for nothing', () => {
    expect(canonicalBase64('YW\nJj\r\n')).toBe('YWJj')
    expect(canonicalBase64('YR==')).toBe('YQ==')
  })

  it.each([
    ['***', 0],
    ['YWJj*', 4],
    ['YWJ', 0],
    ['YWJjYQ', 4],
    ['YQ=', 3],
    ['YQ=a', 3],
    ['=', 0],
    ['YWI=x', 4],
    ['YW-_', 2],
  ])('finds the fault in %s at byte %i, as Go does', (text, at) => {
    expect(() => canonicalBase64(text)).toThrow(`illegal base64 data at input byte ${at}`)
  })
})
