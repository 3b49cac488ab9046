import { X509Certificate } from 'node:crypto'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createSelfSignedCertificate } from '../../src/pki/index.ts'

const NAMES = { commonName: 'health', dnsNames: ['localhost', `${'a'.repeat(60)}.example.com`] }

describe('a certificate that has signed itself', () => {
  it('is read by OpenSSL as it was meant', async () => {
    const { certificatePem } = await createSelfSignedCertificate(NAMES, {
      now: () => Date.parse('2026-11-23T12:00:00Z'),
    })
    const certificate = new X509Certificate(certificatePem)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.subject).toBe('CN=health')
    expect(certificate.issuer).toBe('CN=health')
    expect(certificate.subjectAltName).toBe(`DNS:localhost, DNS:${NAMES.dnsNames[1]}`)
    expect(certificate.validFromDate.toISOString()).toBe('2026-11-23T11:55:00.000Z')
    expect(certificate.validToDate.toISOString()).toBe('2027-11-23T12:00:00.000Z')
    expect(certificate.serialNumber).toHaveLength(32)
  })

  it('writes years from 2050 on in four digits', async () => {
    const { certificatePem } = await createSelfSignedCertificate(NAMES, {
      now: () => Date.parse('2049-06-01T00:00:00Z'),
    })
    const { validFromDate, validToDate } = new X509Certificate(certificatePem)
    expect(validFromDate.toISOString()).toBe('2049-05-31T23:55:00.000Z')
    expect(validToDate.toISOString()).toBe('2050-06-01T00:00:00.000Z')
  })

  it('serves whoever trusts it', async () => {
    const { certificatePem, privateKeyPem } = await createSelfSignedCertificate(NAMES)
    const server = https.createServer({ cert: certificatePem, key: privateKeyPem }, (_, response) =>
      response.end('ok'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const status = await new Promise((resolve, reject) => {
      https
        .get(
          { host: '127.0.0.1', servername: 'localhost', port, ca: certificatePem, agent: false },
          (response) => {
            response.resume()
            resolve(response.statusCode)
          },
        )
        .on('error', reject)
    })
    expect(status).toBe(200)
    await new Promise((resolve) => server.close(resolve))
  })
})
