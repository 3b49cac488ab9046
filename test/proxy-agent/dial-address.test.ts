import { describe, expect, it } from 'vitest'
import { parseDialAddress } from '../../src/proxy-agent/dial-address.ts'

describe('the address of a dial', () => {
  it.each([
    ['example.com:80', 'example.com', 80],
    ['10.0.0.1:65535', '10.0.0.1', 65535],
    ['[::1]:443', '::1', 443],
    [':80', 'localhost', 80],
    ['example.com:', 'example.com', 0],
  ])('%s is taken apart', (text, host, port) => {
    expect(parseDialAddress(text)).toEqual({ host, port })
  })

  // The cases that net.SplitHostPort and net.LookupPort tell apart.
  it.each([
    ['foo', 'address foo: missing port in address'],
    ['', 'address : missing port in address'],
    ['::1', 'address ::1: too many colons in address'],
    ['a:b:80', 'address a:b:80: too many colons in address'],
    ['[::1]', 'address [::1]: missing port in address'],
    ['[::1', "address [::1: missing ']' in address"],
    ['[::1]x:80', 'address [::1]x:80: missing port in address'],
    ['[a]:b:80', 'address [a]:b:80: too many colons in address'],
    ['a]:80', "address a]:80: unexpected ']' in address"],
    ['a[:80', "address a[:80: unexpected '[' in address"],
    ['host:99999', 'address 99999: invalid port'],
    ['host:-1', 'address -1: invalid port'],
    ['host:nosuchservice', 'lookup tcp/nosuchservice: unknown port'],
  ])('%j is refused in the words of Go', (text, message) => {
    expect(() => parseDialAddress(text)).toThrow(message)
  })
})
