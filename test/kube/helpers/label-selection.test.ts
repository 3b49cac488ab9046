import { describe, expect, it } from 'vitest'
import { selects } from '../../../src/kube/index.ts'

describe('a label selector', () => {
  it.each([
    [{}, true],
    [{ matchLabels: { a: 'b' } }, true],
    [{ matchLabels: { a: 'c' } }, false],
    [{ matchLabels: { constructor: 'x' } }, false],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }, true],
    [{ matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['b'] }] }, true],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: '__proto__', operator: 'Exists' }] }, false],
    [{ matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }, false],
    [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }, false],
  ])('%j selects a=b: %s', (selector, isSelected) => {
    expect(selects(selector as Parameters<typeof selects>[0], { a: 'b' })).toBe(isSelected)
  })
})
