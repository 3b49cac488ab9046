import { describe, expect, it } from 'vitest'
import { parseGrpcTimeout } from '../../src/transport/grpc-timeout.ts'

describe('parseGrpcTimeout', () => {
  it.each([
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['250m', 250],
    ['1500u', 1.5],
    ['2000000n', 2],
    ['0n', 0],
    ['00000001S', 1_000],
    ['99999999H', 99_999_999 * 3_600_000],
  ])('reads %s', (text, ms) => {
    expect(parseGrpcTimeout(text)).toBeCloseTo(ms)
  })

  it.each([
    '',
    'S',
    '1',
    '1s',
    '1h',
    '-1S',
    '+1S',
    '1.5S',
    ' 1S',
    '1S ',
    '1S, 2S',
    '123456789S',
    '1X',
    'constructor',
  ])('refuses %j', (text) => {
    expect(parseGrpcTimeout(text)).toBeUndefined()
  })
})
