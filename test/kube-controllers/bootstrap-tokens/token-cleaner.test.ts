import { describe, expect, it } from 'vitest'
import { expiryOf } from '../../../src/kube-controllers/bootstrap-tokens/token-cleaner.ts'

const ending = (text: string) =>
  expiryOf({ metadata: {}, data: { expiration: Buffer.from(text).toString('base64') } })

describe('the end of a bootstrap token', () => {
  it.each([
    ['2026-01-01T00:00:00Z', Date.UTC(2026, 0, 1)],
    ['2026-01-01T02:00:00+02:00', Date.UTC(2026, 0, 1)],
    ['', Number.POSITIVE_INFINITY],
    ['tomorrow', Number.NEGATIVE_INFINITY],
    ['2026-01-01', Number.NEGATIVE_INFINITY],
  ])('%j is %d', (text, end) => {
    expect(ending(text)).toBe(end)
  })

  it('never comes when there is none', () => {
    expect(expiryOf({ metadata: {} })).toBe(Number.POSITIVE_INFINITY)
  })
})
