import { createHash, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  AuthenticationError,
  ClientCertificateAuthenticator,
} from '../../../src/controlplane/authentication/index.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'
import { AUTHORITY, unusualCertificate } from './client-certificates.ts'

const UID = '1.3.6.1.4.1.57683.2'
const CLIENT = '1.3.6.1.5.5.7.3.2'
const SERVER = '1.3.6.1.5.5.7.3.1'

let now = Date.now()

const authenticator = new ClientCertificateAuthenticator({ caPem: AUTHORITY.certificatePem, now: () => now })

async function certificateOf(commonName: string, ...organizations: string[]): Promise<X509Certificate> {
  const { certificatePem } = await AUTHORITY.issueClientCertificate({ commonName, organizations })
  return new X509Certificate(certificatePem)
}

describe('a client certificate', () => {
  it.each(['as an object', 'as DER'])(
    '%s is its common name, in the groups of its organizations',
    async (form) => {
      const certificate = await certificateOf('ann', 'ops', 'Ünïcode, Inc.')
      const sha256 = createHash('sha256').update(certificate.raw).digest('hex')
      expect(authenticator.authenticate(form === 'as DER' ? certificate.raw : certificate)).toEqual({
        name: 'ann',
        groups: ['ops', 'Ünïcode, Inc.'],
        extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${sha256}`] },
      })
    },
  )

  it('is checked for its time at every request', async () => {
    const certificate = await certificateOf('ann')
    now = Date.now()
    expect(authenticator.authenticate(certificate)?.name).toBe('ann')
    now += 366 * 86_400_000
    expect(() => authenticator.authenticate(certificate)).toThrow(
      /^x509: certificate has expired or is not yet valid: current time \S+ is after \S+Z$/,
    )
    now -= 367 * 86_400_000
    expect(() => authenticator.authenticate(certificate)).toThrow(/ is before /)
    now = Date.now()
    expect(authenticator.authenticate(certificate)?.name).toBe('ann')
  })

  it('of another authority is refused, even one of the same name', async () => {
    const other = await CertificateAuthority.create({ commonName: 'test-ca' })
    const { certificatePem } = await other.issueClientCertificate({ commonName: 'ann' })
    expect(() => authenticator.authenticate(new X509Certificate(certificatePem))).toThrow(
      /^verifying certificate SN=0x[\dA-F]+ failed: x509: certificate signed by unknown authority$/,
    )
  })

  it('may be of any of several authorities', async () => {
    const other = await CertificateAuthority.create({ commonName: 'other-ca' })
    const caPem = `${other.certificatePem}${AUTHORITY.certificatePem}`
    const both = new ClientCertificateAuthenticator({ caPem })
    expect(both.authenticate(await certificateOf('ann'))?.name).toBe('ann')
  })

  it.each<[usages: string[] | undefined, isGood: boolean]>([
    [undefined, true],
    [[CLIENT], true],
    [[SERVER, CLIENT], true],
    [['2.5.29.37.0'], true],
    [[SERVER], false],
  ])('for the usages %j', async (usages, isGood) => {
    const subject = [{ CN: ['ann'] }]
    const certificate = await unusualCertificate({ subject, ...(usages ? { usages } : {}) })
    const authenticate = () => authenticator.authenticate(certificate)?.name
    if (isGood) expect(authenticate()).toBe('ann')
    else expect(authenticate).toThrow(/x509: certificate specifies an incompatible key usage$/)
  })

  it('may have a uid', async () => {
    const subject = [{ CN: ['ann'] }, { [UID]: ['u1'] }]
    expect(authenticator.authenticate(await unusualCertificate({ subject }))?.uid).toBe('u1')
  })

  it.each([
    [['a', 'b'], 'expected 1 UID, but found multiple: [a b]'],
    [[''], 'UID cannot be an empty string'],
  ])('with the uids %j is refused', async (uids, message) => {
    const certificate = await unusualCertificate({
      subject: [{ CN: ['ann'] }, ...uids.map((uid) => ({ [UID]: [uid] }))],
    })
    expect(() => authenticator.authenticate(certificate)).toThrow(message)
  })

  it('without a common name is nobody', async () => {
    const certificate = await unusualCertificate({ subject: [{ O: ['system:masters'] }] })
    expect(authenticator.authenticate(certificate)).toBeUndefined()
  })

  it('with a negative serial number is refused like any other', async () => {
    const { raw } = await certificateOf('ann')
    const serialAt = raw.indexOf(Buffer.from([0xa0, 3, 2, 1, 2, 2])) + 7 // behind the version, a tag and a length
    const negative = Buffer.from(raw)
    negative[serialAt] = 0x80
    expect(() => authenticator.authenticate(negative)).toThrow(/ failed: x509: certificate signed by unknown/)
  })

  it('with something behind it is refused', async () => {
    const { raw } = await certificateOf('ann')
    const longer = Buffer.concat([raw, Buffer.from([0])])
    expect(() => authenticator.authenticate(longer)).toThrow(/x509: trailing data$/)
  })

  it('that is none is refused, never more', async () => {
    const { raw } = await certificateOf('ann')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(raw.length - 1), (bytes, at) => {
        const broken = Buffer.concat([raw.subarray(0, at), bytes, raw.subarray(at + bytes.length)])
        fc.pre(!broken.equals(raw))
        expect(() => authenticator.authenticate(broken)).toThrow(AuthenticationError)
      }),
      { numRuns: 500 },
    )
    expect(() => authenticator.authenticate(Buffer.alloc(1 << 20))).toThrow(
      'the client certificate is too long',
    )
  })
})
