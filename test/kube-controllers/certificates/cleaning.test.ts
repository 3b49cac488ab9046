import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CertificateSigningRequest } from '../../../src/apis/certificates/v1.ts'
import { endOf } from '../../../src/kube-controllers/certificates/cleaning.ts'
import { CertificateAuthority } from '../../../src/pki/index.ts'

const CREATED = Date.parse('2026-01-01T00:00:00Z')
const DECIDED = CREATED + 10 * 60_000
const HOUR_MS = 60 * 60_000

type Status = NonNullable<CertificateSigningRequest['status']>
const requestWith = (status: Status): CertificateSigningRequest => ({
  metadata: { creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { request: '', signerName: 'x' },
  status,
})
const decided = (type: 'Approved' | 'Denied' | 'Failed') => ({
  type,
  status: 'True' as const,
  lastUpdateTime: '2026-01-01T00:10:00Z',
})
const SOME = Buffer.from('no certificate').toString('base64')

describe('the end of a certificate request', () => {
  it.each<[title: string, status: Status, end: number]>([
    ['that nobody decides is after a day', {}, CREATED + 24 * HOUR_MS],
    ['that was denied is after an hour', { conditions: [decided('Denied')] }, DECIDED + HOUR_MS],
    [
      'that was signed is an hour after it was approved',
      { conditions: [decided('Approved')], certificate: SOME },
      DECIDED + HOUR_MS,
    ],
    [
      'that waits for its signer does not come',
      { conditions: [decided('Approved')] },
      Number.POSITIVE_INFINITY,
    ],
  ])('%s', (_, status, end) => {
    expect(endOf(requestWith(status))).toBe(end)
  })

  it('comes with that of its certificate at the latest', async () => {
    const authority = await CertificateAuthority.create(
      { commonName: 'ca', validityMs: 48 * HOUR_MS },
      { clock: { now: () => CREATED } },
    )
    const { certificatePem } = await authority.issueClientCertificate({
      commonName: 'x',
      validityMs: 20 * 60_000,
    })
    const certificate = Buffer.from(certificatePem).toString('base64')
    const end = new X509Certificate(certificatePem).validToDate.getTime()
    expect(end).toBeLessThan(DECIDED + HOUR_MS)
    expect(endOf(requestWith({ conditions: [decided('Approved')], certificate }))).toBe(end)
  })
})
