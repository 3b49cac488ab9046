import { describe, expect, it } from 'vitest'
import { parseAgentIdentifiers, verifyAgentIdentifiers } from '../../src/wire/agent-identifiers.ts'

const none = { ipv4: [], ipv6: [], host: [], cidr: [], defaultRoute: false }

describe('parseAgentIdentifiers', () => {
  it.each([
    ['', {}],
    ['ipv4=1.2.3.4', { ipv4: ['1.2.3.4'] }],
    ['ipv6=100::', { ipv6: ['100::'] }],
    ['host=node1.mydomain.com', { host: ['node1.mydomain.com'] }],
    ['cidr=127.0.0.1/16', { cidr: ['127.0.0.1/16'] }],
    ['default-route=true', { defaultRoute: true }],
    ['default-route=T', { defaultRoute: true }],
    ['default-route=false', {}],
    ['default-route=invalid', {}],
    ['default-route', {}],
    ['invalid=1.2.3.4', {}],
    ['uid=value', {}],
    ['&&host=a&', { host: ['a'] }],
    ['host=a%2Eb+c%3D', { host: ['a.b c='] }],
    ['ho%73t=a', { host: ['a'] }],
    ['host=a=b', { host: ['a=b'] }],
    [
      'host=localhost&host=node1.mydomain.com&cidr=10.0.0.0/8&cidr=100::/64&ipv4=1.2.3.4&ipv4=5.6.7.8&ipv6=100::&ipv6=100::1&default-route=true',
      {
        ipv4: ['1.2.3.4', '5.6.7.8'],
        ipv6: ['100::', '100::1'],
        host: ['localhost', 'node1.mydomain.com'],
        cidr: ['10.0.0.0/8', '100::/64'],
        defaultRoute: true,
      },
    ],
  ])('reads %j', (query, expected) => {
    expect(parseAgentIdentifiers(query)).toEqual({ ...none, ...expected })
  })

  it('goes by the first default route', () => {
    expect(parseAgentIdentifiers('default-route=true&default-route=false').defaultRoute).toBe(true)
    expect(parseAgentIdentifiers('default-route=false&default-route=true').defaultRoute).toBe(false)
  })

  it('refuses what Go refuses', () => {
    const context = 'fail to parse url encoded string: '
    expect(() => parseAgentIdentifiers(';')).toThrow(`${context}invalid semicolon separator in query`)
    expect(() => parseAgentIdentifiers('host=%zz1')).toThrow(`${context}invalid URL escape "%zz"`)
    expect(() => parseAgentIdentifiers('host=a%2')).toThrow(`${context}invalid URL escape "%2"`)
    expect(() => parseAgentIdentifiers('%=a')).toThrow(`${context}invalid URL escape "%"`)
  })
})

describe('verifyAgentIdentifiers', () => {
  it('takes what a server understands', () => {
    expect(() =>
      verifyAgentIdentifiers('host=a&cidr=10.0.0.0/8&ipv4=1.2.3.4&ipv6=::&default-route=true'),
    ).not.toThrow()
    expect(() => verifyAgentIdentifiers('')).not.toThrow()
  })

  it('refuses keys that no server would understand', () => {
    expect(() => verifyAgentIdentifiers('host=a&x=1')).toThrow(
      'agent address is invalid: unknown address type: x',
    )
    expect(() => verifyAgentIdentifiers('uid=1')).toThrow(
      'agent address is invalid: unknown address type: uid',
    )
    expect(() => verifyAgentIdentifiers('a;b')).toThrow(
      'agent address is invalid: invalid semicolon separator in query',
    )
  })
})
