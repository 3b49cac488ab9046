import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MalformedBody } from '../../../src/controlplane/codec/malformed-body.ts'
import { canonicalTime, parseTime, writeTime } from '../../../src/controlplane/codec/time.ts'

describe('canonicalTime', () => {
  it.each([
    ['2026-11-22T11:55:55Z', '2026-11-22T11:55:55Z'],
    ['2026-11-22T11:55:55.9Z', '2026-11-22T11:55:55Z'],
    ['2026-11-22T11:55:55+02:00', '2026-11-22T09:55:55Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['0001-01-01T00:00:00Z', null],
  ])('writes %s as %s', (text, canonical) => {
    expect(canonicalTime(text, false)).toBe(canonical)
  })

  it('writes microseconds where they are kept', () => {
    expect(canonicalTime('2026-11-22T11:55:55.123456+01:00', true)).toBe('2026-11-22T10:55:55.123456Z')
  })

  it.each([
    ['foo', 'parsing time "foo" as "2006-01-02T15:04:05Z07:00": cannot parse "foo" as "2006"'],
    ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
    ['2026-13-01T00:00:00Z', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
    ['2026-02-29T00:00:00Z', 'parsing time "2026-02-29T00:00:00Z": day out of range'],
    ['2026-01-01T24:00:00Z', 'parsing time "2026-01-01T24:00:00Z": hour out of range'],
    ['2026-01-01T00:00:00Zx', 'parsing time "2026-01-01T00:00:00Zx": extra text: "x"'],
    [
      '2026-01-01 00:00:00Z',
      'parsing time "2026-01-01 00:00:00Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 00:00:00Z" as "T"',
    ],
  ])('says of %j what Go says', (text, message) => {
    expect(() => canonicalTime(text, false)).toThrow(message)
  })

  it('wants six decimals for microseconds', () => {
    expect(() => canonicalTime('2026-01-01T00:00:00Z', true)).toThrow(
      'as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    )
  })

  it('takes any text for a time or for malformed', () => {
    const text = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/),
    )
    fc.assert(
      fc.property(text, (each) => {
        try {
          const written = canonicalTime(each, false)
          if (written !== null) expect(writeTime(parseTime(written, false), false)).toBe(written)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedBody)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
