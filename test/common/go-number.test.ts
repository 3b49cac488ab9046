import { expect, it } from 'vitest'
import { goFloat, goPlainFloat } from '../../src/common/go-number.ts'

it.each([
  [0, '0', '0'],
  [1.5, '1.5', '1.5'],
  [123456.7, '123456.7', '123456.7'],
  [-1234567.5, '-1.2345675e+06', '-1234567.5'],
  [1e6, '1e+06', '1000000'],
  [1.5e22, '1.5e+22', '15000000000000000000000'],
  [0.0001, '0.0001', '0.0001'],
  [-0.00001, '-1e-05', '-0.00001'],
  [1.25e-9, '1.25e-09', '0.00000000125'],
])('prints %d as %s, and plainly as %s', (value, text, plain) => {
  expect(goFloat(value)).toBe(text)
  expect(goPlainFloat(value)).toBe(plain)
})
