import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/common/errors.ts'
import {
  BACKDATE_MS,
  CA_VALIDITY_MS,
  CERTIFICATE_VALIDITY_MS,
  CertificateAuthority,
  CertificateAuthorityError,
  type KeyedCertificate,
  parsePemBlocks,
} from '../../src/pki/index.ts'

const NOW_MS = Date.parse('2026-11-22T10:00:00.789Z')
const NOW_SECONDS_MS = Date.parse('2026-11-22T10:00:00Z')
const DAY_MS = 24 * 60 * 60 * 1000

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** DER of the critical extensions, as they must stand in the certificate. */
const CRITICAL = {
  caPathLengthZero: '0603551d130101ff040830060101ff020100',
  endEntity: '0603551d130101ff04023000',
  digitalSignature: '0603551d0f0101ff040403020780',
  digitalSignatureAndKeyEncipherment: '0603551d0f0101ff0404030205a0',
  caUsages: '0603551d0f0101ff040403020186',
}

const read = (pem: string) => new X509Certificate(pem)
const validFrom = (pem: string) => Date.parse(read(pem).validFrom)
const validTo = (pem: string) => Date.parse(read(pem).validTo)
const der = (pem: string) => read(pem).raw.toString('hex')

describe('a certificate authority', () => {
  let ca: CertificateAuthority
  let other: CertificateAuthority
  let server: KeyedCertificate

  beforeAll(async () => {
    ca = await CertificateAuthority.create({ commonName: 'proxy CA', organizations: ['ocm', 'Zürich'] })
    other = await CertificateAuthority.create({ commonName: 'proxy CA', organizations: ['ocm', 'Zürich'] })
    server = await ca.issueServerCertificate({
      dnsNames: ['localhost', '*.ocm.svc'],
      ipAddresses: ['127.0.0.1', '::1', 'fd00:0::12', '::ffff:10.0.0.1'],
    })
  })

  it('is a critical, self-signed CA that signs no further CAs', () => {
    const certificate = read(ca.certificatePem)
    expect(certificate.ca).toBe(true)
    expect(certificate.subject).toBe('O=ocm\nO=Zürich\nCN=proxy CA')
    expect(certificate.issuer).toBe(certificate.subject)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkPrivateKey(createPrivateKey(ca.privateKeyPem))).toBe(true)
    expect(der(ca.certificatePem)).toContain(CRITICAL.caPathLengthZero)
    expect(der(ca.certificatePem)).toContain(CRITICAL.caUsages)
  })

  it('issues what it alone verifies', () => {
    const certificate = read(server.certificatePem)
    const issuer = read(ca.certificatePem)
    const stranger = read(other.certificatePem)
    expect(certificate.checkIssued(issuer)).toBe(true)
    expect(certificate.verify(issuer.publicKey)).toBe(true)
    expect(certificate.checkIssued(stranger)).toBe(false) // same name, other key identifier
    expect(certificate.verify(stranger.publicKey)).toBe(false)
  })

  it('puts hosts into a server certificate so that clients match them', () => {
    const certificate = read(server.certificatePem)
    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect(certificate.checkHost('proxy.ocm.svc')).toBe('*.ocm.svc')
    expect(certificate.checkHost('proxy.example')).toBeUndefined()
    for (const ip of ['127.0.0.1', '::1', 'fd00::12', '::ffff:10.0.0.1'])
      expect(certificate.checkIP(ip)).toBe(ip)
    expect(certificate.checkIP('127.0.0.2')).toBeUndefined()
    expect(certificate.keyUsage).toEqual([SERVER_AUTH])
    expect(certificate.subject).toBe('CN=localhost')
  })

  it('names a client by CN and groups by O, whatever characters they have', async () => {
    const commonName = '#40\\,CN=admin "x"+O=y;ü'
    const organizations = ['system:open-cluster-management:managed-clusters', 'a=b,c', '']
    const { certificatePem } = await ca.issueClientCertificate({ commonName, organizations })
    expect(read(certificatePem).toLegacyObject().subject).toMatchObject({ CN: commonName, O: organizations })
    expect(read(certificatePem).keyUsage).toEqual([CLIENT_AUTH])
    expect(read(certificatePem).subjectAltName).toBeUndefined()
  })

  it('issues dual-use certificates with both usages', async () => {
    const { certificatePem } = await ca.issueDualUseCertificate({
      commonName: 'peer',
      ipAddresses: ['10.1.2.3'],
    })
    expect(read(certificatePem).keyUsage).toEqual([SERVER_AUTH, CLIENT_AUTH])
    expect(read(certificatePem).checkIP('10.1.2.3')).toBe('10.1.2.3')
  })

  it('makes keys as asked, in PKCS#8, with the key usages that they can serve', async () => {
    const rsa = await ca.issueClientCertificate({ commonName: 'x', keyAlgorithm: 'rsa-2048' })
    expect(createPrivateKey(rsa.privateKeyPem).asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 })
    expect(createPrivateKey(server.privateKeyPem).asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
    expect(parsePemBlocks(rsa.privateKeyPem).map((block) => block.label)).toEqual(['PRIVATE KEY'])
    expect(der(rsa.certificatePem)).toContain(CRITICAL.digitalSignatureAndKeyEncipherment)
    expect(der(server.certificatePem)).toContain(CRITICAL.digitalSignature)
    for (const { certificatePem } of [rsa, server]) expect(der(certificatePem)).toContain(CRITICAL.endEntity)
  })

  it('numbers certificates with positive random numbers of 128 bits', async () => {
    const issued = await Promise.all(
      Array.from({ length: 20 }, () => other.issueServerCertificate({ dnsNames: ['localhost'] })),
    )
    const serials = issued.map(({ certificatePem }) => read(certificatePem).serialNumber)
    expect(new Set(serials).size).toBe(20)
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/)
  })

  it('is the same after loading, by whichever key form', () => {
    const sec1Pem = createPrivateKey(ca.privateKeyPem).export({ type: 'sec1', format: 'pem' }).toString()
    const bundle = `the signing one\n${ca.certificatePem}and an old one\n${other.certificatePem}`
    const loaded = CertificateAuthority.load({ certificatePem: bundle, privateKeyPem: sec1Pem })
    expect(loaded.certificatePem).toBe(ca.certificatePem)
    expect(loaded.privateKeyPem).toBe(ca.privateKeyPem)
    expect(loaded.notAfter).toEqual(ca.notAfter)
  })
})

