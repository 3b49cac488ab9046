import type { SecureVersion } from 'node:tls'

const TLS_VERSIONS: Readonly<Record<string, SecureVersion>> = {
  VersionTLS10: 'TLSv1',
  VersionTLS11: 'TLSv1.1',
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
}

const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']

/** Go's names of the cipher suites that it holds secure, and OpenSSL's names of the same. */
const OPENSSL_CIPHERS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(TLS13_SUITES.map((name) => [name, name])),
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
}

export const CIPHER_SUITE_NAMES: readonly string[] = Object.keys(OPENSSL_CIPHERS)

/** Node's name for Go's name of a TLS version; an empty name means TLS 1.2. Throws an Error for any other. */
export function tlsVersionOf(name: string): SecureVersion {
  if (name === '') return 'TLSv1.2'
  const version = Object.hasOwn(TLS_VERSIONS, name) ? TLS_VERSIONS[name] : undefined
  if (version !== undefined) return version
  const supported = Object.keys(TLS_VERSIONS).join(', ')
  throw new Error(`unsupported TLS version ${JSON.stringify(name)}, supported values are: ${supported}`)
}

/**
 * The `ciphers` option of Node's TLS for Go's cipher suite names, undefined for an empty list: Node's own choice. As in Go
 * the suites of TLS 1.3 are always on; Node would switch TLS 1.3 off if the list did not name them. Throws an Error
 * for a suite that Go does not know or holds insecure.
 */
export function opensslCiphersOf(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const ciphers = names.map((name) => {
    const cipher = Object.hasOwn(OPENSSL_CIPHERS, name) ? OPENSSL_CIPHERS[name] : undefined
    if (cipher !== undefined) return cipher
    throw new Error(`cipher suite ${name} not supported, doesn't exist or considered as insecure`)
  })
  return [...new Set([...TLS13_SUITES, ...ciphers])].join(':')
}
