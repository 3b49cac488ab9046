import { createSecureContext } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { CIPHER_SUITE_NAMES, opensslCiphersOf, tlsVersionOf } from '../../src/common/tls-names.ts'

describe('tlsVersionOf', () => {
  it('knows the names of Go', () => {
    expect(['', 'VersionTLS10', 'VersionTLS11', 'VersionTLS12', 'VersionTLS13'].map(tlsVersionOf)).toEqual([
      'TLSv1.2',
      'TLSv1',
      'TLSv1.1',
      'TLSv1.2',
      'TLSv1.3',
    ])
    expect(() => tlsVersionOf('VersionTLS99')).toThrow(
      'unsupported TLS version "VersionTLS99", supported values are: VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13',
    )
  })
})

describe('opensslCiphersOf', () => {
  it('leaves the choice to Node when there is none', () => {
    expect(opensslCiphersOf([])).toBeUndefined()
  })

  it('keeps TLS 1.3 on whatever is listed', () => {
    expect(opensslCiphersOf(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'])).toBe(
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    )
  })

  it.each(CIPHER_SUITE_NAMES)('has a name for %s that OpenSSL takes', (name) => {
    expect(() => createSecureContext({ ciphers: opensslCiphersOf([name]) })).not.toThrow()
  })

  it('refuses what Go holds insecure', () => {
    expect(() => opensslCiphersOf(['TLS_RSA_WITH_RC4_128_SHA'])).toThrow(
      "cipher suite TLS_RSA_WITH_RC4_128_SHA not supported, doesn't exist or considered as insecure",
    )
  })
})