describe('validity', () => {
  const clockAt = (ms: number) => ({ clock: { now: () => ms } })

  it('starts five minutes ago and lasts ten years for a CA, one for a certificate, in whole seconds', async () => {
    const ca = await CertificateAuthority.create({ commonName: 'ca' }, clockAt(NOW_MS))
    const { certificatePem } = await ca.issueClientCertificate({ commonName: 'x' })
    expect(validFrom(ca.certificatePem)).toBe(NOW_SECONDS_MS - BACKDATE_MS)
    expect(validTo(ca.certificatePem)).toBe(NOW_SECONDS_MS + CA_VALIDITY_MS)
    expect(validFrom(certificatePem)).toBe(NOW_SECONDS_MS - BACKDATE_MS)
    expect(validTo(certificatePem)).toBe(NOW_SECONDS_MS + CERTIFICATE_VALIDITY_MS)
    expect(BACKDATE_MS).toBe(5 * 60 * 1000)
  })

  it('follows the clock, and the validity that was asked for', async () => {
    let nowMs = NOW_SECONDS_MS
    const ca = await CertificateAuthority.create({ commonName: 'ca' }, { clock: { now: () => nowMs } })
    nowMs += 3 * DAY_MS
    const { certificatePem } = await ca.issueServerCertificate({ dnsNames: ['x'], validityMs: 7 * DAY_MS })
    expect(validFrom(certificatePem)).toBe(NOW_SECONDS_MS + 3 * DAY_MS - BACKDATE_MS)
    expect(validTo(certificatePem)).toBe(NOW_SECONDS_MS + 10 * DAY_MS)
  })

  it('crosses the year 2050, where the encoding of times changes', async () => {
    const ca = await CertificateAuthority.create(
      { commonName: 'ca', validityMs: 40 * 365 * DAY_MS },
      clockAt(NOW_MS),
    )
    expect(validTo(ca.certificatePem)).toBe(NOW_SECONDS_MS + 40 * 365 * DAY_MS)
  })

  it('never exceeds the validity of the CA', async () => {
    const ca = await CertificateAuthority.create({ commonName: 'ca', validityMs: DAY_MS }, clockAt(NOW_MS))
    const { certificatePem } = await ca.issueClientCertificate({ commonName: 'x' })
    expect(validTo(certificatePem)).toBe(validTo(ca.certificatePem))
  })

  it('ends with the CA: it issues nothing more', async () => {
    let nowMs = NOW_SECONDS_MS
    const ca = await CertificateAuthority.create(
      { commonName: 'old CA', validityMs: DAY_MS },
      { clock: { now: () => nowMs } },
    )
    nowMs += DAY_MS
    const issuing = ca.issueClientCertificate({ commonName: 'x' })
    await expect(issuing).rejects.toBeInstanceOf(CertificateAuthorityError)
    await expect(issuing).rejects.toThrow(/"CN=old CA" expired at 2026-11-23T10:00:00\.000Z: replace it/)
  })

  it.each([0, -1])('refuses a validity of %d ms', async (validityMs) => {
    const ca = await CertificateAuthority.create({ commonName: 'ca' })
    await expect(ca.issueClientCertificate({ commonName: 'x', validityMs })).rejects.toThrow(
      /is not positive/,
    )
  })
})

