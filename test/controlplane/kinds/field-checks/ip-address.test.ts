import { describe, expect, it } from 'vitest'
import {
  canonicalIp,
  cidrErrors,
  familyOf,
  ipErrors,
  specialIpErrors,
} from '../../../../src/controlplane/kinds/field-checks/index.ts'

const detailOf = (errors: readonly { message: string }[]) => errors.map(({ message }) => message)

describe('addresses', () => {
  it.each([
    ['10.0.0.1', 'IPv4', '10.0.0.1'],
    ['fd00:0:0::1', 'IPv6', 'fd00::1'],
    ['::', 'IPv6', '::'],
  ])('%s', (address, family, canonical) => {
    expect(ipErrors(address, 'f')).toEqual([])
    expect(familyOf(address)).toBe(family)
    expect(canonicalIp(address)).toBe(canonical)
  })

  it.each([
    ['010.0.0.1', 'must not have leading 0s'],
    ['::ffff:10.0.0.1', 'must not be an IPv4-mapped IPv6 address'],
    ['fe80::1%eth0', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    ['', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ])('refuses %j', (address, detail) => {
    expect(detailOf(ipErrors(address, 'f'))).toEqual([`Invalid value: ${JSON.stringify(address)}: ${detail}`])
  })

  it.each([
    ['0.0.0.0', 'may not be unspecified (0.0.0.0)'],
    ['::1', 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    ['fe80::1', 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
    ['ff02::1', 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
  ])('is special: %s', (address, detail) => {
    expect(detailOf(specialIpErrors(address, 'f'))).toEqual([`Invalid value: "${address}": ${detail}`])
  })

  it('are ranges with a length', () => {
    expect(cidrErrors('10.0.0.0/24', 'f')).toEqual([])
    expect(cidrErrors('fd00::/112', 'f')).toEqual([])
    for (const wrong of ['10.0.0.0', '10.0.0.0/33', 'x/1', '/'])
      expect(cidrErrors(wrong, 'f')).toHaveLength(1)
  })
})
