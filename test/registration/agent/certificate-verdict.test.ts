import { beforeAll, describe, expect, it } from 'vitest'
import { CertificateAuthority, type KeyedCertificate } from '../../../src/pki/index.ts'
import { CertificateJudge } from '../../../src/registration/agent/certificate-verdict.ts'
import { encodeTexts } from '../../../src/registration/agent/secret-data.ts'
import { clusterSubject } from '../../../src/registration/cluster-identity.ts'
import { JumpingClock } from '../../support/jumping-clock.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const WANTED = { subject: clusterSubject('one', 'agent'), companions: { 'cluster-name': 'one' } }

let authority: CertificateAuthority
let issued: KeyedCertificate

beforeAll(async () => {
  authority = await CertificateAuthority.create({ commonName: 'clients' })
  issued = await authority.issueClientCertificate({ ...WANTED.subject, validityMs: 10 * HOUR_MS })
})

function secretOf({ certificatePem, privateKeyPem }: KeyedCertificate, more: Record<string, string> = {}) {
  const texts = { 'tls.crt': certificatePem, 'tls.key': privateKeyPem, 'cluster-name': 'one', ...more }
  return { metadata: {}, data: encodeTexts(texts) }
}

describe('a certificate', () => {
  it('is renewed when a fifth to a quarter of its life is left, at a moment that is drawn once', () => {
    const clock = new JumpingClock()
    const draws = [0, 1]
    const judge = new CertificateJudge(clock, () => draws.shift() ?? 0.5)
    const first = judge.judge(secretOf(issued), WANTED).leftMs
    expect(first / HOUR_MS).toBeCloseTo(8, 1)
    expect(judge.judge(secretOf(issued), WANTED).leftMs).toBeLessThanOrEqual(first)
    clock.advance(8 * HOUR_MS)
    expect(judge.judge(secretOf(issued), WANTED)).toMatchObject({
      isUseless: false,
      reason: 'its life is nearly over',
    })
    expect(judge.judge(secretOf(issued), WANTED).leftMs).toBeLessThanOrEqual(0)
  })

  it.each([
    ['there is none', { 'tls.crt': '' }, /./],
    ['it is none', { 'tls.crt': 'nonsense' }, /client certificate/],
    ['what belongs to it is another', { 'cluster-name': 'two' }, /^cluster-name has changed$/],
  ])('is replaced at once where %s', (_, more, reason) => {
    const judge = new CertificateJudge(new JumpingClock(), () => 0)
    const verdict = judge.judge(secretOf(issued, more), WANTED)
    expect(verdict).toMatchObject({ leftMs: 0, isUseless: true })
    expect(verdict.reason).toMatch(reason)
  })

  it.each([12, 3_000, 100_000])(
    'is not asked for again at once where the clock is %i h ahead, and the newest looks old',
    (hours) => {
      const clock = new JumpingClock()
      const judge = new CertificateJudge(clock, () => 0)
      clock.advance(hours * HOUR_MS)
      expect(judge.judge(secretOf(issued), WANTED).leftMs).toBeLessThanOrEqual(0)
      judge.noteIssued(issued.certificatePem)
      const { leftMs } = judge.judge(secretOf(issued), WANTED)
      expect(leftMs / MINUTE_MS).toBeCloseTo(10, 1)
      clock.advance(leftMs)
      expect(judge.judge(secretOf(issued), WANTED).leftMs).toBeLessThanOrEqual(0)
    },
  )

  it('that lives shortly rests for a tenth of its life, and is replaced at once where it is spoiled', async () => {
    const clock = new JumpingClock()
    const short = await authority.issueClientCertificate({ ...WANTED.subject, validityMs: 10 * MINUTE_MS })
    const judge = new CertificateJudge(clock, () => 0)
    judge.noteIssued(short.certificatePem)
    clock.advance(20 * MINUTE_MS)
    expect(judge.judge(secretOf(short), WANTED).leftMs).toBeLessThanOrEqual(0)
    expect(judge.judge(secretOf(short, { 'tls.key': '' }), WANTED).leftMs).toBeLessThanOrEqual(0)
    expect(judge.judge(undefined, WANTED)).toMatchObject({ leftMs: 0, isUseless: true })
  })
})
