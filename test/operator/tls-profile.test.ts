import { describe, expect, it } from 'vitest'
import { tlsProfileOf } from '../../src/operator/tls-profile.ts'

const profile = (data: Record<string, string>) =>
  tlsProfileOf({ metadata: { name: 'ocm-tls-profile' }, data })

describe('what a ConfigMap says of TLS', () => {
  it('is nothing where there is none', () => {
    expect(tlsProfileOf(undefined)).toBeUndefined()
  })

  it('is TLS 1.2 unless it says otherwise, by either name', () => {
    expect(profile({})).toEqual({ minVersion: 'VersionTLS12' })
    expect(profile({ minTLSVersion: 'TLSv1.3' })).toEqual({ minVersion: 'VersionTLS13' })
  })

  it('leaves out cipher suites that nobody knows, and must not be left with none', () => {
    expect(profile({ cipherSuites: 'TLS_AES_128_GCM_SHA256, FOO' })?.cipherSuites).toBe(
      'TLS_AES_128_GCM_SHA256',
    )
    expect(() => profile({ cipherSuites: 'FOO' })).toThrow('names no supported cipher suite')
    expect(() => profile({ minTLSVersion: 'SSLv3' })).toThrow('unsupported TLS version "SSLv3"')
  })
})
