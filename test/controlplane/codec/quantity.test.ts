import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedBody } from '../../../src/controlplane/codec/malformed-body.ts'
import { canonicalQuantity } from '../../../src/controlplane/codec/quantity.ts'

describe('canonicalQuantity', () => {
  it.each([
    ['0', '0'],
    ['0Mi', '0'],
    ['000', '0'],
    ['.', '0'],
    ['1000m', '1'],
    ['100m', '100m'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['1000', '1k'],
    ['1024', '1024'],
    ['1500000', '1500k'],
    ['1Gi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['1000Mi', '1000Mi'],
    ['512Ki', '512Ki'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['1E3', '1E3'],
    ['1000e3', '1e6'],
    ['0.1e1', '1'],
    ['1e+3', '1e+3'],
    ['-1000m', '-1'],
    ['+5', '+5'],
    ['5E', '5E'],
    ['1000E', '1000E'],
    ['1.1n', '2n'],
    ['0.0000000001', '1n'],
    ['-0.0000000001', '-1n'],
    ['123456789012345678901', '123456789012345678901'],
    ['16Ei', '9223372036854775807'],
    [' 1 ', '1'],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical)
  })

  it.each([
    '',
    '?',
    '1.2.3',
    '1 Gi',
    '--1',
    'Gi1x',
    '1e',
    '1ee3',
    '1Zi',
    '1e9999999999',
    '1e-9999999999',
    '9'.repeat(300),
  ])('refuses %j', (text) => {
    expect(() => canonicalQuantity(text)).toThrow(MalformedBody)
  })

  it('writes what it has written in the same way', () => {
    const parts = fc.tuple(
      fc.constantFrom('', '-'),
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.constantFrom('', '.5', '.25', '.001', '.0000000007'),
      fc.constantFrom(
        '',
        'n',
        'u',
        'm',
        'k',
        'M',
        'G',
        'T',
        'P',
        'E',
        'Ki',
        'Mi',
        'Gi',
        'Ti',
        'Pi',
        'Ei',
        'e3',
        'e-2',
        'E7',
      ),
    )
    fc.assert(
      fc.property(parts, (each) => {
        const canonical = canonicalQuantity(each.join(''))
        expect(canonicalQuantity(canonical)).toBe(canonical)
      }),
      { numRuns: 2_000 },
    )
  })
})
