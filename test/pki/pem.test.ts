import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import {
  CertificateAuthority,
  encodePem,
  parseCertificate,
  parseCertificateBundle,
  parsePemBlocks,
} from '../../src/pki/index.ts'

describe('PEM', () => {
  let a: CertificateAuthority
  let b: CertificateAuthority
  beforeAll(async () => {
    a = await CertificateAuthority.create({ commonName: 'a' })
    b = await CertificateAuthority.create({ commonName: 'b' })
  })

  it('splits a bundle with comments, CRLF and other blocks into its certificates', () => {
    const bundle = `# first\n${a.certificatePem}${b.privateKeyPem}\n# second\n${b.certificatePem.replaceAll('\n', '\r\n')}`
    expect(parseCertificateBundle(bundle)).toEqual([a.certificatePem, b.certificatePem])
    expect(parsePemBlocks(bundle).map((block) => block.label)).toEqual([
      'CERTIFICATE',
      'PRIVATE KEY',
      'CERTIFICATE',
    ])
  })

  it('skips the headers of old key files', () => {
    const der = Buffer.from('some bytes of a key')
    const [begin, ...rest] = encodePem('EC PRIVATE KEY', der).split('\n')
    const old = [begin, 'Proc-Type: 4,ENCRYPTED', 'DEK-Info: AES-128-CBC,00', '', ...rest].join('\n')
    expect(parsePemBlocks(old)).toEqual([
      { label: 'EC PRIVATE KEY', der, pem: encodePem('EC PRIVATE KEY', der) },
    ])
  })

  it('says which certificate of which bundle is broken', () => {
    const bundle = `${a.certificatePem}${encodePem('CERTIFICATE', Buffer.from('nonsense'))}`
    expect(() => parseCertificateBundle(bundle, '--cluster-ca-cert /x/ca.crt')).toThrow(
      /^certificate 2 of --cluster-ca-cert \/x\/ca\.crt is not a readable PEM certificate/,
    )
  })

  it('says what is missing from a file without certificates', () => {
    expect(() => parseCertificateBundle('', '/x/ca.crt')).toThrow(ConfigError)
    expect(() => parseCertificateBundle(a.privateKeyPem, '/x/ca.crt')).toThrow(
      /^\/x\/ca\.crt holds no certificate/,
    )
    expect(() => parseCertificate('', 'tls.crt')).toThrow(/^tls\.crt is not a readable PEM certificate/)
  })
})