describe('wrong input', () => {
  let ca: CertificateAuthority
  beforeAll(async () => {
    ca = await CertificateAuthority.create({ commonName: 'ca' })
  })

  it('is refused by load, with the culprit and the cure', async () => {
    const other = await CertificateAuthority.create({ commonName: 'other' })
    const client = await ca.issueClientCertificate({ commonName: 'x' })
    const ed25519 = generateKeyPairSync('ed25519').privateKey
    const encrypted = createPrivateKey(ca.privateKeyPem).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    })
    const load = (changes: Partial<KeyedCertificate>) => () =>
      CertificateAuthority.load({ ...pair(ca), ...changes })

    expect(load({ privateKeyPem: other.privateKeyPem })).toThrow(
      /does not belong to the CA certificate of "CN=ca"/,
    )
    expect(load(client)).toThrow(/"CN=x" is not a certificate authority's: .* CA:TRUE/)
    expect(load({ certificatePem: 'nonsense' })).toThrow(/the CA certificate holds no certificate/)
    expect(load({ certificatePem: ca.privateKeyPem })).toThrow(/the CA certificate holds no certificate/)
    expect(load({ privateKeyPem: 'nonsense' })).toThrow(
      /the CA private key cannot be read: expected an unencrypted/,
    )
    expect(load({ privateKeyPem: encrypted.toString() })).toThrow(/it is encrypted; decrypt it first/)
    expect(load({ privateKeyPem: ed25519.export({ type: 'pkcs8', format: 'pem' }).toString() })).toThrow(
      ConfigError,
    )
    expect(load({})).not.toThrow()
  })

  it('is refused by issuing, with the culprit and the cure', async () => {
    const issue = (names: { dnsNames?: string[]; ipAddresses?: string[] }) => ca.issueServerCertificate(names)
    await expect(issue({})).rejects.toThrow(/needs a DNS name or an IP address/)
    await expect(issue({ dnsNames: ['10.0.0.1'] })).rejects.toThrow(
      /"10\.0\.0\.1" is an IP address: list it under/,
    )
    await expect(issue({ dnsNames: ['a..b'] })).rejects.toThrow(/"a\.\.b" is not a DNS name/)
    await expect(issue({ dnsNames: ['a.*.b'] })).rejects.toThrow(ConfigError)
    await expect(issue({ dnsNames: [''] })).rejects.toThrow(ConfigError)
    await expect(issue({ dnsNames: [`${'a.'.repeat(130)}b`] })).rejects.toThrow(ConfigError)
    await expect(issue({ ipAddresses: ['10.0.0'] })).rejects.toThrow(/"10\.0\.0" is not an IP address/)
    await expect(issue({ ipAddresses: ['fe80::1%eth0'] })).rejects.toThrow(/without a zone/)
    await expect(ca.issueClientCertificate({ commonName: '' })).rejects.toThrow(/needs a common name/)
  })
})

function pair({ certificatePem, privateKeyPem }: KeyedCertificate): KeyedCertificate {
  return { certificatePem, privateKeyPem }
}
